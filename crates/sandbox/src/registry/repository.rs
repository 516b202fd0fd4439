//! One repository: its tags, manifests and blobs.

use std::collections::{BTreeMap, BTreeSet};

use super::manifest::References;

/// A stored manifest.
#[derive(Debug, Clone)]
pub(super) struct Manifest {
    pub(super) media_type: String,
    pub(super) bytes: Vec<u8>,
    pub(super) references: References,
}

/// A repository.
#[derive(Debug, Default)]
pub(super) struct Repository {
    /// Whether a tag that exists may not be put again.
    pub(super) immutable: bool,
    /// Whether it can be pulled without credentials.
    pub(super) public: bool,
    /// Digests by tag.
    pub(super) tags: BTreeMap<String, String>,
    /// Manifests by digest.
    pub(super) manifests: BTreeMap<String, Manifest>,
    /// Digests of the blobs that were pushed or mounted into it.
    pub(super) blobs: BTreeSet<String>,
    /// Bytes of blobs that clients sent, of uploads that failed too.
    pub(super) bytes_received: u64,
}

impl Repository {
    /// Returns the digest and the manifest behind a tag or a digest.
    pub(super) fn resolve(&self, reference: &str) -> Option<(&str, &Manifest)> {
        let digest = self.tags.get(reference).map_or(reference, String::as_str);
        self.manifests.get_key_value(digest).map(|(digest, manifest)| (digest.as_str(), manifest))
    }

    /// Whether a manifest of this repository names the blob; ECR mounts no others (containers-roadmap#2860).
    pub(super) fn refers_to(&self, blob: &str) -> bool {
        self.manifests.values().any(|manifest| manifest.references.blobs.iter().any(|digest| digest == blob))
    }
}
