//! Manifests that refer to an image and say something about it
//! (<https://github.com/opencontainers/image-spec/blob/main/manifest.md#guidelines-for-artifact-usage>). They never
//! stand in its index, where tools take them for a platform (docker/build-push-action#773).

mod provenance;
mod sbom;

use std::{collections::BTreeMap, path::PathBuf};

use bytes::Bytes;
use model::{Failure, ImageName};
use serde_json::{Map, Value, json};

pub(crate) use self::{provenance::RunFacts, sbom::Sbom};
use crate::{
    artifact::{Artifact, Blob, Child, Filing, Origin, Referrer, document},
    image::oci::{self, Descriptor, digest_of},
    registry::Found,
    request::Origin as Commit,
};

/// The media type of in-toto statements.
const IN_TOTO: &str = "application/vnd.in-toto+json";
/// The annotation that says what a statement is about.
const PREDICATE_TYPE: &str = "in-toto.io/predicate-type";
/// The media type of the configuration of artifacts that have none.
const EMPTY: &str = "application/vnd.oci.empty.v1+json";

/// What is to go along with an image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Attest {
    /// Whether signatures and attestations of the source go along.
    pub(crate) referrers: bool,
    /// A software bill of materials.
    pub(crate) sbom: Option<PathBuf>,
    /// The run to state the provenance of.
    pub(crate) provenance: Option<RunFacts>,
}

impl Attest {
    /// Reads what is in files.
    pub(crate) fn sbom(&self) -> Result<Option<Sbom>, Failure> {
        self.sbom.as_deref().map(Sbom::read).transpose()
    }
}

/// Attaches a software bill of materials to the index.
pub(crate) fn attach_sbom(artifact: &mut Artifact, sbom: &Sbom) {
    let kind = sbom.media_type();
    let layer = (kind, sbom.bytes().clone(), BTreeMap::new());
    artifact.referrers.push(referrer(kind, layer, &artifact.index));
}

/// Attaches a statement of where the image comes from to the index.
pub(crate) fn attach_provenance(
    artifact: &mut Artifact,
    facts: &RunFacts,
    commit: &Commit,
    names: &[ImageName],
) {
    let statement = provenance::statement(artifact, facts, commit, names);
    let annotations = BTreeMap::from([(PREDICATE_TYPE.to_owned(), provenance::PREDICATE.to_owned())]);
    let layer = (IN_TOTO, Bytes::from(statement.to_string()), annotations);
    artifact.referrers.push(referrer(IN_TOTO, layer, &artifact.index));
}

/// Turns an attestation that `BuildKit` listed in an index into referrers, one for each of its statements.
pub(crate) fn from_attestation(attestation: &Child, layers: &[Descriptor], subject: &Found) -> Vec<Referrer> {
    let statements = layers.iter().filter(|layer| layer.media_type == IN_TOTO);
    let attached = statements.filter_map(|layer| {
        let blob = attestation.blobs.iter().find(|blob| blob.digest == layer.digest)?;
        Some(refer(IN_TOTO, layer, blob.clone(), subject))
    });
    attached.collect()
}

fn referrer(
    kind: &str,
    (media_type, bytes, annotations): (&str, Bytes, BTreeMap<String, String>),
    subject: &Found,
) -> Referrer {
    let digest = digest_of(&bytes);
    let layer = Descriptor {
        media_type: media_type.to_owned(),
        digest: digest.clone(),
        size: bytes.len() as u64,
        platform: None,
        annotations,
    };
    let blob = Blob { digest, size: layer.size, origin: Origin::Bytes(bytes) };
    refer(kind, &layer, blob, subject)
}

/// Makes a manifest of the kind `kind` with one layer that refers to `subject`.
fn refer(kind: &str, layer: &Descriptor, blob: Blob, subject: &Found) -> Referrer {
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": oci::MANIFEST,
        "artifactType": kind,
        "config": { "mediaType": EMPTY, "digest": digest_of(b"{}").as_str(), "size": 2 },
        "layers": [layer],
        "subject": {
            "mediaType": subject.media_type,
            "digest": subject.digest.as_str(),
            "size": subject.bytes.len(),
        },
        "annotations": layer.annotations,
    });
    let config = Blob { digest: digest_of(b"{}"), size: 2, origin: Origin::Bytes(Bytes::from_static(b"{}")) };
    Referrer {
        child: Child {
            manifest: document(manifest.to_string().into_bytes(), oci::MANIFEST),
            platform: None,
            blobs: vec![config, blob],
        },
        filing: Filing::Subject { digest: subject.digest.clone(), is_ours: true },
    }
}

/// Returns a referrer's manifest in the shape of the first version of the specification, for registries that know no
/// later one: the kind stands in the configuration's media type, and nothing says what it refers to.
pub(crate) fn older_shape(manifest: &Found) -> Option<Found> {
    let mut value: Map<String, Value> = serde_json::from_slice(&manifest.bytes).ok()?;
    let kind = value.remove("artifactType")?;
    value.remove("subject");
    *value.get_mut("config")?.get_mut("mediaType")? = kind;
    Some(document(Value::Object(value).to_string().into_bytes(), &manifest.media_type))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> Artifact {
        Artifact { index: document(b"{}".to_vec(), oci::INDEX), children: Vec::new(), referrers: Vec::new() }
    }

    #[test]
    fn a_referrer_names_its_subject_and_its_blobs() {
        let mut image = image();
        let sbom = Sbom::parse(br#"{"spdxVersion":"SPDX-2.3"}"#.to_vec()).unwrap();
        attach_sbom(&mut image, &sbom);
        let referrer = &image.referrers[0];
        let manifest: Value = serde_json::from_slice(&referrer.child.manifest.bytes).unwrap();
        assert_eq!(manifest["subject"]["digest"], image.index.digest.as_str());
        assert_eq!(manifest["subject"]["size"], 2);
        assert_eq!(manifest["artifactType"], "application/spdx+json");
        let named =
            [&manifest["config"], &manifest["layers"][0]].map(|part| part["digest"].as_str().unwrap());
        let held: Vec<&str> = referrer.child.blobs.iter().map(|blob| blob.digest.as_str()).collect();
        assert_eq!(held, named);
    }

    #[test]
    fn the_older_shape_keeps_the_kind() {
        let mut image = image();
        attach_sbom(&mut image, &Sbom::parse(br#"{"bomFormat":"CycloneDX"}"#.to_vec()).unwrap());
        let older = older_shape(&image.referrers[0].child.manifest).unwrap();
        let manifest: Value = serde_json::from_slice(&older.bytes).unwrap();
        assert_eq!(manifest["config"]["mediaType"], "application/vnd.cyclonedx+json");
        assert!(manifest.get("subject").is_none() && manifest.get("artifactType").is_none());
    }

    #[test]
    fn statements_of_buildkit_become_referrers() {
        let blob = |text: &'static str| Blob {
            digest: digest_of(text.as_bytes()),
            size: text.len() as u64,
            origin: Origin::Bytes(Bytes::from_static(text.as_bytes())),
        };
        let layer = |text: &'static str, media_type: &str| Descriptor {
            media_type: media_type.to_owned(),
            digest: digest_of(text.as_bytes()),
            size: text.len() as u64,
            platform: None,
            annotations: BTreeMap::from([(PREDICATE_TYPE.to_owned(), text.to_owned())]),
        };
        let attestation = Child {
            manifest: document(b"{}".to_vec(), oci::MANIFEST),
            platform: None,
            blobs: vec![blob("one"), blob("two")],
        };
        let image = image();
        let layers = [layer("one", IN_TOTO), layer("two", IN_TOTO), layer("three", "other")];
        let referrers = from_attestation(&attestation, &layers, &image.index);
        assert_eq!(referrers.len(), 2);
        let manifest: Value = serde_json::from_slice(&referrers[1].child.manifest.bytes).unwrap();
        assert_eq!(manifest["annotations"][PREDICATE_TYPE], "two");
    }
}
