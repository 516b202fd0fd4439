//! Aborts Rollouts that are not promoted, and proves that their old pods serve.

use std::time::Duration;

use model::{Deadline, Failure};
use serde_json::Value;
use tokio::time::Instant;
use toolkit::Backoff;

use crate::{
    api::{ApiError, ArgoCd, persist},
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
    let before = match persist(until, || argocd.live(object)).await {
        Ok(live) => Rollout::of(&live),
        Err(error) => return Err(explain(error).await),
    };
    let is_ours =
        before.runs_one_of(&request.images).unwrap_or_else(|| paused::was_changed(object, operation));
    if !is_ours || before.is_promoted() {
        return Ok(None);
    }
    if !before.is_aborted
        && let Err(error) = persist(until, || argocd.act(object, ABORT)).await
    {
        return Err(explain(error).await);
    }
    let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(1));
    let mut last = "it did not say so in time".to_owned();
    let end = Instant::from_std(until.instant());
    while Instant::now() < end {
        let (live, tree) = tokio::join!(argocd.live(object), argocd.tree());
        if let (Ok(live), Ok(tree)) = (live, tree) {
            match serves(&live, &Pods::of(&tree), object) {
                Ok(ready) => return Ok(Some(ready)),
                Err(reason) => last = reason,
            }
        }
        tokio::time::sleep(backoff.next_delay()).await;
    }
    let cause = format!("after {} s {last}", TIME.as_secs());
    Err(Failure::new(&model::codes::DEADLINE_PASSED, cause))
}

/// Whether the old pods serve: the services point to the stable ReplicaSet, whose pods are ready.
fn serves(live: &Value, pods: &Pods, object: &ResourceStatus) -> Result<usize, String> {
    let rollout = Rollout::of(live);
    if !rollout.is_aborted {
        return Err("its status does not say that it is aborted".to_owned());
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
    use crate::pods::Pod;

    #[test]
    fn old_pods_serve_when_the_service_points_to_them_and_they_are_ready() {
        let object = ResourceStatus {
            kind: "Rollout".into(),
            namespace: "app".into(),
            name: "web".into(),
            ..ResourceStatus::default()
        };
        let live = |abort: bool, active: &str| {
            json!({"spec": {"strategy": {"blueGreen": {}}},
                   "status": {"abort": abort, "stableRS": "1a", "currentPodHash": "2b", "blueGreen": {"activeSelector": active}}})
        };
        let pods = |generation: &str, is_ready: bool| {
            let pod = Pod {
                workload: "Rollout app/web".into(),
                generation: generation.into(),
                is_ready,
                ..Pod::default()
            };
            Pods { old: vec![pod], ..Pods::default() }
        };
        assert_eq!(serves(&live(true, "1a"), &pods("web-1a", true), &object), Ok(1));
        for (live, pods) in [
            (live(false, "1a"), pods("web-1a", true)),
            (live(true, "2b"), pods("web-1a", true)),
            (live(true, "1a"), pods("web-2b", true)),
            (live(true, "1a"), pods("web-1a", false)),
        ] {
            assert!(serves(&live, &pods, &object).is_err(), "{live} {pods:?}");
        }
    }
}
