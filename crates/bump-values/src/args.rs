//! The inputs, and their validation.

use std::{collections::BTreeSet, time::Duration};

use model::{Failure, ImageRef, ParseError};
use toolkit::{Check, CommonArgs, Env};

use crate::{assignment, method::Method, origin::Origin, request::Request};
use target::{Resolved, TargetArgs};

mod place;
mod target;

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// The arguments as they are given.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Args {
    /// YAML files to edit, from the root of the repository; one per line
    #[arg(long, value_name = "PATH")]
    pub(crate) files: Vec<String>,

    /// Values to set, one `path=value` per line; with several files, `file:path=value` is for one of them
    #[arg(long, value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,

    /// Images to find in the files and to set, one `registry/repository[:tag][@digest]` per line: Helm's `repository` with `tag` and `digest`, kustomize's `images`, and `image:` strings
    #[arg(long, value_name = "IMAGE")]
    pub(crate) images: Vec<String>,

    #[command(flatten)]
    pub(crate) target: TargetArgs,

    /// Commit message; says what was set if not given
    #[arg(long, value_name = "TEXT")]
    pub(crate) message: Option<String>,

    /// Further trailers of the commit message, one `Key: value` per line
    #[arg(long, value_name = "TRAILER")]
    pub(crate) trailers: Vec<String>,

    /// What to do when the value that is there is newer, by its commit or else by the run that set it: `skip` (the default), `overwrite` or `fail`
    #[arg(long, value_name = "POLICY")]
    pub(crate) on_stale: Option<String>,

    /// Not in this version: create keys that are missing; only `false` is accepted
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) create: Option<String>,

    /// Not in this version: set the anchor's value where a path leads to an alias; only `false` is accepted
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) follow_alias: Option<String>,

    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

impl Args {
    /// Validates all arguments at once.
    pub(crate) fn into_request(self, env: &Env) -> Result<Request, Failure> {
        let mut check = Check::new(env);
        let Resolved { target, method, why } = self.target.resolve(&mut check);
        let on_branch = method != Method::Worktree;
        let mut files = check.list("files", &self.files, |text| file_path(text, on_branch));
        let mut seen = BTreeSet::new();
        files.retain(|file| seen.insert(file.clone()));
        if self.files.iter().all(|file| file.trim().is_empty()) {
            check.problem("files", "is required and empty");
        }
        let images = check.list("images", &self.images, image);
        let has_images = self.images.iter().any(|image| !image.trim().is_empty());
        if !has_images && self.set.iter().all(|line| line.trim().is_empty()) {
            check.problem("set", "is required and empty, and so is `images`");
        }
        let edits = check.list("set", &self.set, |line| assignment::parse(line, &files));
        let mut dealt = None;
        if check.is_clean() {
            match assignment::deal(&files, &edits, has_images) {
                Ok(files) => dealt = Some(files),
                Err(problem) => check.problem("set", &problem),
            }
        }

        let message =
            check.optional("message", self.message.as_deref(), |text| Ok::<_, String>(text.to_owned()));
        let trailers = check.list("trailers", &self.trailers, trailer);
        let on_stale = check.optional("on-stale", self.on_stale.as_deref(), str::parse).unwrap_or_default();
        self.refuse_what_is_missing(&mut check);
        let timeout = self.common.budget(&mut check, DEFAULT_TIMEOUT);
        let dry_run = self.common.dry_run(&mut check);
        let origin = Origin::from_env(env);
        let request = dealt.zip(target).map(|(files, target)| Request {
            files,
            images,
            target,
            method,
            why,
            message,
            trailers,
            on_stale,
            origin,
            timeout,
            dry_run,
        });
        check.finish(request)
    }

    /// Refuses inputs that this version only knows by name: GitHub merely warns of an unknown input, so that it would
    /// silently do nothing.
    fn refuse_what_is_missing(&self, check: &mut Check<'_>) {
        for (input, value, remedy) in [
            ("create", &self.create, "add the key to the file by hand once"),
            (
                "follow-alias",
                &self.follow_alias,
                "write the value where the alias is, so that it has a place of its own",
            ),
        ] {
            if check.flag(input, value.as_deref(), false) {
                check.problem(input, &format!("is not in this version: {remedy}"));
            }
        }
    }
}

/// A file's path. On a branch it has to be one that Git can have; in a directory any path will do.
fn file_path(text: &str, on_branch: bool) -> Result<String, ParseError> {
    let path = text.strip_prefix("./").unwrap_or(text);
    let is_part = |part: &str| !matches!(part, "" | "." | ".." | ".git");
    if path.contains('\0') || on_branch && !path.split('/').all(is_part) {
        return Err(ParseError::new("a file of a repository", text, "a path from its root without `..`"));
    }
    Ok(path.to_owned())
}

/// An image with something to set.
fn image(text: &str) -> Result<ImageRef, String> {
    if text.contains("://") {
        return Err("holds a URL (not shown, since it may hold a password): write `registry/repository:tag`"
            .to_owned());
    }
    let image: ImageRef = text.parse().map_err(|error: ParseError| error.to_string())?;
    if image.tag.is_none() && image.digest.is_none() {
        return Err(format!("`{text}` has neither a tag nor a digest"));
    }
    Ok(image)
}

/// A trailer as `git interpret-trailers` knows it; ours are ours.
fn trailer(text: &str) -> Result<String, String> {
    let (key, value) = text.split_once(':').map_or((text, ""), |(key, value)| (key, value.trim()));
    let valid =
        !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') && !value.is_empty();
    if !valid {
        return Err(format!(
            "`{text}` is not a trailer: write `Key: value`, the key of letters, digits and `-`"
        ));
    }
    if key.to_ascii_lowercase().starts_with("bump-") {
        return Err(format!("`{key}` is a trailer that the action writes by itself"));
    }
    Ok(format!("{key}: {value}"))
}

#[cfg(test)]
pub(crate) mod tests;
