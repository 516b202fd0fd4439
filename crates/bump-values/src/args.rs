//! The inputs, and their validation.

use std::{collections::BTreeSet, time::Duration};

use model::{Failure, ImageRef, ParseError, RepoSlug};
use toolkit::{Check, CommonArgs, Env, GitHubContext};

use crate::{
    assignment,
    origin::Origin,
    request::{Method, Remote, Request, Target},
};

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

    /// Repository to commit to, `owner/name`; the workflow's own if not given
    #[arg(long, value_name = "OWNER/NAME")]
    pub(crate) repository: Option<String>,

    /// Branch to commit to; the branch of the run if it is one and in the same repository
    #[arg(long, value_name = "NAME")]
    pub(crate) branch: Option<String>,

    /// GitHub token with `contents: write`; falls back to `GITHUB_TOKEN`
    #[arg(long, value_name = "env:NAME")]
    pub(crate) token: Option<String>,

    /// How to write: `graphql` commits through GitHub's interface, `worktree` edits the files in the current directory, `auto` (the default) takes `graphql` in a workflow or with a token
    #[arg(long, value_name = "METHOD")]
    pub(crate) method: Option<String>,

    /// Commit message; says what was set if not given
    #[arg(long, value_name = "TEXT")]
    pub(crate) message: Option<String>,

    /// Further trailers of the commit message, one `Key: value` per line
    #[arg(long, value_name = "TRAILER")]
    pub(crate) trailers: Vec<String>,

    /// What to do when the value that is there is newer, by its commit or else by the run that set it: `skip` (the default), `overwrite` or `fail`
    #[arg(long, value_name = "POLICY")]
    pub(crate) on_stale: Option<String>,

    /// What to do when the branch takes no direct commit; only `fail` (what is done anyway) in this version
    #[arg(long, value_name = "POLICY")]
    pub(crate) on_protected: Option<String>,

    /// Not in this version: create keys that are missing; only `false` is accepted
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) create: Option<String>,

    /// Not in this version: set the anchor's value where a path leads to an alias; only `false` is accepted
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) follow_alias: Option<String>,

    /// Not in this version: id of a GitHub App to commit as; pass its token as `token`
    #[arg(long, value_name = "ID")]
    pub(crate) app_id: Option<String>,

    /// Not in this version: private key of that GitHub App; pass its token as `token`
    #[arg(long, value_name = "env:NAME")]
    pub(crate) app_private_key: Option<String>,

    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

impl Args {
    /// Validates all arguments at once.
    pub(crate) fn into_request(self, env: &Env) -> Result<Request, Failure> {
        let mut check = Check::new(env);
        let method = check.optional("method", self.method.as_deref(), str::parse).unwrap_or_default();
        let token = check.secret("token", self.token.as_deref(), &["GITHUB_TOKEN"]);
        let remote = match method {
            Method::Auto => env.in_actions() || token.is_some() || self.token.is_some(),
            Method::Graphql => true,
            Method::Worktree => false,
        };
        let why = match (method, remote) {
            (Method::Auto, true) if env.in_actions() => "chosen because this is a workflow",
            (Method::Auto, true) => "chosen because there is a token",
            (Method::Auto, false) => "chosen because this is no workflow and there is no token",
            _ => "as `method` says",
        };

        let mut files = check.list("files", &self.files, |text| file_path(text, remote));
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

        let target = if remote {
            if token.is_none() && self.token.is_none() {
                check.problem(
                    "token",
                    "is required, and `GITHUB_TOKEN` is not set either; `method: worktree` needs none",
                );
            }
            self.remote(&mut check)
                .zip(token)
                .map(|(remote, token)| Target::Branch(Box::new(Remote { token, ..remote })))
        } else {
            Some(Target::Worktree)
        };
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
        check.optional("on-protected", self.on_protected.as_deref(), |text| match text {
            "fail" => Ok(()),
            "pull-request" => Err(format!(
                "`{text}` is not in this version: use `fail`, and let the token's owner bypass the branch's rules"
            )),
            _ => Err(format!("`{text}` is no policy: use `fail`")),
        });
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
        for (input, value) in [("app-id", &self.app_id), ("app-private-key", &self.app_private_key)] {
            if value.as_deref().is_some_and(|text| !text.trim().is_empty()) {
                check.problem(
                    input,
                    "is not in this version: make a token with `actions/create-github-app-token` and pass it as `token`",
                );
            }
        }
    }

    /// Repository, branch and addresses; the token is filled in by the caller.
    fn remote(&self, check: &mut Check<'_>) -> Option<Remote> {
        let context = GitHubContext::from_env(check.env());
        let given = check.optional("repository", self.repository.as_deref(), repository);
        if self.repository.is_none() && context.repository.is_none() {
            check.problem("repository", "is required, and `GITHUB_REPOSITORY` is not set either");
        }
        let elsewhere = given.is_some() && given != context.repository;
        let own_branch =
            context.ref_name.as_deref().filter(|name| name.starts_with("refs/heads/") && !elsewhere);
        let text = self.branch.as_deref().filter(|text| !text.trim().is_empty()).or(own_branch);
        if text.is_none() {
            let reason = match (&context.ref_name, elsewhere) {
                (_, true) => "is required for another repository".to_owned(),
                (Some(name), _) => format!("is required, since the run's ref `{name}` is not a branch"),
                (None, _) => "is required, and `GITHUB_REF` is not set either".to_owned(),
            };
            check.problem("branch", &reason);
        }
        let branch = check.optional("branch", text, str::parse);
        given.or(context.repository).zip(branch).map(|(repository, branch)| Remote {
            repository,
            branch,
            token: model::Secret::new(""),
            api_url: context.api_url,
            graphql_url: context.graphql_url,
            server_url: context.server_url,
        })
    }
}

/// A repository. What looks like a URL is not repeated: it may hold a token.
fn repository(text: &str) -> Result<RepoSlug, String> {
    if text.contains(['@', ':']) {
        return Err("holds a URL (not shown, since it may hold a password): write `owner/name`".to_owned());
    }
    text.parse().map_err(|error: ParseError| error.to_string())
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
