use serde_json::json;

use super::*;
use crate::{
    fixtures::{IMAGE, request, with},
    pods::{Pod, Pods},
    wire::{OperationState, SyncResult},
};

fn suspended(kinds: &[&str]) -> Application {
    let resource = |kind: &&str| json!({"kind": kind, "namespace": "app", "name": "product", "health": {"status": "Suspended"}});
    let resources: Vec<_> = kinds.iter().map(resource).collect();
    with(&[("/status/health/status", json!("Suspended")), ("/status/resources", json!(resources))])
}

fn with_pod(image: &str, is_ready: bool) -> Progress {
    let pod = Pod {
        images: vec![image.into()],
        is_ready,
        workload: "Rollout app/product".into(),
        ..Pod::default()
    };
    let ended = Some(Box::new(OperationState::default()));
    Progress { pods: Some(Pods { newest: vec![pod], ..Pods::default() }), ended, ..Progress::default() }
}

#[test]
fn a_pause_is_judged_by_policy() {
    let mut request = request();
    let rollout = suspended(&["Rollout", "CronJob"]);
    let of = |text: &str| Pause::Of(format!("Rollout app/product is paused: {text}"));
    for (policy, is_ready, expected) in [
        (Paused::Wait, true, of("promote it, or set `paused`")),
        (Paused::Success, false, of("its new pods are not ready yet")),
        (Paused::Success, true, Pause::Enough),
        (Paused::Promote, true, of("it is promoted once its new pods are ready")),
    ] {
        request.paused = policy;
        assert_eq!(pause(&rollout, &request, &with_pod(IMAGE, is_ready)), expected, "{policy:?}");
    }
    // Pods from before prove nothing.
    request.paused = Paused::Success;
    assert_ne!(pause(&rollout, &request, &with_pod("a.b/product/dev:old", true)), Pause::Enough);
    assert_ne!(pause(&rollout, &request, &Progress::default()), Pause::Enough);
}

#[test]
fn a_suspended_cron_job_is_as_git_wants_it() {
    assert_eq!(pause(&suspended(&["CronJob"]), &request(), &Progress::default()), Pause::None);
    let unknown = suspended(&[]);
    assert_eq!(
        pause(&unknown, &request(), &Progress::default()),
        Pause::Of("health is Suspended".to_owned())
    );
}

#[test]
fn only_ready_rollouts_of_ours_are_promoted() {
    let mut request = request();
    request.paused = Paused::Promote;
    let promoted =
        |app: &Application, request: &Request, progress: &Progress| to_promote(app, request, progress).len();
    let rollout = suspended(&["Rollout"]);
    assert_eq!(promoted(&rollout, &request, &with_pod(IMAGE, true)), 1);
    assert_eq!(promoted(&rollout, &request, &with_pod(IMAGE, false)), 0);
    assert_eq!(promoted(&rollout, &request, &with_pod("a.b/product/dev:old", true)), 0);
    assert_eq!(promoted(&rollout, &request, &Progress { ended: None, ..with_pod(IMAGE, true) }), 0);
    assert_eq!(promoted(&suspended(&["CronJob"]), &request, &with_pod(IMAGE, true)), 0);
    for policy in [Paused::Wait, Paused::Success, Paused::Fail] {
        request.paused = policy;
        assert_eq!(promoted(&rollout, &request, &with_pod(IMAGE, true)), 0, "{policy:?}");
    }
    assert!(failure(&rollout, &request, &with_pod(IMAGE, true)).is_some());
}

#[test]
fn without_images_what_the_operation_changed_is_ours() {
    let mut request = request();
    request.paused = Paused::Fail;
    request.images.clear();
    let rollout = suspended(&["Rollout"]);
    for (message, is_ours) in
        [("rollout.argoproj.io/product configured", true), ("rollout.argoproj.io/product unchanged", false)]
    {
        let result: SyncResult = serde_json::from_value(json!({"resources": [
            {"kind": "Rollout", "namespace": "app", "name": "product", "message": message}]}))
        .unwrap();
        let ended = OperationState { sync_result: Some(result), ..OperationState::default() };
        let progress = Progress { ended: Some(Box::new(ended)), ..with_pod("a.b/x:1", true) };
        assert_eq!(failure(&rollout, &request, &progress).is_some(), is_ours, "{message}");
    }
}
