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
use model::{Digest, Failure};
use tokio::sync::{OnceCell, Semaphore};

use crate::{
    artifact::{Artifact, Blob, Child, Origin},
    codes,
    plan::{TagState, TagStep},
    registry::{Found, Placed, Repository},
    request::OnExisting,
    tagging::write_tag,
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
        let blobs = artifact.manifests().flat_map(|child| &child.blobs);
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

    /// Brings what refers to the image there, after the image itself, which has no tag yet.
    pub(crate) async fn referrers(&self, artifact: &Artifact) -> Result<(), Failure> {
        if artifact.referrers.is_empty() {
            return Ok(());
        }
        self.put(&artifact.index).await?;
        try_join_all(artifact.referrers.iter().map(|child| self.child(child))).await.map(drop)
    }

    async fn child(&self, child: &Child) -> Result<(), Failure> {
        let reference = child.manifest.digest.as_str();
        // A registry takes a manifest only when its blobs are there, so that one question answers for all of them.
        if self.permitted(self.repository.head_manifest(reference)).await?.is_some() {
            return Ok(());
        }
        try_join_all(child.blobs.iter().map(|blob| self.blob(blob))).await?;
        match self.put(&child.manifest).await {
            // Someone's clean-up was faster, or the registry has not noticed a blob yet: once more, without trust
            // in what was there before.
            Err(failure) if failure.code == &codes::REFERENCE_MISSING => {
                tracing::debug!("{failure}: the blobs of {reference} are placed again");
                for blob in &child.blobs {
                    self.place(blob).await?;
                }
                self.put(&child.manifest).await
            }
            result => result,
        }
    }

    async fn put(&self, manifest: &Found) -> Result<(), Failure> {
        self.permitted(self.repository.put_manifest(manifest)).await?;
        self.count(manifest);
        Ok(())
    }

    fn count(&self, manifest: &Found) {
        self.manifest_bytes.fetch_add(manifest.bytes.len() as u64, Ordering::Relaxed);
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

    /// Writes the index under a tag, or leaves it if it is there.
    pub(crate) async fn tag(
        &self,
        artifact: &Artifact,
        state: &TagState,
        on_existing: OnExisting,
    ) -> Result<TagStep, Failure> {
        let write = || write_tag(self.repository, &artifact.index, state, on_existing);
        let step = match write().await {
            Err(failure) if failure.code == &codes::REFERENCE_MISSING => {
                self.children(artifact).await?;
                write().await?
            }
            result => result?,
        };
        if step != TagStep::Keep {
            self.count(&artifact.index);
        }
        Ok(step)
    }

    /// Counts what was sent so far.
    pub(crate) fn sent(&self, artifact: &Artifact) -> Sent {
        let mut sent =
            Sent { bytes_uploaded: self.manifest_bytes.load(Ordering::Relaxed), ..Sent::default() };
        let mut counted = std::collections::HashSet::new();
        for blob in artifact.manifests().flat_map(|child| &child.blobs) {
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
