//! What is to be pushed, validated.

mod append;

use std::{collections::BTreeMap, path::PathBuf, str::FromStr, time::Duration};

use model::{CommitSha, ImageName, ImageRef, ParseError, Platform, Tag};

use crate::{
    attest::Attest,
    image::{Dependencies, compress::Compression},
};
pub(crate) use append::{AppendSource, Appended};

/// A valid request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Where to push to, one or several.
    pub(crate) images: Vec<ImageName>,
    /// Tags that never move.
    pub(crate) tags: Vec<Tag>,
    /// Tags that are moved.
    pub(crate) moving_tags: Vec<Tag>,
    /// Repositories to take layers over from, in the registries of the destinations.
    pub(crate) mount_from: Vec<String>,
    /// Whether a repository that is missing is made.
    pub(crate) create_repository: bool,
    /// What is pushed.
    pub(crate) source: Source,
    /// Labels for the configuration.
    pub(crate) labels: Vec<(String, String)>,
    /// Annotations for the index and the manifests.
    pub(crate) annotations: BTreeMap<String, String>,
    /// How layers are written.
    pub(crate) layers: LayerOptions,
    /// What to do if a tag exists.
    pub(crate) on_existing: OnExisting,
    /// The time for all of it.
    pub(crate) timeout: Duration,
    /// Whether to stop after the plan.
    pub(crate) dry_run: bool,
    /// Where the image comes from.
    pub(crate) origin: Origin,
    /// What goes along with it.
    pub(crate) attest: Attest,
}

/// What an image says about its origin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    /// `SOURCE_DATE_EPOCH`.
    pub(crate) epoch: Option<u64>,
    /// The commit.
    pub(crate) revision: Option<CommitSha>,
    /// The repository's page.
    pub(crate) repository: Option<String>,
    /// The Git tag that the run is for.
    pub(crate) version: Option<String>,
}

/// How layers are written.
#[derive(Debug, Clone, Default)]
pub(crate) struct LayerOptions {
    /// How they are compressed.
    pub(crate) compression: Compression,
    /// Where those of earlier runs are; none for nowhere.
    pub(crate) cache: Option<PathBuf>,
    /// Which files go into layers of their own; none if it was not said.
    pub(crate) dependencies: Option<Dependencies>,
}

/// The kinds of source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// A Dockerfile and its context.
    Dockerfile(DockerfileSource),
    /// OCI image layouts, which become one image.
    Layouts(Vec<PathBuf>),
    /// Files that are appended to a base image.
    Append(AppendSource),
    /// An image of a registry.
    Promote(ImageRef),
}

/// A Dockerfile and what it is built with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DockerfileSource {
    /// The context.
    pub(crate) context: PathBuf,
    /// The Dockerfile, if it is not `Dockerfile` in the context.
    pub(crate) file: Option<PathBuf>,
    /// The platforms; none for all of the base image.
    pub(crate) platforms: Vec<Platform>,
    /// Build arguments.
    pub(crate) build_args: BTreeMap<String, String>,
    /// The stage.
    pub(crate) target: Option<String>,
    /// What builds it if it cannot be assembled.
    pub(crate) builder: BuilderChoice,
}

impl DockerfileSource {
    /// Returns the Dockerfile's path.
    pub(crate) fn path(&self) -> PathBuf {
        self.file.clone().unwrap_or_else(|| self.context.join("Dockerfile"))
    }
}

/// What builds a Dockerfile that cannot be assembled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BuilderChoice {
    /// The first that is there.
    Auto,
    /// Nothing.
    None,
    /// This one, and for every Dockerfile.
    Only(Builder),
}

/// A program that builds Dockerfiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Builder {
    /// `docker buildx`.
    Buildx,
    /// `buildctl`.
    Buildctl,
    /// `buildah`.
    Buildah,
}

impl Builder {
    /// In the order in which `auto` prefers them.
    pub(crate) const ALL: [Self; 3] = [Self::Buildx, Self::Buildctl, Self::Buildah];

    /// Returns the name of the choice.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Buildx => "buildx",
            Self::Buildctl => "buildctl",
            Self::Buildah => "buildah",
        }
    }

    /// Returns the program's file name.
    pub(crate) fn program(self) -> &'static str {
        match self {
            Self::Buildx => "docker",
            Self::Buildctl => "buildctl",
            Self::Buildah => "buildah",
        }
    }
}

impl FromStr for BuilderChoice {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text {
            "auto" => Ok(Self::Auto),
            "none" => Ok(Self::None),
            _ => Builder::ALL
                .into_iter()
                .find(|builder| builder.as_str() == text)
                .map(Self::Only)
                .ok_or_else(|| {
                    ParseError::new("a builder", text, "`auto`, `none`, `buildx`, `buildctl` or `buildah`")
                }),
        }
    }
}

/// What to do if a tag exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnExisting {
    /// Succeed if it names the same image, fail otherwise.
    SameDigestOk,
    /// Leave it, whatever it names, do not build, and give the other tags to the same image.
    Skip,
    /// Move it.
    Overwrite,
    /// Fail, even if it names the same image.
    Fail,
}

impl FromStr for OnExisting {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text {
            "same-digest-ok" => Ok(Self::SameDigestOk),
            "skip" => Ok(Self::Skip),
            "overwrite" => Ok(Self::Overwrite),
            "fail" => Ok(Self::Fail),
            _ => Err(ParseError::new("a rule", text, "`same-digest-ok`, `skip`, `overwrite` or `fail`")),
        }
    }
}
