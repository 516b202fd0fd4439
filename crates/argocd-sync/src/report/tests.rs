use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::{
    assess::{Progress, assess},
    codes,
    fixtures::{MARK, request, with},
    pods::Pods,
};

fn outcome(changes: &[(&str, Value)], failure: Option<Failure>) -> Outcome {
    let progress = Progress { mark: MARK.into(), pods: Some(Pods::default()), ..Progress::default() };
    let (request, app) = (request(), with(changes));
    let verdict = assess(&app, &request, &progress);
    let phases = Phases::new();
    phases.record("plan", Duration::from_millis(20));
    phases.record("operation", Duration::from_millis(1500));
    Outcome { request, app, verdict, phases, failure }
}

#[test]
fn a_success() {
    let report = report(&outcome(&[], None));
    let outputs: Vec<String> = report.outputs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    insta::assert_snapshot!(outputs.join("\n"), @r#"
    revision=a94a8fe5ccb19ba61c4c0873d391e987982fbbd3
    phase=Succeeded
    health=Healthy
    images=a.b/product/dev:new
    a.b/sidecar:1
    operation-id=org/day2-product/7/1/n0nce
    timings={"plan":20,"operation":1500}
    "#);
    insta::assert_snapshot!(report.lines.join("\n"), @"application dev is at a94a8fe5ccb19ba61c4c0873d391e987982fbbd3: operation succeeded, at our revision, assessed after the operation, Synced, Healthy, expected images live, old pods gone");
    assert!(report.summary.as_str().starts_with("### Argo CD: dev is at a94a8fe\n"));
}

#[test]
fn what_was_not_checked_is_not_claimed() {
    let mut outcome = outcome(&[], None);
    outcome.request.images.clear();
    let progress = Progress { mark: MARK.into(), pods: Some(Pods::default()), ..Progress::default() };
    outcome.verdict = assess(&outcome.app, &outcome.request, &progress);
    let report = report(&outcome);
    assert!(!report.summary.as_str().contains("images live"), "{}", report.summary.as_str());
    assert!(!report.lines.join("\n").contains("images live"), "{:?}", report.lines);
}

#[test]
fn a_failure_names_what_does_not_hold() {
    let failure = Failure::new(&codes::DEGRADED, "x");
    let health = ("/status/health", json!({"status": "Degraded", "message": "ImagePullBackOff"}));
    let report = report(&outcome(&[health], Some(failure)));
    assert!(report.lines.is_empty());
    insta::assert_snapshot!(report.summary.as_str(), @r"
    ### Argo CD: dev is not proven at a94a8fe

    | condition | holds | why not |
    | --- | --- | --- |
    | operation succeeded | yes |  |
    | at our revision | yes |  |
    | assessed after the operation | yes |  |
    | Synced | yes |  |
    | Healthy | no | health is Degraded (ImagePullBackOff) |
    | expected images live | yes |  |
    | old pods gone | yes |  |

    <details><summary>Resources (1)</summary>

    | resource | status | health | message |
    | --- | --- | --- | --- |
    | `Rollout app/product` | Synced |  |  |

    </details>

    | phase | took |
    | --- | --- |
    | plan | 20 ms |
    | operation | 1.5 s |
    ");
}
