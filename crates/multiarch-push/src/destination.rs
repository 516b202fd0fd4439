//! One repository that the image is pushed to.

use std::sync::Arc;

use futures_util::future::try_join_all;
use model::{Failure, ImageName, codes::UNREACHABLE};
use tokio::sync::OnceCell;

use crate::{
    codes,
    plan::TagState,
    registry::{Lookup, Registry, Repository},
    request::Request,
};

/// What to do about a repository that is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WhenMissing {
    /// It is told.
    Tell,
    /// It is made.
    Create,
    /// It would be made, were this no dry run.
    Plan,
}

/// A destination.
#[derive(Debug)]
pub(crate) struct Destination {
    /// The repository.
    pub(crate) repository: Repository,
    /// Other repositories of this registry to take layers over from.
    pub(crate) mount_from: Vec<String>,
    /// A reference to ask for in order to find out whether the repository is there.
    reference: String,
    /// What to do about a repository that is missing.
    when_missing: WhenMissing,
    /// Set when the repository is known to be there, or to be made by pushing.
    ready: OnceCell<()>,
}

impl Destination {
    /// Opens it; `bases` are images that layers may come from.
    pub(crate) async fn open(
        registry: &Arc<Registry>,
        image: &ImageName,
        request: &Request,
        bases: &[ImageName],
    ) -> Result<Self, Failure> {
        let is_other = |name: &&str| *name != image.repository();
        let bases = bases.iter().filter(|base| base.registry() == image.registry());
        let mount_from = request.mount_from.iter().map(String::as_str);
        let mut siblings: Vec<String> = bases
            .map(ImageName::repository)
            .chain(mount_from.clone())
            .filter(is_other)
            .map(str::to_owned)
            .collect();
        siblings.sort();
        siblings.dedup();
        let repository = registry.destination(image, &siblings).await?;
        let mount_from = mount_from.filter(is_other).map(str::to_owned).collect();
        let reference = request.tags.iter().chain(&request.moving_tags).next();
        let reference = reference.map_or_else(|| "latest".to_owned(), ToString::to_string);
        let when_missing = match (request.create_repository, request.dry_run) {
            (false, _) => WhenMissing::Tell,
            (true, false) => WhenMissing::Create,
            (true, true) => WhenMissing::Plan,
        };
        Ok(Self { repository, mount_from, reference, when_missing, ready: OnceCell::new() })
    }

    /// Returns its name.
    pub(crate) fn name(&self) -> &ImageName {
        self.repository.name()
    }

    /// Whether finding out that the repository is missing makes it.
    pub(crate) fn is_made_if_missing(&self) -> bool {
        self.when_missing == WhenMissing::Create
    }

    /// Asks for every tag.
    pub(crate) async fn states(&self, request: &Request) -> Result<Vec<TagState>, Failure> {
        let fixed = request.tags.iter().map(|tag| (tag, false));
        let moving = request.moving_tags.iter().map(|tag| (tag, true));
        let states = try_join_all(fixed.chain(moving).map(async |(tag, moves)| {
            let existing = self.repository.head_manifest(tag.as_str()).await?;
            Ok::<_, Failure>(TagState { tag: tag.clone(), moves, existing })
        }))
        .await?;
        if states.iter().any(|state| state.existing.is_some()) {
            // It fails if another call was faster to find the same.
            let _ = self.ready.set(());
        }
        Ok(states)
    }

    /// Makes sure, once, that the repository is there before anything is sent: ECR says in the body of a 404 what is
    /// missing, the repository or the image, and one that is made by pushing (`CREATE_ON_PUSH`) is told by beginning
    /// an upload.
    pub(crate) async fn ready(&self) -> Result<(), Failure> {
        let find = || async {
            let Lookup::RepositoryMissing = self.repository.get_manifest(&self.reference).await? else {
                return Ok(());
            };
            match self.when_missing {
                WhenMissing::Tell => {}
                WhenMissing::Create => return self.repository.create().await,
                WhenMissing::Plan => return Ok(()),
            }
            match self.repository.probe_upload().await {
                // Some answer by closing the connection (moby/moby#24473).
                Err(failure) if failure.code == &UNREACHABLE => Err(self.missing(&failure)),
                result => result,
            }
        };
        self.ready.get_or_try_init(find).await.copied()
    }

    fn missing(&self, why: &Failure) -> Failure {
        let name = self.name();
        let text = format!("there is no repository `{}` in {}", name.repository(), name.registry());
        Failure::new(&codes::REPOSITORY_MISSING, text).with_note(why.to_string())
    }
}
