//! What refers to an image: brought there after it, and before its tags.

use futures_util::future::try_join_all;
use model::{Digest, Failure, Tag};

use super::Push;
use crate::{
    artifact::{Child, Filing, Referrer},
    attest, codes,
    registry::Filed,
};

impl Push<'_> {
    /// Brings what refers to the image there, after the image itself, which may have no tag yet.
    pub(crate) async fn referrers(&self) -> Result<(), Failure> {
        if self.artifact.referrers.is_empty() {
            return Ok(());
        }
        let (repository, index) = (&self.to.repository, &self.artifact.index);
        if repository.head_manifest(index.digest.as_str()).await?.is_none() {
            self.put(index).await?;
        }
        // One after the other: a list of them under a tag is read and written as a whole.
        for referrer in &self.artifact.referrers {
            if let Some(note) = self.refer(referrer).await? {
                self.progress.warn(&note);
            }
        }
        Ok(())
    }

    /// Brings a referrer there, and returns what a person should know of it.
    async fn refer(&self, referrer: &Referrer) -> Result<Option<String>, Failure> {
        let child = &referrer.child;
        match &referrer.filing {
            Filing::Parent => self.child(child).await.map(|()| None),
            Filing::Tag(tag) => {
                self.child(child).await?;
                self.name(child, tag).await
            }
            Filing::Subject { digest, is_ours } => {
                try_join_all(child.blobs.iter().map(|blob| self.blob(child, blob))).await?;
                self.file(child, digest, *is_ours).await
            }
        }
    }

    async fn file(&self, child: &Child, subject: &Digest, is_ours: bool) -> Result<Option<String>, Failure> {
        let name = self.to.repository.name();
        let digest = &child.manifest.digest;
        if self.to.repository.referrers(subject).await?.iter().any(|listed| listed.digest == *digest) {
            return Ok(None);
        }
        let filed = match self.to.repository.put_referrer(&child.manifest, subject).await {
            // A second one, in a repository whose tags are never written again.
            Err(failure) if failure.code == &codes::TAG_IMMUTABLE => {
                self.count(&child.manifest);
                return Ok(Some(format!(
                    "{name} does not list referrers, and keeps the tag `sha256-{}` as it is: {digest} is there and not in that list",
                    subject.hex()
                )));
            }
            filed => filed?,
        };
        if filed == Filed::Refused {
            let older = attest::older_shape(&child.manifest).filter(|_| is_ours);
            let Some(older) = older else {
                return Ok(Some(format!(
                    "{name} stores no manifests that refer to others: {digest} is left out"
                )));
            };
            if self.to.repository.put_referrer(&older, subject).await? == Filed::Refused {
                let text = format!("{name} stores no artifacts: {digest} cannot be attached");
                return Err(Failure::new(&codes::MANIFEST_REFUSED, text));
            }
            self.count(&older);
            return Ok(Some(format!(
                "{name} stores no manifests that refer to others: {} is found by the tag `sha256-{}` only",
                older.digest,
                subject.hex()
            )));
        }
        self.count(&child.manifest);
        let under_tag = || {
            format!("{name} does not list referrers: {digest} is found by the tag `sha256-{}`", subject.hex())
        };
        Ok((filed == Filed::UnderTag).then(under_tag))
    }

    /// Writes a tag that is not there, or that names the same. Such a tag has a history of its own at its destination,
    /// which is not overwritten.
    async fn name(&self, child: &Child, tag: &Tag) -> Result<Option<String>, Failure> {
        let repository = &self.to.repository;
        let digest = &child.manifest.digest;
        let is_due = async || Ok(repository.head_manifest(tag.as_str()).await?.is_none());
        match repository.put_tag(tag.as_str(), &child.manifest, is_due).await {
            Ok(_) => {}
            Err(failure) if failure.code == &codes::TAG_IMMUTABLE => {}
            Err(failure) => return Err(failure),
        }
        let there = repository.head_manifest(tag.as_str()).await?;
        Ok(there.filter(|there| there != digest).map(|there| {
            format!(
                "{}:{tag} names {there} already, and not {digest} as in the source: it is left so",
                repository.name()
            )
        }))
    }
}
