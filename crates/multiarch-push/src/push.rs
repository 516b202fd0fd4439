//! Bringing an image to its repository: blobs, then the manifests that name them, then the index under its tags.
//!
//! A tag is written last, when all that it leads to is there: whoever pulls it gets the whole image or the old one,
//! also if this process is killed at any moment. What is there already is not sent again, so that a second run goes
//! on where the first ended.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU64, Ordering},
};

use futures_util::future::try_join_all;
use model::{Digest, Failure, codes::UNEXPECTED_REPLY};
use tokio::sync::{OnceCell, Semaphore};

use crate::{
    artifact::{Artifact, Blob, Child, Origin},
    codes,
    plan::{TagState, TagStep, tag_step},
    registry::{Placed, Repository},
    request::OnExisting,
};

/// How many blobs and manifests are on their way at once, over all platforms.
const WIDTH: usize = 16;

/// What was sent and what was not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sent {
    /// Bytes of blobs and manifests that were sent.
    pub(crate) bytes_uploaded: u64,
    /// Bytes of blobs that were there or could be mounted.
    pub(crate) bytes_skipped: u64,
    /// Blobs that were sent.
    pub(crate) uploaded: usize,
    /// Blobs that were mounted.
    pub(crate) mounted: usize,
    /// Blobs that were there.
    pub(crate) present: usize,
}

/// One push.
#[derive(Debug)]
pub(crate) struct Push<'a> {
    repository: &'a Repository,
    permits: Semaphore,
    blobs: HashMap<Digest, OnceCell<Placed>>,
    manifest_bytes: AtomicU64,
}

impl<'a> Push<'a> {
    /// Prepares a push of `artifact`.
    pub(crate) fn new(repository: &'a Repository, artifact: &Artifact) -> Self {
        let blobs = artifact.children.iter().flat_map(|child| &child.blobs);
        Self {
            repository,
            permits: Semaphore::new(WIDTH),
            blobs: blobs.map(|blob| (blob.digest.clone(), OnceCell::new())).collect(),
            manifest_bytes: AtomicU64::new(0),
        }
    }

    /// Brings all children there, each as soon as its blobs are.
    pub(crate) async fn children(&self, artifact: &Artifact) -> Result<(), Failure> {
        try_join_all(artifact.children.iter().map(|child| self.child(child))).await.map(drop)
    }

    async fn child(&self, child: &Child) -> Result<(), Failure> {
        let reference = child.manifest.digest.as_str();
        // A registry takes a manifest only when its blobs are there, so that one question answers for all of them.
        if self.permitted(self.repository.head_manifest(reference)).await?.is_some() {
            return Ok(());
        }
        try_join_all(child.blobs.iter().map(|blob| self.blob(blob))).await?;
        match self.put(reference, &child.manifest).await {
            // Someone's clean-up was faster, or the registry has not noticed a blob yet: once more, without trust
            // in what was there before.
            Err(failure) if failure.code == &codes::REFERENCE_MISSING => {
                tracing::debug!("{failure}: the blobs of {reference} are placed again");
                for blob in &child.blobs {
                    self.place(blob).await?;
                }
                self.put(reference, &child.manifest).await
            }
            result => result,
        }
    }

    async fn put(&self, reference: &str, manifest: &crate::registry::Found) -> Result<(), Failure> {
        self.permitted(self.repository.put_manifest(reference, manifest)).await?;
        self.manifest_bytes.fetch_add(manifest.bytes.len() as u64, Ordering::Relaxed);
        Ok(())
    }

    async fn blob(&self, blob: &Blob) -> Result<(), Failure> {
        match self.blobs.get(&blob.digest) {
            Some(cell) => cell.get_or_try_init(|| self.place(blob)).await.map(drop),
            None => self.place(blob).await.map(drop),
        }
    }

    async fn place(&self, blob: &Blob) -> Result<Placed, Failure> {
        let mount_from = match &blob.origin {
            Origin::Base(base) if base.name().registry() == self.repository.name().registry() => {
                Some(base.name().repository()).filter(|from| *from != self.repository.name().repository())
            }
            _ => None,
        };
        let work = self.repository.place_blob(&blob.digest, blob.size, blob.content(), mount_from);
        self.permitted(work).await
    }

    async fn permitted<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        // The semaphore is never closed; without a permit the work would still be right, only wider.
        let _permit = self.permits.acquire().await.ok();
        work.await
    }

    /// Writes the index under a tag, or leaves it if it is there. The tag is looked at again right before, since
    /// others may have been at work while blobs were sent.
    pub(crate) async fn tag(
        &self,
        artifact: &Artifact,
        state: &TagState,
        on_existing: OnExisting,
    ) -> Result<TagStep, Failure> {
        let digest = &artifact.index.digest;
        let tag = state.tag.as_str();
        let existing = self.repository.head_manifest(tag).await?;
        let now = TagState { existing, ..state.clone() };
        let step = tag_step(&now, digest, on_existing)?;
        if step == TagStep::Keep {
            return Ok(step);
        }
        match self.put(tag, &artifact.index).await {
            Ok(()) => {}
            Err(failure) if failure.code == &codes::REFERENCE_MISSING => {
                self.children(artifact).await?;
                self.put(tag, &artifact.index).await?;
            }
            // The reply to our own first try may have been lost, or someone pushed the same at the same time.
            Err(failure) if failure.code == &codes::TAG_IMMUTABLE => {
                return match self.repository.head_manifest(tag).await? {
                    Some(there) if there == *digest => Ok(TagStep::Keep),
                    Some(there) => {
                        Err(failure.with_note(format!("the tag names {there}, this image is {digest}")))
                    }
                    None => Err(failure),
                };
            }
            Err(failure) => return Err(failure),
        }
        match self.repository.head_manifest(tag).await? {
            Some(there) if there == *digest => Ok(step),
            Some(there) => Err(Failure::new(
                &codes::TAG_EXISTS_DIFFERENT,
                format!(
                    "the tag `{tag}` was moved by someone else while it was pushed: it names {there}, not {digest}"
                ),
            )),
            None => Err(Failure::new(
                &UNEXPECTED_REPLY,
                format!("the registry took the tag `{tag}` and does not have it"),
            )),
        }
    }

    /// Counts what was sent so far.
    pub(crate) fn sent(&self, artifact: &Artifact) -> Sent {
        let mut sent =
            Sent { bytes_uploaded: self.manifest_bytes.load(Ordering::Relaxed), ..Sent::default() };
        let mut counted = std::collections::HashSet::new();
        for blob in artifact.children.iter().flat_map(|child| &child.blobs) {
            if !counted.insert(&blob.digest) {
                continue;
            }
            match self.blobs.get(&blob.digest).and_then(OnceCell::get) {
                Some(Placed::Uploaded) => {
                    sent.uploaded += 1;
                    sent.bytes_uploaded += blob.size;
                }
                Some(Placed::Mounted) => {
                    sent.mounted += 1;
                    sent.bytes_skipped += blob.size;
                }
                // Not looked at: the manifest that names it is there.
                Some(Placed::Present) | None => {
                    sent.present += 1;
                    sent.bytes_skipped += blob.size;
                }
            }
        }
        sent
    }
}
