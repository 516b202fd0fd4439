//! The inputs, and their validation.

mod server;

use std::time::Duration;

use model::{Failure, ImageRef, parse_duration};
use toolkit::{Check, CommonArgs, Env, GitHubContext};

use self::server::ServerArgs;
use crate::{
    order::{Order, Scope, Target},
    paused::Paused,
    request::{ApplicationName, Terms, WaitFor, parse_name},
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

    /// Images that the pods must run at the end, as the manifests name them; one per line or separated by commas; not checked if there are none
    #[arg(long, value_name = "IMAGE", value_delimiter = ',')]
    pub(crate) images: Vec<String>,

    /// Delete resources that Git no longer has
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) prune: Option<String>,

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

    /// Not in this version: resources to sync; all of the application are
    #[arg(long, value_name = "RESOURCE")]
    pub(crate) resources: Vec<String>,

    /// Not in this version: sync options such as `ServerSideApply=true`; those of the application count
    #[arg(long, value_name = "OPTION")]
    pub(crate) sync_options: Vec<String>,

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
        self.refuse_what_is_missing(&mut check);
        let timeout = self.common.budget(&mut check, DEFAULT_TIMEOUT);
        let dry_run = self.common.dry_run(&mut check);
        let run = run_label(&GitHubContext::from_env(env));

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
                run,
            },
        });
        check.finish(order)
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

    /// Refuses inputs that this version only knows by name: GitHub merely warns of an unknown input, so that it would
    /// silently do nothing.
    fn refuse_what_is_missing(&self, check: &mut Check<'_>) {
        let is_given = |value: &str| !value.trim().is_empty();
        for (input, is_given, remedy) in [
            (
                "resources",
                self.resources.iter().any(|text| is_given(text)),
                "the whole application is synced",
            ),
            (
                "sync-options",
                self.sync_options.iter().any(|text| is_given(text)),
                "write them into the application's `spec.syncPolicy.syncOptions`",
            ),
        ] {
            if is_given {
                check.problem(input, &format!("is not in this version: {remedy}"));
            }
        }
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
