//! An image that is ready to be pushed: an index, its manifests and their blobs.

use std::{path::PathBuf, sync::Arc};

use bytes::Bytes;
use model::{Digest, Platform};

use crate::{
    image::{LayerFile, oci::digest_of},
    registry::{Found, Repository},
};

/// An index and all that it refers to.
#[derive(Debug, Clone)]
pub(crate) struct Artifact {
    /// The index.
    pub(crate) index: Found,
    /// Its manifests, each after those that it names: an index within comes after its own, and has no blobs.
    pub(crate) children: Vec<Child>,
    /// Manifests whose subject is the index or one of its manifests, such as signatures.
    pub(crate) referrers: Vec<Child>,
}

impl Artifact {
    /// Returns all manifests except the index.
    pub(crate) fn manifests(&self) -> impl Iterator<Item = &Child> {
        self.children.iter().chain(&self.referrers)
    }
}

/// A manifest and its blobs.
#[derive(Debug, Clone)]
pub(crate) struct Child {
    /// The manifest.
    pub(crate) manifest: Found,
    /// Its platform; none for attestations, referrers and indexes.
    pub(crate) platform: Option<Platform>,
    /// Configuration and layers.
    pub(crate) blobs: Vec<Blob>,
}

/// A blob and where its bytes are.
#[derive(Debug, Clone)]
pub(crate) struct Blob {
    /// Its digest.
    pub(crate) digest: Digest,
    /// Its size.
    pub(crate) size: u64,
    /// Its bytes.
    pub(crate) origin: Origin,
}

/// Where a blob's bytes are.
#[derive(Debug, Clone)]
pub(crate) enum Origin {
    /// In memory.
    Bytes(Bytes),
    /// In a file that was hashed as it was written.
    File(PathBuf),
    /// In a file of this size, whose digest is checked on its way to the registry.
    #[expect(dead_code, reason = "files of layouts are to be this")]
    Unchecked(PathBuf),
    /// In a layer of ours, whose file may be yet to be made.
    Layer(Arc<LayerFile>),
    /// In the base image's repository.
    Base(Arc<Repository>),
}

/// Wraps bytes of ours as a manifest.
pub(crate) fn document(bytes: Vec<u8>, media_type: &str) -> Found {
    let digest = digest_of(&bytes);
    Found { bytes: bytes.into(), media_type: media_type.to_owned(), digest }
}
