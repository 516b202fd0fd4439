//! The inputs, and their validation.

mod server;

use std::time::Duration;

use github::Endpoints;
use model::{Failure, ImageRef, parse_duration};
use toolkit::{Check, CommonArgs, Env, GitHubContext};

use self::server::ServerArgs;
use crate::{
    order::{Order, Scope, Target},
    paused::Paused,
    repository::Repository,
    request::{ApplicationName, GitHubAccess, Origin, Terms, WaitFor, parse_name},
    resources::Resources,
    selector::Selector,
};

/// How long the whole may take, if nothing else is asked for.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(300);
const DEFAULT_GRACE: Duration = Duration::from_secs(10);
const DEFAULT_SETTLE: Duration = Duration::from_secs(2);

/// The arguments as they are given.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) server: ServerArgs,

    /// Name of the application to sync; or `selector`
    #[arg(long, value_name = "NAME")]
    pub(crate) application: Option<String>,

    /// Labels of the applications to sync, all at the same time, such as `team=a,tier in (web, api)`; instead of `application`
    #[arg(long, value_name = "LABELS")]
    pub(crate) selector: Option<String>,

    /// Project of the application, so that a missing application is told apart from a missing permission
    #[arg(long, value_name = "NAME")]
    pub(crate) project: Option<String>,

    /// Namespace of the application, if it is not Argo CD's own; with `selector`, all that Argo CD serves if not given
    #[arg(long, value_name = "NAMESPACE")]
    pub(crate) app_namespace: Option<String>,

    /// Full id of the commit to sync and to prove
    #[arg(long, value_name = "SHA")]
    pub(crate) revision: Option<String>,

    /// Git repository that `revision` is a commit of, if the application has several sources; this workflow's own if not given, and where all that come from Git come from one repository, that one
    #[arg(long, value_name = "URL")]
    pub(crate) repository_url: Option<String>,

    /// GitHub token that may read that repository; used only when another revision shows up, to find out whether it contains `revision`
    #[arg(long, value_name = "env:NAME")]
    pub(crate) github_token: Option<String>,

    /// Images that the pods must run at the end, as the manifests name them; one per line or separated by commas; not checked if there are none
    #[arg(long, value_name = "IMAGE", value_delimiter = ',')]
    pub(crate) images: Vec<String>,

    /// Delete resources that Git no longer has
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) prune: Option<String>,

    /// Sync these resources only: `GROUP:KIND:NAME` or `GROUP:KIND:NAMESPACE/NAME`, with `*` for all of a part and `!` in front to leave out; one per line or separated by commas. Hooks do not run then. These have to be Synced; health, images and pods are those of the whole application
    #[arg(long, value_name = "RESOURCE", value_delimiter = ',')]
    pub(crate) resources: Vec<String>,

    /// Sync options such as `ServerSideApply=true`, one per line or separated by commas; they replace those of the application
    #[arg(long, value_name = "OPTION", value_delimiter = ',')]
    pub(crate) sync_options: Vec<String>,

    /// How far to wait: `op`, `synced`, `healthy`, `promoted` (the default: healthy, and `images` live) or `old-pods-gone`
    #[arg(long, value_name = "GOAL")]
    pub(crate) wait_for: Option<String>,

    /// What to do when another operation runs: `wait` (the default), `terminate` or `fail`
    #[arg(long, value_name = "POLICY")]
    pub(crate) on_busy: Option<String>,

    /// How long pods may be in error before that is a failure (10s)
    #[arg(long, value_name = "DURATION")]
    pub(crate) degraded_grace: Option<String>,

    /// How long everything must hold before that is a success (2s)
    #[arg(long, value_name = "DURATION")]
    pub(crate) settle: Option<String>,

    /// What to do when a Rollout is paused before its cutover: `wait` (the default) until somebody promotes it, `success` once its new pods are ready, `promote` it then, or `fail`
    #[arg(long, value_name = "POLICY")]
    pub(crate) paused: Option<String>,

    /// After a failure, abort Rollouts that are not promoted and prove that the old pods serve, for at most 15s beyond `timeout`; `false` if not given. The action fails all the same
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) rollback: Option<String>,

    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

impl Args {
    /// Validates all arguments at once.
    pub(crate) fn into_order(self, env: &Env) -> Result<Order, Failure> {
        let mut check = Check::new(env);
        let server = self.server.clone().into_server(&mut check);
        let target = self.target(&mut check);
        let revision = check.required("revision", self.revision.as_deref(), str::parse);
        let images = check.list("images", &self.images, parse_image);
        let prune = check.flag("prune", self.prune.as_deref(), false);
        let wait_for = check.optional("wait-for", self.wait_for.as_deref(), str::parse).unwrap_or_default();
        let on_busy = check.optional("on-busy", self.on_busy.as_deref(), str::parse).unwrap_or_default();
        let degraded_grace = check
            .optional("degraded-grace", self.degraded_grace.as_deref(), parse_duration)
            .unwrap_or(DEFAULT_GRACE);
        let settle =
            check.optional("settle", self.settle.as_deref(), parse_duration).unwrap_or(DEFAULT_SETTLE);
        let paused = check.optional("paused", self.paused.as_deref(), str::parse).unwrap_or_default();
        if paused == Paused::Success && wait_for == WaitFor::OldPodsGone {
            check.problem("paused", "`success` never meets `wait-for: old-pods-gone`: a paused Rollout keeps its old pods; use `promoted`");
        }
        let rollback = check.flag("rollback", self.rollback.as_deref(), false);
        let timeout = self.common.budget(&mut check, DEFAULT_TIMEOUT);
        let dry_run = self.common.dry_run(&mut check);
        let context = GitHubContext::from_env(env);
        let run = run_label(&context);
        let origin = self.origin(&mut check, context);
        let resources = Resources::new(check.list("resources", &self.resources, str::parse));
        let sync_options = check.list("sync-options", &self.sync_options, parse_option);

        let order = server.zip(target).zip(revision).map(|((server, target), revision)| Order {
            server,
            target,
            terms: Terms {
                revision,
                images,
                prune,
                wait_for,
                on_busy,
                paused,
                rollback,
                degraded_grace,
                settle,
                timeout,
                dry_run,
                origin,
                resources,
                sync_options,
                run,
            },
        });
        check.finish(order)
    }

    /// Where the revision is from, and who tells how its commits lie to each other.
    fn origin(&self, check: &mut Check<'_>, context: GitHubContext) -> Origin {
        let repository = check.optional("repository-url", self.repository_url.as_deref(), str::parse);
        let token = check.secret("github-token", self.github_token.as_deref(), &[]);
        let server = context.server_url;
        Origin {
            repository,
            workflow: context.repository.map(|slug| Repository::of(&format!("{server}/{slug}"))),
            github: token.filter(|token| !token.expose().is_empty()).map(|token| GitHubAccess {
                endpoints: Endpoints { api: context.api_url, graphql: context.graphql_url },
                server,
                token,
            }),
        }
    }

    /// One application by its name, or several by their labels.
    fn target(&self, check: &mut Check<'_>) -> Option<Target> {
        let project = check.optional("project", self.project.as_deref(), parse_name);
        let namespace = check.optional("app-namespace", self.app_namespace.as_deref(), parse_name);
        let is_given = |value: &Option<String>| value.as_deref().is_some_and(|text| !text.trim().is_empty());
        if !is_given(&self.selector) {
            let name = check.required("application", self.application.as_deref(), parse_name)?;
            return Some(Target::One(ApplicationName { name, project, namespace }));
        }
        if is_given(&self.application) {
            check.problem("selector", "cannot be given together with `application`: give one of the two");
        }
        let selector = check.optional("selector", self.selector.as_deref(), str::parse::<Selector>)?;
        Some(Target::Selected(selector, Scope { project, namespace }))
    }
}

/// An expected image needs a tag or a digest: `latest` proves nothing, and neither does no tag.
fn parse_image(text: &str) -> Result<ImageRef, String> {
    if text.contains("://") {
        return Err("holds a URL (not shown, since it may hold a password): write `registry/repository:tag`"
            .to_owned());
    }
    let image: ImageRef = text.parse().map_err(|error: model::ParseError| error.to_string())?;
    if image.tag.is_none() && image.digest.is_none() {
        return Err(format!("`{text}` has neither tag nor digest, so that nothing can be proven with it"));
    }
    Ok(image)
}

/// `NAME=VALUE`.
fn parse_option(text: &str) -> Result<String, String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() && !value.trim().is_empty() => Ok(text.to_owned()),
        _ => Err(format!("`{text}` is no sync option: write `NAME=VALUE`, such as `ServerSideApply=true`")),
    }
}

/// Names the run and its attempt; what is missing outside of Actions is left empty.
fn run_label(context: &GitHubContext) -> String {
    match (&context.repository, &context.run_id) {
        (Some(repository), Some(run)) => {
            format!("{repository}/{run}/{}", context.run_attempt.as_deref().unwrap_or("1"))
        }
        _ => "local".to_owned(),
    }
}

#[cfg(test)]
mod tests;
