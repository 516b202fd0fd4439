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
    /// The tags of an immutable repository that may, `*` for any text (`IMMUTABLE_WITH_EXCLUSION`, at most five).
    pub(super) exclusions: Vec<String>,
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

    /// Whether a tag may not be put if it exists.
    pub(super) fn keeps(&self, tag: &str) -> bool {
        self.immutable && !self.exclusions.iter().any(|filter| fits(filter, tag))
    }

    /// Whether a manifest of this repository names the blob; ECR mounts no others (containers-roadmap#2860).
    pub(super) fn refers_to(&self, blob: &str) -> bool {
        self.manifests.values().any(|manifest| manifest.references.blobs.iter().any(|digest| digest == blob))
    }
}

/// Whether a text is what a filter says, `*` for any text.
fn fits(filter: &str, text: &str) -> bool {
    match filter.split_once('*') {
        None => filter == text,
        Some((head, rest)) => text.strip_prefix(head).is_some_and(|text| {
            (0..=text.len()).any(|at| text.is_char_boundary(at) && fits(rest, &text[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_filter_may_have_stars_anywhere() {
        for (filter, text, expected) in [
            ("latest", "latest", true),
            ("latest", "latest-1", false),
            ("*-latest", "dev-latest", true),
            ("dev*", "dev", true),
            ("v*-rc*", "v1.2-rc3", true),
            ("v*-rc*", "v1.2", false),
            ("*", "", true),
        ] {
            assert_eq!(fits(filter, text), expected, "{filter} {text}");
        }
    }
}
