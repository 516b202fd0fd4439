//! Aborts Rollouts that are not promoted, and proves that their old pods serve.

use std::time::Duration;

use model::{Deadline, Failure};
use serde_json::Value;
use tokio::time::Instant;
use toolkit::Backoff;

use crate::{
    api::{ApiError, ArgoCd, persist},
    course::{Relation, relation},
    ours::Ours,
    paused,
    pods::Pods,
    request::Request,
    rollout::Rollout,
    wire::{Application, OperationState, ResourceStatus},
};

/// How long it may take, also when the deadline has passed.
const TIME: Duration = Duration::from_secs(15);
/// The action that brings a Rollout back to its stable ReplicaSet (argo-cd resource_customizations/argoproj.io/Rollout).
const ABORT: &str = "abort";

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct RolledBack {
    /// Whether something was aborted, and the old pods of all of that serve.
    pub(crate) is_done: bool,
    /// What is to be told.
    pub(crate) notes: Vec<String>,
}

/// Rolls back what the operation deployed, as far as Argo CD can.
pub(crate) async fn roll_back(
    argocd: &ArgoCd,
    request: &Request,
    app: &Application,
    operation: Option<&OperationState>,
    is_to_blame: impl Fn(&ResourceStatus) -> bool,
) -> RolledBack {
    argocd.linger(TIME);
    let until = Deadline::after(TIME);
    let mut all = RolledBack { is_done: true, notes: Vec::new() };
    let mut found = 0;
    let is_rollout = |object: &&ResourceStatus| object.kind == "Rollout" && object.group == "argoproj.io";
    for object in app.status.resources.iter().filter(is_rollout).filter(|object| is_to_blame(object)) {
        match one(argocd, request, object, operation, until).await {
            Ok(None) => {}
            Ok(Some(ready)) => {
                found += 1;
                all.notes.push(format!("{} is aborted: {ready} of its old pods serve", object.title()));
            }
            Err(reason) => {
                found += 1;
                all.is_done = false;
                all.notes.push(format!("{} is not rolled back: {}", object.title(), reason.cause));
                all.notes.extend(reason.notes.into_iter().map(|note| format!("  {note}")));
            }
        }
    }
    if found == 0 {
        all.is_done = false;
        all.notes.push(
            "no Rollout that fails is of this deployment and before its promotion: there is nothing to abort"
                .to_owned(),
        );
    }
    all
}

/// Aborts one, if it is ours and not promoted. Returns how many of its old pods are ready.
async fn one(
    argocd: &ArgoCd,
    request: &Request,
    object: &ResourceStatus,
    operation: Option<&OperationState>,
    until: Deadline,
) -> Result<Option<usize>, Failure> {
    let explain = async |error: ApiError| argocd.explain(error, "abort a Rollout of").await;
    let end = Instant::from_std(until.instant());
    let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(1));
    let before = loop {
        let rollout = match persist(until, || argocd.live(object)).await {
            Ok(live) => Rollout::of(&live),
            Err(error) => return Err(explain(error).await),
        };
        let is_ours =
            rollout.runs_one_of(&request.images).unwrap_or_else(|| paused::was_changed(object, operation));
        if !is_ours || rollout.is_observed && rollout.is_promoted() {
            return Ok(None);
        }
        if rollout.is_observed {
            break rollout;
        }
        if Instant::now() >= end {
            return Err(too_late("its controller had not looked at its last change"));
        }
        tokio::time::sleep(backoff.next_delay()).await;
    };
    if !before.is_aborted
        && let Err(error) = persist(until, || argocd.act(object, ABORT)).await
    {
        return Err(explain(error).await);
    }
    let mut last = "it did not say so in time".to_owned();
    while Instant::now() < end {
        let (live, tree) = tokio::join!(argocd.live(object), argocd.tree());
        if let (Ok(live), Ok(tree)) = (live, tree) {
            match serves(&live, &before, &Pods::of(&tree), object) {
                Ok(ready) => return Ok(Some(ready)),
                Err(reason) => last = reason,
            }
        }
        tokio::time::sleep(backoff.next_delay()).await;
    }
    Err(too_late(&last))
}

fn too_late(what: &str) -> Failure {
    Failure::new(&model::codes::DEADLINE_PASSED, format!("after {} s {what}", TIME.as_secs()))
}

/// The operation that the application shows, if it is the one that is followed: also one that has failed.
pub(crate) fn followed<'a>(app: &'a Application, ours: &Ours<'_>) -> Option<&'a OperationState> {
    let state = app.status.operation_state.as_ref()?;
    let relation = relation(&state.operation, state.synced(), ours);
    matches!(relation, Relation::Ours | Relation::Equivalent).then_some(state)
}

/// Whether the old pods serve: the controller has aborted the update, the services point to the ReplicaSet that was stable
/// before, and its pods are ready.
fn serves(live: &Value, before: &Rollout, pods: &Pods, object: &ResourceStatus) -> Result<usize, String> {
    let rollout = Rollout::of(live);
    if rollout.stable != before.stable || rollout.is_promoted() {
        return Err("it was promoted before it could be aborted: its new pods serve".to_owned());
    }
    if !rollout.is_aborted || !rollout.is_abort_done {
        return Err("its controller does not say that it is aborted".to_owned());
    }
    if !rollout.points_to_stable() {
        return Err("its active service does not point to the stable ReplicaSet".to_owned());
    }
    let title = object.title();
    let ready = pods.newest.iter().chain(&pods.old).filter(|pod| pod.workload == title && pod.is_ready);
    match ready.filter(|pod| pod.generation.ends_with(&format!("-{}", rollout.stable))).count() {
        0 => Err("no pod of its stable ReplicaSet is ready".to_owned()),
        ready => Ok(ready),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        fixtures::{MARK, OTHER, known, request, with},
        pods::Pod,
    };

    #[test]
    fn an_operation_that_has_failed_tells_what_it_changed_as_well() {
        let failed = |mark: &str| {
            with(&[
                ("/status/operationState/phase", json!("Failed")),
                ("/status/operationState/operation/info", json!([{"name": "day2-run", "value": mark}])),
                ("/status/operationState/operation/sync", json!({"revision": OTHER})),
            ])
        };
        let (request, known) = (request(), known());
        let (ours, others) = (failed(MARK), failed("somebody"));
        assert!(followed(&ours, &Ours::of(&ours, &request, MARK, &known)).is_some());
        assert!(followed(&others, &Ours::of(&others, &request, MARK, &known)).is_none());
    }

    #[test]
    fn old_pods_serve_when_the_service_points_to_them_and_they_are_ready() {
        let object = ResourceStatus {
            kind: "Rollout".into(),
            namespace: "app".into(),
            name: "web".into(),
            ..ResourceStatus::default()
        };
        let status = |abort: bool, done: Option<&str>, stable: &str, active: &str| {
            json!({"spec": {"strategy": {"blueGreen": {}}},
                   "status": {"abort": abort, "abortedAt": done, "stableRS": stable, "currentPodHash": "2b",
                              "blueGreen": {"activeSelector": active}}})
        };
        let at = Some("2026-01-01T00:00:09Z");
        let live = |abort: bool, active: &str| status(abort, at, "1a", active);
        let before = Rollout::of(&status(false, None, "1a", "1a"));
        let pods = |generation: &str, is_ready: bool| {
            let pod = Pod {
                workload: "Rollout app/web".into(),
                generation: generation.into(),
                is_ready,
                ..Pod::default()
            };
            Pods { old: vec![pod], ..Pods::default() }
        };
        assert_eq!(serves(&live(true, "1a"), &before, &pods("web-1a", true), &object), Ok(1));
        for (live, pods) in [
            (live(false, "1a"), pods("web-1a", true)),
            (live(true, "2b"), pods("web-1a", true)),
            (live(true, "1a"), pods("web-2b", true)),
            (live(true, "1a"), pods("web-1a", false)),
            // What the action has written itself.
            (status(true, None, "1a", "1a"), pods("web-1a", true)),
            // It was promoted in between.
            (status(true, at, "2b", "2b"), pods("web-2b", true)),
            (status(true, at, "3c", "3c"), pods("web-3c", true)),
        ] {
            assert!(serves(&live, &before, &pods, &object).is_err(), "{live} {pods:?}");
        }
    }
}
