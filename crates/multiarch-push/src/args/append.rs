//! Files that are appended to a base image without a Dockerfile.

use clap::Args;
use model::{ImageRef, Platform};
use toolkit::Check;

use super::given::{given, pair, text};
use crate::request::{AppendSource, Appended};

/// The inputs.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct AppendArgs {
    /// The base image for files that are appended without a Dockerfile, for all of its platforms at once
    #[arg(long, value_name = "IMAGE")]
    base: Option<String>,

    /// What is put upon `base`, one per line: a directory (its contents), a file or a tar archive, and where it goes in the image (`/` by default); `{os}`, `{arch}` and `{variant}` stand for the platform
    #[arg(long, value_name = "SOURCE[:DESTINATION]")]
    append: Vec<String>,

    /// The entrypoint of an image made with `base`, one word per line or a JSON array; the arguments of the base image go with its entrypoint
    #[arg(long, value_name = "WORD")]
    entrypoint: Vec<String>,

    /// The command (or arguments of the entrypoint) of an image made with `base`, one word per line or a JSON array
    #[arg(long, value_name = "WORD")]
    cmd: Vec<String>,

    /// Variables of an image made with `base`, one `NAME=VALUE` per line
    #[arg(long, value_name = "NAME=VALUE")]
    env: Vec<String>,

    /// The user of an image made with `base`
    #[arg(long, value_name = "USER")]
    user: Option<String>,

    /// The working directory of an image made with `base`
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
    pub(super) fn check(&self, check: &mut Check<'_>, platforms: Vec<Platform>) -> Option<AppendSource> {
        let base = check.required("base", self.base.as_deref(), str::parse::<ImageRef>);
        let append = check.list("append", &self.append, str::parse::<Appended>);
        let entrypoint = words(check, "entrypoint", &self.entrypoint);
        let cmd = words(check, "cmd", &self.cmd);
        let env = check.list("env", &self.env, pair);
        let workdir = check.optional("workdir", self.workdir.as_deref(), absolute);
        let user = text(self.user.as_ref());
        base.map(|base| AppendSource { base, append, platforms, entrypoint, cmd, env, user, workdir })
    }
}

/// Reads words: one each, or all in one JSON array, as a Dockerfile has them.
fn words(check: &mut Check<'_>, input: &str, values: &[String]) -> Option<Vec<String>> {
    let words: Vec<&str> =
        values.iter().map(|value| value.trim()).filter(|value| !value.is_empty()).collect();
    match words.as_slice() {
        [] => None,
        [array] if array.starts_with('[') => check.optional(input, Some(array), |array| {
            serde_json::from_str::<Vec<String>>(array)
                .map_err(|error| format!("`{array}` is not a JSON array of texts: {error}"))
        }),
        words => Some(words.iter().map(|&word| word.to_owned()).collect()),
    }
}

fn absolute(path: &str) -> Result<String, String> {
    match path.starts_with('/') {
        true => Ok(path.to_owned()),
        false => Err(format!("`{path}` does not begin with a slash")),
    }
}
