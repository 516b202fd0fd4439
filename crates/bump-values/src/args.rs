//! The inputs, and their validation.

use std::{collections::BTreeSet, time::Duration};

use model::{Failure, ParseError};
use toolkit::{Check, CommonArgs, Env, GitHubContext};

use crate::{
    assignment,
    message::Words,
    method::Method,
    origin::Origin,
    request::{Permit, Request},
};
use target::{Resolved, TargetArgs};

mod place;
mod target;
mod texts;
mod token;
mod worktree;

/// How long the whole may take, if nothing else is asked for.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

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

    /// Commit message; says what was set if not given. `{path}`, `{old}`, `{new}`, `{file}`, `{files}`, `{count}`, `{changes}`, `{image}`, `{tag}`, `{digest}`, `{repository}`, `{branch}`, `{sha}`, `{short-sha}`, `{run}` and `{actor}` are filled in, `{{` is a brace
    #[arg(long, value_name = "TEXT")]
    pub(crate) message: Option<String>,

    /// Further trailers of the commit message, one `Key: value` per line
    #[arg(long, value_name = "TRAILER")]
    pub(crate) trailers: Vec<String>,

    /// Co-authors of the commit, one `Name <address>` per line; `actor` is who started the run
    #[arg(long, value_name = "PERSON")]
    pub(crate) co_authors: Vec<String>,

    /// Put `[skip ci]` at the end of the message's first line, so that the commit starts no workflow
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) skip_ci: Option<String>,

    /// Name the run's commit in the trailers that Argo CD's source hydrator reads, `Argocd-reference-commit-sha` and the like
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) reference_commit: Option<String>,

    /// What to do when the value that is there is newer, by its commit or else by the run that set it: `skip` (the default), `overwrite` or `fail`
    #[arg(long, value_name = "POLICY")]
    pub(crate) on_stale: Option<String>,

    /// Insert what a path or an image misses: keys, items `[name=x]` of lists, entries of a kustomization's `images`; `false` if not given
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) create: Option<String>,

    /// Where a value is shared through an anchor, change it for all its users, who are then listed; `false` (it is refused) if not given
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
        let images = check.list("images", &self.images, texts::image);
        texts::refuse_twins(&mut check, &images);
        let has_images = self.images.iter().any(|image| !image.trim().is_empty());
        if !has_images && self.set.iter().all(|line| line.trim().is_empty()) {
            check.problem("set", "is required and empty, and so is `images`");
        }
        let permit = Permit {
            create: check.flag("create", self.create.as_deref(), false),
            follow_alias: check.flag("follow-alias", self.follow_alias.as_deref(), false),
        };
        let edits = check.list("set", &self.set, |line| assignment::parse(line, &files, permit));
        let mut dealt = None;
        if check.is_clean() {
            match assignment::deal(&files, &edits, has_images) {
                Ok(files) => dealt = Some(files),
                Err(problem) => check.problem("set", &problem),
            }
        }

        let words = self.words(&mut check);
        let on_stale = check.optional("on-stale", self.on_stale.as_deref(), str::parse).unwrap_or_default();
        let timeout = self.common.budget(&mut check, DEFAULT_TIMEOUT);
        let dry_run = self.common.dry_run(&mut check);
        let origin = Origin::from_env(env);
        let request = dealt.zip(target).map(|(files, target)| Request {
            files,
            images,
            permit,
            target,
            method,
            why,
            words,
            on_stale,
            origin,
            timeout,
            dry_run,
        });
        check.finish(request)
    }

    /// What the commit says.
    fn words(&self, check: &mut Check<'_>) -> Words {
        let context = GitHubContext::from_env(check.env());
        let actor_id = check.env().get("GITHUB_ACTOR_ID").map(str::to_owned);
        Words {
            template: check.optional("message", self.message.as_deref(), str::parse),
            trailers: check.list("trailers", &self.trailers, texts::trailer),
            co_authors: check.list("co-authors", &self.co_authors, |text| {
                texts::co_author(text, &context, actor_id.as_deref())
            }),
            skip_ci: check.flag("skip-ci", self.skip_ci.as_deref(), false),
            reference_commit: check.flag("reference-commit", self.reference_commit.as_deref(), false),
            reference: None,
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

#[cfg(test)]
pub(crate) mod tests;
