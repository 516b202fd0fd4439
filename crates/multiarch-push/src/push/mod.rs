//! Bringing an image to one destination: blobs, then the manifests that name them, then the index under its tags.
//!
//! A tag is written last, when all that it leads to is there: whoever pulls it gets the whole image or the old one,
//! also if this process is killed at any moment. What is there already is not sent again, so that a second run goes
//! on where the first ended.
//!
//! What has to be awaited one after the other, in round trips to a registry that is not far from empty:
//!
//! 1. a connection (with TLS, two round trips);
//! 2. the HEAD of each tag, while the layout is read; if all of them name the image, that was all;
//! 3. connections for the next, as many as there are requests, at most sixteen;
//! 4. HEAD of each child manifest and of each blob, and GET of the tag, whose refusal tells a missing repository from a
//!    missing image;
//! 5. POST of each blob that lacks, for an address to send it to;
//! 6. PUT of each blob;
//! 7. PUT of each child manifest;
//! 8. HEAD of each tag, since someone may have written it in the meantime;
//! 9. PUT of the index under each tag;
//! 10. HEAD of each tag, to see that it stayed.
//!
//! `POST ?mount=DIGEST` without `from` would join 4 and 5 only where a registry looks for blobs by itself: Distribution
//! and ECR begin an upload, which then is left behind for each blob that is there.

mod blob;
mod referrer;
mod sent;
mod stock;

use std::{
    cmp::Reverse,
    collections::HashMap,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

use futures_util::future::{join_all, try_join_all};
use model::{Digest, Failure, Tag};
use tokio::sync::OnceCell;

use self::blob::Arrival;
pub(crate) use self::{sent::Sent, stock::Stock};
use crate::{
    artifact::{Artifact, Blob, Child},
    codes,
    destination::Destination,
    image::oci,
    plan::{TagState, TagStep},
    progress::{Progress, Total},
    registry::Found,
    request::OnExisting,
    tagging::write_tag,
};

/// One push to one destination.
#[derive(Debug)]
pub(crate) struct Push<'a> {
    to: &'a Destination,
    artifact: &'a Artifact,
    stock: &'a Stock,
    progress: &'a Progress,
    blobs: HashMap<Digest, Arrival>,
    /// Whether a manifest was there before.
    manifests: HashMap<Digest, OnceCell<bool>>,
    /// Bytes that were sent besides blobs.
    other_bytes: AtomicU64,
    told_of_mounting: AtomicBool,
}

impl<'a> Push<'a> {
    /// Prepares a push of `artifact`.
    pub(crate) fn new(
        to: &'a Destination,
        artifact: &'a Artifact,
        stock: &'a Stock,
        progress: &'a Progress,
    ) -> Self {
        let blobs = artifact.manifests().flat_map(|child| &child.blobs);
        let manifests = artifact.manifests().map(|child| child.manifest.digest.clone());
        Self {
            to,
            artifact,
            stock,
            progress,
            blobs: blobs.map(|blob| (blob.digest.clone(), Arrival::default())).collect(),
            manifests: manifests.map(|digest| (digest, OnceCell::new())).collect(),
            other_bytes: AtomicU64::new(0),
            told_of_mounting: AtomicBool::new(false),
        }
    }

    /// Brings all there, except the index itself: the children, each as soon as its blobs are there.
    pub(crate) async fn image(&self) -> Result<(), Failure> {
        self.progress.begin(self.total());
        let children = &self.artifact.children;
        let (indexes, images): (Vec<&Child>, Vec<&Child>) =
            children.iter().partition(|child| oci::is_index(&child.manifest.media_type));
        // Whether the repository is there has to be known before the first upload, and not before the first question.
        let images = try_join_all(images.into_iter().map(|child| self.child(child)));
        tokio::try_join!(self.to.ready(), images)?;
        for index in indexes {
            self.child(index).await?;
        }
        Ok(())
    }

    fn total(&self) -> Total {
        let mut sizes: HashMap<&Digest, u64> = HashMap::new();
        for blob in self.artifact.manifests().flat_map(|child| &child.blobs) {
            sizes.insert(&blob.digest, blob.size);
        }
        Total {
            bytes: sizes.values().sum(),
            layers: sizes.len(),
            platforms: self.artifact.children.iter().filter(|child| child.platform.is_some()).count(),
        }
    }

    async fn child(&self, child: &Child) -> Result<(), Failure> {
        let mut blobs: Vec<&Blob> = child.blobs.iter().collect();
        // The largest first: the last to end is then a small one.
        blobs.sort_by_key(|blob| Reverse(blob.size));
        try_join_all(blobs.into_iter().map(|blob| self.blob(child, blob))).await?;
        if !self.has(child).await? {
            self.publish(child).await?;
        }
        if let Some(platform) = &child.platform {
            self.progress.platform_done(&platform.to_string(), &self.to.repository.name().to_string());
        }
        Ok(())
    }

    /// Whether a manifest was there before; asked once.
    async fn has(&self, child: &Child) -> Result<bool, Failure> {
        let digest = &child.manifest.digest;
        let ask = || async { Ok(self.to.repository.head_manifest(digest.as_str()).await?.is_some()) };
        match self.manifests.get(digest) {
            Some(known) => known.get_or_try_init(ask).await.copied(),
            None => ask().await,
        }
    }

    /// Puts a manifest whose blobs are there.
    async fn publish(&self, child: &Child) -> Result<(), Failure> {
        match self.put(&child.manifest).await {
            // Someone's clean-up was faster, or the registry has not noticed a blob yet: once more, without trust
            // in what was there before.
            Err(failure) if failure.code == &codes::REFERENCE_MISSING => {
                tracing::debug!("{failure}: the blobs of {} are placed again", child.manifest.digest);
                try_join_all(child.blobs.iter().map(|blob| self.place_again(blob))).await?;
                self.put(&child.manifest).await
            }
            result => result,
        }
    }

    async fn put(&self, manifest: &Found) -> Result<(), Failure> {
        self.to.repository.put_manifest(manifest).await?;
        self.count(manifest);
        Ok(())
    }

    fn count(&self, manifest: &Found) {
        self.other_bytes.fetch_add(manifest.bytes.len() as u64, Ordering::Relaxed);
    }

    /// Writes the index under its tags: those that stay first, and those that move when these are right.
    pub(crate) async fn tags(
        &self,
        states: &[TagState],
        rule: OnExisting,
    ) -> Result<Vec<(Tag, TagStep)>, Failure> {
        let mut written = Vec::new();
        for moves in [false, true] {
            let states = states.iter().filter(|state| state.moves == moves);
            // All of them are awaited: one that fails must not leave the others in the dark.
            let steps = join_all(
                states.map(async |state| Ok::<_, Failure>((state.tag.clone(), self.tag(state, rule).await?))),
            );
            written.extend(steps.await.into_iter().collect::<Result<Vec<_>, _>>()?);
        }
        Ok(written)
    }

    /// Writes the index under a tag, or leaves it if it is there.
    async fn tag(&self, state: &TagState, rule: OnExisting) -> Result<TagStep, Failure> {
        let write = || write_tag(&self.to.repository, &self.artifact.index, state, rule);
        let step = match write().await {
            Err(failure) if failure.code == &codes::REFERENCE_MISSING => {
                tracing::debug!("{failure}: the image is brought there again");
                let again = Push::new(self.to, self.artifact, self.stock, self.progress);
                Box::pin(again.image()).await?;
                self.other_bytes.fetch_add(again.sent().bytes_uploaded, Ordering::Relaxed);
                write().await?
            }
            result => result?,
        };
        if step != TagStep::Keep {
            self.count(&self.artifact.index);
        }
        Ok(step)
    }

    /// Counts what was sent so far.
    pub(crate) fn sent(&self) -> Sent {
        let mut sent = Sent { bytes_uploaded: self.other_bytes.load(Ordering::Relaxed), ..Sent::default() };
        let mut sizes: HashMap<&Digest, u64> = HashMap::new();
        for blob in self.artifact.manifests().flat_map(|child| &child.blobs) {
            sizes.insert(&blob.digest, blob.size);
        }
        for (digest, size) in sizes {
            sent.count(size, self.arrival(digest));
        }
        sent
    }
}
