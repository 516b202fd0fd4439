//! One blob on its way to one destination: asked for once, however many platforms have it, and placed once.

use model::{Digest, Failure};
use tokio::sync::OnceCell;

use super::Push;
use crate::{
    artifact::{Blob, Child, Origin},
    registry::{Placed, Upload},
};

/// What is known of a blob at a destination.
#[derive(Debug, Default)]
pub(super) struct Arrival {
    exists: OnceCell<bool>,
    placed: OnceCell<Placed>,
}

impl Arrival {
    /// Returns how it came there, if it was looked at.
    pub(super) fn placed(&self) -> Option<&Placed> {
        self.placed.get()
    }
}

impl Push<'_> {
    /// Brings a blob of `child` there. It is asked for at the same time as the child: a registry takes a manifest only
    /// when its blobs are there, so that a child that is there answers for all of them.
    pub(super) async fn blob(&self, child: &Child, blob: &Blob) -> Result<(), Failure> {
        let Some(arrival) = self.blobs.get(&blob.digest) else { return Ok(()) };
        let exists = arrival.exists.get_or_try_init(|| self.to.repository.has_blob(&blob.digest, blob.size));
        let (is_published, exists) = tokio::try_join!(self.has(child), exists)?;
        let place = || async {
            let placed = match is_published || *exists {
                true => Placed::Present,
                false => self.place(blob).await?,
            };
            self.progress.layer_done(match placed {
                Placed::Uploaded { .. } => 0,
                Placed::Present | Placed::Mounted => blob.size,
            });
            Ok(placed)
        };
        arrival.placed.get_or_try_init(place).await.map(drop)
    }

    /// Brings a blob there that is not.
    async fn place(&self, blob: &Blob) -> Result<Placed, Failure> {
        self.to.ready().await?;
        let own_base = self.base_here(blob);
        let others = self.to.mount_from.iter().filter(|other| Some(other.as_str()) != own_base);
        let mount_from: Vec<String> =
            own_base.map(str::to_owned).into_iter().chain(others.cloned()).collect();
        let content = self.stock.content(blob).await?;
        let upload = Upload {
            digest: &blob.digest,
            size: blob.size,
            content,
            mount_from: &mount_from,
            progress: self.progress,
        };
        let placed = self.to.repository.upload(&upload).await?;
        if let Placed::Uploaded { not_from: Some(from) } = &placed
            && own_base == Some(from)
        {
            self.tell_of_mounting(from);
        }
        Ok(placed)
    }

    /// Brings a blob there of which the registry says that it lacks, whatever it said before.
    pub(super) async fn place_again(&self, blob: &Blob) -> Result<(), Failure> {
        if !self.to.repository.has_blob(&blob.digest, blob.size).await? {
            self.place(blob).await?;
        }
        Ok(())
    }

    /// Returns the other repository of this registry that surely has the blob.
    fn base_here<'a>(&self, blob: &'a Blob) -> Option<&'a str> {
        let Origin::Base(base) = &blob.origin else { return None };
        let (base, here) = (base.name(), self.to.repository.name());
        (base.registry() == here.registry() && base.repository() != here.repository())
            .then(|| base.repository())
    }

    /// Says once that layers are sent which need not be.
    fn tell_of_mounting(&self, from: &str) {
        if !self.told_of_mounting.swap(true, std::sync::atomic::Ordering::Relaxed) {
            let name = self.to.repository.name();
            let why = match aws::RegistryHost::parse(name.registry()) {
                Some(_) => {
                    ": either the account's setting for it is off (`aws ecr put-account-setting --name BLOB_MOUNTING --value ENABLED`), or the repositories are encrypted with different keys, or one of them is a pull-through cache"
                }
                None => "",
            };
            self.progress
                .say(&format!("{name} takes no layers over from {from}, so that they are sent{why}"));
        }
    }

    /// Returns what is known of a blob.
    pub(super) fn arrival(&self, digest: &Digest) -> Option<&Placed> {
        self.blobs.get(digest).and_then(Arrival::placed)
    }
}
