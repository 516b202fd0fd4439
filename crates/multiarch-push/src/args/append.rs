//! Files that are appended to a base image without a Dockerfile.

use clap::Args;
use model::ImageRef;
use toolkit::Check;

use super::given::{given, refuse_later};
use crate::request::AppendSource;

/// The inputs.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct AppendArgs {
    /// Not in this version: the base image for files that are appended without a Dockerfile; refused when given
    #[arg(long, value_name = "IMAGE")]
    base: Option<String>,

    /// Not in this version: files to append to `base`, one per line; refused when given
    #[arg(long, value_name = "SOURCE[:DESTINATION]")]
    append: Vec<String>,

    /// Not in this version: the entrypoint of an image made with `base`; refused when given
    #[arg(long, value_name = "WORD")]
    entrypoint: Vec<String>,

    /// Not in this version: the command of an image made with `base`; refused when given
    #[arg(long, value_name = "WORD")]
    cmd: Vec<String>,

    /// Not in this version: variables of an image made with `base`, one `NAME=VALUE` per line; refused when given
    #[arg(long, value_name = "NAME=VALUE")]
    env: Vec<String>,

    /// Not in this version: the user of an image made with `base`; refused when given
    #[arg(long, value_name = "USER")]
    user: Option<String>,

    /// Not in this version: the working directory of an image made with `base`; refused when given
    #[arg(long, value_name = "DIRECTORY")]
    workdir: Option<String>,
}

impl AppendArgs {
    /// Returns the names of those that were given.
    pub(super) fn given(&self) -> Vec<&'static str> {
        given([
            ("base", self.base.as_slice()),
            ("append", &self.append),
            ("entrypoint", &self.entrypoint),
            ("cmd", &self.cmd),
            ("env", &self.env),
            ("user", self.user.as_slice()),
            ("workdir", self.workdir.as_slice()),
        ])
    }

    /// Validates them; none if something is missing.
    pub(super) fn check(&self, check: &mut Check<'_>) -> Option<AppendSource> {
        refuse_later(check, &self.given());
        let base = check.optional("base", self.base.as_deref(), str::parse::<ImageRef>)?;
        Some(AppendSource { base })
    }
}
