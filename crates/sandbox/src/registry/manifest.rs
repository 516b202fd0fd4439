//! Reading the references out of a manifest or an index.

use serde::Deserialize;

/// What a manifest needs to be there before it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct References {
    /// The config and the layers.
    pub(super) blobs: Vec<String>,
    /// The manifests of an index.
    pub(super) manifests: Vec<String>,
    /// The manifest that this one says something about.
    pub(super) subject: Option<String>,
    /// What kind of artifact it is, by `artifactType` or its config.
    pub(super) artifact_type: Option<String>,
    /// Its annotations, which the list of referrers repeats.
    pub(super) annotations: Option<serde_json::Value>,
    /// Whether it says `artifactType` or `subject`.
    pub(super) is_artifact: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    schema_version: u32,
    media_type: Option<String>,
    artifact_type: Option<String>,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
    manifests: Option<Vec<Descriptor>>,
    subject: Option<Descriptor>,
    annotations: Option<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    digest: String,
    #[expect(dead_code, reason = "required by the specification, so a manifest without it is refused")]
    size: u64,
}

const FOREIGN: &str = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";

/// Parses a manifest; the error is a reason for people.
pub(super) fn parse(media_type: &str, bytes: &[u8]) -> Result<References, String> {
    let document: Document = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if document.schema_version != 2 {
        return Err(format!("schemaVersion {} is not supported", document.schema_version));
    }
    if let Some(inner) = document.media_type.as_deref().filter(|inner| *inner != media_type) {
        return Err(format!("mediaType {inner} does not match the content type {media_type}"));
    }
    let is_index =
        media_type.ends_with("image.index.v1+json") || media_type.ends_with("manifest.list.v2+json");
    if is_index != document.manifests.is_some() || is_index == document.config.is_some() {
        return Err(format!("the fields are not those of {media_type}"));
    }
    let is_artifact = document.artifact_type.is_some() || document.subject.is_some();
    let config_type = document.config.as_ref().map(|config| config.media_type.clone());
    let layers = document.layers.unwrap_or_default().into_iter().filter(|layer| layer.media_type != FOREIGN);
    Ok(References {
        blobs: document.config.into_iter().chain(layers).map(|blob| blob.digest).collect(),
        manifests: document.manifests.unwrap_or_default().into_iter().map(|child| child.digest).collect(),
        subject: document.subject.map(|subject| subject.digest),
        artifact_type: document.artifact_type.or(config_type),
        annotations: document.annotations,
        is_artifact,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
    const INDEX: &str = "application/vnd.oci.image.index.v1+json";

    #[test]
    fn finds_config_and_layers() {
        let text = r#"{"schemaVersion":2,"config":{"mediaType":"c","digest":"sha256:c","size":1},
            "layers":[{"mediaType":"l","digest":"sha256:l","size":2}]}"#;
        let references = parse(MANIFEST, text.as_bytes()).unwrap();
        assert_eq!(references.blobs, ["sha256:c", "sha256:l"]);
        assert!(references.manifests.is_empty() && !references.is_artifact);
    }

    #[test]
    fn refuses_what_is_not_what_it_says() {
        let index = br#"{"schemaVersion":2,"manifests":[]}"#;
        assert!(parse(INDEX, index).is_ok());
        assert!(parse(MANIFEST, index).is_err());
        assert!(parse(INDEX, br#"{"schemaVersion":1,"manifests":[]}"#).is_err());
        let other = br#"{"schemaVersion":2,"mediaType":"x","manifests":[]}"#;
        assert!(parse(INDEX, other).unwrap_err().contains("does not match"));
    }
}
