//! Workloads that are paused before their new pods serve.

use std::str::FromStr;

use model::{Failure, ParseError};

use crate::{
    assess::Progress,
    codes,
    request::Request,
    wire::{Application, OperationState, ResourceResult, ResourceStatus},
};

/// The action that makes a Rollout skip whatever is left of its update
/// (argo-cd resource_customizations/argoproj.io/Rollout).
pub(crate) const PROMOTE: &str = "promote-full";

/// What to do about a paused workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Paused {
    /// Wait until somebody promotes it.
    #[default]
    Wait,
    /// Take it for a success once its new pods are ready.
    Success,
    /// Promote it once its new pods are ready.
    Promote,
    /// Fail.
    Fail,
}

impl FromStr for Paused {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text {
            "wait" => Ok(Self::Wait),
            "success" => Ok(Self::Success),
            "promote" => Ok(Self::Promote),
            "fail" => Ok(Self::Fail),
            _ => Err(ParseError::new("a policy", text, "one of `wait`, `success`, `promote` and `fail`")),
        }
    }
}

/// What an application's being Suspended comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pause {
    /// Nothing is paused. Whatever else is Suspended is so because Git says it, such as a CronJob.
    None,
    /// The new pods are ready, and that was all that was asked for.
    Enough,
    /// This is paused.
    Of(String),
}

/// Judges an application that is Suspended.
pub(crate) fn pause(app: &Application, request: &Request, progress: &Progress) -> Pause {
    let names: Vec<String> = paused(app).map(ResourceStatus::title).collect();
    if names.is_empty() {
        // Without its resources nobody knows what is Suspended.
        let is_known = app.status.resources.iter().any(|resource| resource.health_status() == "Suspended");
        return if is_known { Pause::None } else { Pause::Of("health is Suspended".to_owned()) };
    }
    if request.paused == Paused::Success && new_pods_are_ready(request, progress) {
        return Pause::Enough;
    }
    let what = match request.paused {
        Paused::Wait | Paused::Fail => "promote it, or set `paused`",
        Paused::Success => "its new pods are not ready yet",
        Paused::Promote => "it is promoted once its new pods are ready",
    };
    Pause::Of(format!("{} is paused: {what}", names.join(", ")))
}

/// The paused workloads of an application. Only these are paused by their controller in the middle of an update.
pub(crate) fn paused(app: &Application) -> impl Iterator<Item = &ResourceStatus> {
    app.status.resources.iter().filter(|resource| {
        resource.health_status() == "Suspended" && matches!(resource.kind.as_str(), "Rollout" | "Deployment")
    })
}

/// The paused Rollouts whose new pods are of this deployment and ready.
pub(crate) fn to_promote<'a>(
    app: &'a Application,
    request: &Request,
    progress: &Progress,
) -> Vec<&'a ResourceStatus> {
    let is_due = request.paused == Paused::Promote && progress.ended.is_some();
    let rollouts =
        paused(app).filter(|resource| resource.kind == "Rollout" && is_ours(resource, request, progress));
    if is_due { rollouts.collect() } else { Vec::new() }
}

/// With `paused: fail` a paused workload of this deployment is a failure.
pub(crate) fn failure(app: &Application, request: &Request, progress: &Progress) -> Option<Failure> {
    if request.paused != Paused::Fail {
        return None;
    }
    let ours: Vec<String> = paused(app)
        .filter(|resource| is_ours(resource, request, progress))
        .map(ResourceStatus::title)
        .collect();
    (!ours.is_empty())
        .then(|| Failure::new(&codes::PAUSED, format!("{} is paused before its cutover", ours.join(", "))))
}

/// Whether a paused workload was paused in the middle of our update: its newest pods run an expected image and are all
/// ready, or, without expected images, our operation changed it.
fn is_ours(resource: &ResourceStatus, request: &Request, progress: &Progress) -> bool {
    let Some(pods) = &progress.pods else { return false };
    let title = resource.title();
    let mut of_it = pods.newest.iter().filter(|pod| pod.workload == title).peekable();
    if of_it.peek().is_none() {
        return false;
    }
    let (mut are_ready, mut runs_expected) = (true, false);
    for pod in of_it {
        are_ready &= pod.is_ready;
        runs_expected |= crate::images::runs_one_of(&request.images, &pod.images);
    }
    are_ready
        && if request.images.is_empty() {
            was_changed(resource, progress.ended.as_deref())
        } else {
            runs_expected
        }
}

/// Whether our operation changed it, by what kubectl said of it (`rollout.argoproj.io/product configured`).
pub(crate) fn was_changed(resource: &ResourceStatus, operation: Option<&OperationState>) -> bool {
    result(resource, operation).is_some_and(|result| !result.message.ends_with("unchanged"))
}

/// The same where that is sure: of what the server applied, nobody says whether it changed.
pub(crate) fn was_configured(resource: &ResourceStatus, operation: Option<&OperationState>) -> bool {
    result(resource, operation).is_some_and(|result| {
        ["unchanged", "serverside-applied"].iter().all(|done| !result.message.ends_with(done))
    })
}

/// What our operation did to it.
fn result<'a>(
    resource: &ResourceStatus,
    operation: Option<&'a OperationState>,
) -> Option<&'a ResourceResult> {
    let is_it = |result: &&ResourceResult| {
        (&result.kind, &result.namespace, &result.name)
            == (&resource.kind, &resource.namespace, &resource.name)
    };
    operation.and_then(|state| state.sync_result.as_ref()?.resources.iter().find(is_it))
}

/// Whether the new pods of everything are ready; without expected images, the newest of each workload.
fn new_pods_are_ready(request: &Request, progress: &Progress) -> bool {
    let Some(pods) = &progress.pods else { return false };
    pods.are_ready(&request.images).unwrap_or_else(|| {
        request.images.is_empty() && !pods.newest.is_empty() && pods.newest.iter().all(|pod| pod.is_ready)
    })
}

#[cfg(test)]
mod tests;
