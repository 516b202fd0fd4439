//! An image that is ready to be pushed: an index, its manifests and their blobs.

use std::{path::PathBuf, sync::Arc};

use bytes::Bytes;
use model::{Digest, Platform, Tag};

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
    /// What refers to the index or one of its manifests, such as signatures; each after what it names.
    pub(crate) referrers: Vec<Referrer>,
}

impl Artifact {
    /// Returns all manifests except the index.
    pub(crate) fn manifests(&self) -> impl Iterator<Item = &Child> {
        self.children.iter().chain(self.referrers.iter().map(|referrer| &referrer.child))
    }
}

/// A manifest that says something about another one.
#[derive(Debug, Clone)]
pub(crate) struct Referrer {
    /// The manifest.
    pub(crate) child: Child,
    /// How it is found.
    pub(crate) filing: Filing,
}

/// How a referrer is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Filing {
    /// By the manifest that it is about.
    Subject {
        /// The other manifest.
        digest: Digest,
        /// Whether it was made here, so that it may have another shape.
        is_ours: bool,
    },
    /// By a tag, as cosign's signatures are.
    Tag(Tag),
    /// By another referrer that names it, as the index does its manifests.
    Parent,
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
    /// In a file of this size.
    File(PathBuf),
    /// In a layer of ours, whose file may be yet to be made.
    Layer(Arc<LayerFile>),
    /// In the middle of a file, as in a tar file.
    Part {
        /// The file.
        file: PathBuf,
        /// Where in it the bytes begin.
        offset: u64,
    },
    /// In the base image's repository.
    Base(Arc<Repository>),
}

/// Wraps bytes of ours as a manifest.
pub(crate) fn document(bytes: Vec<u8>, media_type: &str) -> Found {
    let digest = digest_of(&bytes);
    Found { bytes: bytes.into(), media_type: media_type.to_owned(), digest }
}
