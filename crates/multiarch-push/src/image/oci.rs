//! Descriptors, manifests and indexes of the OCI image specification
//! (<https://github.com/opencontainers/image-spec/blob/main/manifest.md>).
//!
//! Own types, since those of `oci-spec` keep annotations in a `HashMap`, whose order differs from run to run, and
//! what we build must have the same digest each time. What others have built is never written from these types:
//! its bytes are kept.

use std::collections::BTreeMap;

use model::{Digest, Platform};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// An OCI index.
pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// An OCI image manifest.
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// An OCI image configuration.
pub(crate) const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// A layer, gzip.
pub(crate) const LAYER_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
/// A layer, zstd.
pub(crate) const LAYER_ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";
/// A layer, not compressed.
pub(crate) const LAYER_PLAIN: &str = "application/vnd.oci.image.layer.v1.tar";
/// Docker's counterpart of an index.
pub(crate) const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
/// Docker's counterpart of a manifest.
pub(crate) const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// What a registry is asked for.
pub(crate) const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json";

/// Whether a media type is that of an index.
pub(crate) fn is_index(media_type: &str) -> bool {
    matches!(media_type, INDEX | DOCKER_LIST)
}

/// Whether a media type is that of an image manifest.
pub(crate) fn is_manifest(media_type: &str) -> bool {
    matches!(media_type, MANIFEST | DOCKER_MANIFEST)
}

/// Returns the OCI name of a layer's media type: an OCI manifest must not mix in Docker's names.
pub(crate) fn oci_layer_type(media_type: &str) -> &str {
    match media_type {
        "application/vnd.docker.image.rootfs.diff.tar.gzip" => LAYER_GZIP,
        "application/vnd.docker.image.rootfs.diff.tar" => LAYER_PLAIN,
        "application/vnd.docker.image.rootfs.diff.tar.zstd" => LAYER_ZSTD,
        other => other,
    }
}

/// Whether a layer stays where its `urls` say, and is not pushed (Windows base layers).
pub(crate) fn is_foreign(media_type: &str) -> bool {
    media_type.contains(".foreign.") || media_type.contains("nondistributable")
}

/// Points to content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    /// What the content is.
    #[serde(default)]
    pub(crate) media_type: String,
    /// Its digest.
    #[serde(with = "digest_text")]
    pub(crate) digest: Digest,
    /// Its size in bytes.
    pub(crate) size: u64,
    /// The platform, in an index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) platform: Option<PlatformSpec>,
    /// Annotations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) annotations: BTreeMap<String, String>,
}

/// A platform, as an index has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PlatformSpec {
    /// `amd64`.
    pub(crate) architecture: String,
    /// `linux`.
    pub(crate) os: String,
    /// `v8`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) variant: Option<String>,
    /// Of Windows images.
    #[serde(default, rename = "os.version", skip_serializing_if = "Option::is_none")]
    pub(crate) os_version: Option<String>,
}

impl From<&Platform> for PlatformSpec {
    fn from(platform: &Platform) -> Self {
        let Platform { os, architecture, variant } = platform.clone();
        Self { architecture, os, variant, os_version: None }
    }
}

impl PlatformSpec {
    /// Returns our own type.
    pub(crate) fn to_platform(&self) -> Platform {
        let variant = self.variant.clone().filter(|variant| !variant.is_empty());
        Platform { os: self.os.clone(), architecture: self.architecture.clone(), variant }
    }

    /// Whether it is a platform at all: attestations are listed under `unknown/unknown`.
    pub(crate) fn is_known(&self) -> bool {
        self.os != "unknown" && self.architecture != "unknown"
    }
}

/// Whether two platforms are the same, with the variants that go without saying: `arm64` is `arm64/v8`, `arm` is
/// `arm/v7` and `amd64` is `amd64/v1` (containerd `platforms/database.go`).
pub(crate) fn same_platform(one: &Platform, other: &Platform) -> bool {
    let variant = |platform: &Platform| {
        let default = match platform.architecture.as_str() {
            "arm64" => "v8",
            "arm" => "v7",
            "amd64" => "v1",
            _ => "",
        };
        platform.variant.clone().unwrap_or_else(|| default.to_owned())
    };
    one.os == other.os && one.architecture == other.architecture && variant(one) == variant(other)
}

/// An image manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    /// Always 2.
    pub(crate) schema_version: u32,
    /// Its own media type.
    #[serde(default)]
    pub(crate) media_type: String,
    /// The configuration.
    pub(crate) config: Descriptor,
    /// The layers, from the bottom.
    pub(crate) layers: Vec<Descriptor>,
    /// Annotations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) annotations: BTreeMap<String, String>,
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Index {
    /// Always 2.
    pub(crate) schema_version: u32,
    /// Its own media type.
    #[serde(default)]
    pub(crate) media_type: String,
    /// The children.
    pub(crate) manifests: Vec<Descriptor>,
    /// Annotations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) annotations: BTreeMap<String, String>,
}

/// Returns the digest of some bytes.
pub(crate) fn digest_of(bytes: &[u8]) -> Digest {
    Digest::from_sha256(Sha256::digest(bytes).into())
}

mod digest_text {
    use model::Digest;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(digest: &Digest, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(digest.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_variants_are_understood() {
        for (one, other, expected) in [
            ("linux/arm64", "linux/arm64/v8", true),
            ("linux/arm/v7", "linux/arm", true),
            ("linux/arm/v6", "linux/arm", false),
            ("linux/amd64", "linux/arm64", false),
        ] {
            assert_eq!(
                same_platform(&one.parse().unwrap(), &other.parse().unwrap()),
                expected,
                "{one} {other}"
            );
        }
    }

    #[test]
    fn an_index_reads_back() {
        let text = format!(
            r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{{"mediaType":"{MANIFEST}","digest":"{}","size":3,"platform":{{"architecture":"amd64","os":"linux"}}}}]}}"#,
            digest_of(b"a")
        );
        let index: Index = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&index).unwrap(), text);
    }
}
