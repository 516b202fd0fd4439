use serde_json::{Value, json};

use super::*;
use crate::{
    baseline::Baseline,
    fixtures::{MARK, request, with},
    wire::OperationState,
};

fn resource(kind: &str, status: &str, message: &str) -> Value {
    json!({"kind": kind, "namespace": "app", "name": "product", "health": {"status": status, "message": message}})
}

fn app(status: &str, resources: &Value) -> Application {
    with(&[("/status/health/status", json!(status)), ("/status/resources", resources.clone())])
}

#[test]
fn what_is_degraded_is_named_and_told_from_what_was_before() {
    let rollout = resource("Rollout", "Degraded", "ProgressDeadlineExceeded");
    let both = json!([rollout, resource("CronJob", "Degraded", ""), resource("Service", "Healthy", "")]);
    let before = app("Degraded", &json!([resource("CronJob", "Degraded", "")]));
    let progress = Progress { baseline: Baseline::before(&before), ..Progress::default() };
    assert_eq!(
        degraded(&app("Degraded", &both), &progress).as_deref(),
        Some(
            "Rollout app/product is Degraded (ProgressDeadlineExceeded); CronJob app/product is Degraded, as before this sync"
        )
    );
    let progress = Progress::default();
    assert_eq!(degraded(&before, &progress).as_deref(), Some("CronJob app/product is Degraded"));
    assert_eq!(degraded(&app("Progressing", &json!([])), &progress), None);
    assert_eq!(
        degraded(&app("Degraded", &json!([])), &progress).as_deref(),
        Some("the application is Degraded")
    );
}

#[test]
fn pods_from_before_the_operation_are_told_as_such() {
    let pod = |name: &str, created: &str| Pod {
        name: name.into(),
        created: created.into(),
        reason: "Error".into(),
        is_in_error: true,
        ..Pod::default()
    };
    let pods = [pod("old", "2026-01-01T00:00:00Z"), pod("new", "2026-01-01T00:00:01Z")];
    let ended =
        OperationState { started_at: Some("2026-01-01T00:00:01Z".into()), ..OperationState::default() };
    let progress = Progress {
        pods: Some(Pods { newest: pods.into(), ..Pods::default() }),
        ended: Some(Box::new(ended)),
        ..Progress::default()
    };
    assert_eq!(
        degraded(&with(&[]), &progress).as_deref(),
        Some("old: Error (since before this sync); new: Error")
    );
}

#[test]
fn another_image_is_old_unless_pods_that_are_not_old_run_it() {
    let app = with(&[("/status/summary/images", json!(["a.b/product/dev:new", "a.b/product/dev:old"]))]);
    let pod = |image: &str| Pod { name: "x".into(), images: vec![image.into()], ..Pod::default() };
    let of = |pods: Pods| {
        let progress = Progress { mark: MARK.into(), pods: Some(pods), ..Progress::default() };
        old_pods_gone(&app, &request(), &progress)
    };
    let still = Holds::No("pods still run a.b/product/dev:old".to_owned());
    assert_eq!(of(Pods::default()), still);
    // A CronJob's pods, or a sidecar whose tag is fixed.
    assert_eq!(of(Pods { aside: vec![pod("a.b/product/dev:old")], ..Pods::default() }), Holds::Yes);
    assert_eq!(of(Pods { newest: vec![pod("a.b/product/dev:old")], ..Pods::default() }), Holds::Yes);
    let old = Pods { old: vec![pod("a.b/product/dev:old")], ..Pods::default() };
    assert_eq!(of(old), Holds::No("pods still run a.b/product/dev:old: x".to_owned()));
}
