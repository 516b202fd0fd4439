//! A Dockerfile as the source.

use std::{collections::BTreeMap, path::PathBuf};

use clap::Args;
use model::Platform;
use toolkit::Check;

use super::given::{given, pair, text};
use crate::request::{BuilderChoice, DockerfileSource};

/// The inputs.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct DockerfileArgs {
    /// The directory whose files the Dockerfile copies; `.` by default
    #[arg(long, value_name = "DIRECTORY")]
    context: Option<String>,

    /// The Dockerfile; `Dockerfile` in the context by default
    #[arg(long, value_name = "PATH")]
    file: Option<String>,

    /// Build arguments, one `NAME=VALUE` per line
    #[arg(long, value_name = "NAME=VALUE")]
    build_args: Vec<String>,

    /// The stage to build; the last by default
    #[arg(long, value_name = "STAGE")]
    target: Option<String>,

    /// What builds a Dockerfile that needs it, for example because of RUN: `auto`, `none`, `buildx`, `buildctl` or `buildah`
    #[arg(long, value_name = "NAME")]
    builder: Option<String>,
}

impl DockerfileArgs {
    /// Returns the names of those that were given.
    pub(super) fn given(&self) -> Vec<&'static str> {
        given([
            ("context", self.context.as_slice()),
            ("file", self.file.as_slice()),
            ("build-args", &self.build_args),
            ("target", self.target.as_slice()),
            ("builder", self.builder.as_slice()),
        ])
    }

    /// Validates them.
    pub(super) fn check(&self, check: &mut Check<'_>, platforms: Vec<Platform>) -> DockerfileSource {
        let build_args: BTreeMap<_, _> =
            check.list("build-args", &self.build_args, pair).into_iter().collect();
        let builder = check.optional("builder", self.builder.as_deref(), str::parse::<BuilderChoice>);
        DockerfileSource {
            context: PathBuf::from(text(self.context.as_ref()).unwrap_or_else(|| ".".to_owned())),
            file: text(self.file.as_ref()).map(PathBuf::from),
            platforms,
            build_args,
            target: text(self.target.as_ref()),
            builder: builder.unwrap_or(BuilderChoice::Auto),
        }
    }
}
