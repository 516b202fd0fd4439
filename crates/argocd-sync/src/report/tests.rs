use std::time::Duration;

use model::Failure;
use serde_json::{Value, json};
use toolkit::Phases;

use super::*;
use crate::{
    aftermath::Aftermath,
    assess::{Progress, assess},
    codes,
    fixtures::{MARK, SHA, request, with},
    pods::Pods,
};

fn outcome(changes: &[(&str, Value)], failure: Option<Failure>) -> Outcome {
    let progress = Progress { mark: MARK.into(), pods: Some(Pods::default()), ..Progress::default() };
    let (request, app) = (request(), with(changes));
    let verdict = assess(&app, &request, &progress);
    let phases = Phases::new();
    phases.record("sign-in", Duration::from_millis(20));
    phases.record("operation", Duration::from_millis(1500));
    let seen = Seen { app, verdict, revision: SHA.into(), phases };
    Outcome { request, seen: Some(seen), failure, aftermath: Aftermath::default() }
}

fn named(name: &str, outcome: Outcome) -> Outcome {
    let mut outcome = outcome;
    outcome.request.application.name = name.to_owned();
    outcome
}

fn degraded() -> Outcome {
    let health = ("/status/health", json!({"status": "Degraded", "message": "ImagePullBackOff"}));
    outcome(&[health], Some(Failure::new(&codes::DEGRADED, "x")))
}

fn outputs(report: &Report) -> String {
    let outputs: Vec<String> = report.outputs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    outputs.join("\n")
}

#[test]
fn a_success() {
    let report = report(&[outcome(&[], None)]);
    insta::assert_snapshot!(outputs(&report), @r#"
    revision=a94a8fe5ccb19ba61c4c0873d391e987982fbbd3
    phase=Succeeded
    health=Healthy
    images=a.b/product/dev:new
    a.b/sidecar:1
    operation-id=org/day2-product/7/1/n0nce
    paused=
    rolled-back=false
    rollback=
    timings={"sign-in":20,"operation":1500}
    "#);
    insta::assert_snapshot!(report.lines.join("\n"), @"application dev is at a94a8fe5ccb19ba61c4c0873d391e987982fbbd3: operation succeeded, at our revision, assessed after the operation, Synced, Healthy, expected images live, old pods gone");
    assert!(report.summary.as_str().starts_with("### Argo CD: dev is at a94a8fe\n"));
}

#[test]
fn what_was_not_checked_is_not_claimed() {
    let mut outcome = outcome(&[], None);
    outcome.request.images.clear();
    let progress = Progress { mark: MARK.into(), pods: Some(Pods::default()), ..Progress::default() };
    let seen = outcome.seen.as_mut().unwrap();
    seen.verdict = assess(&seen.app, &outcome.request, &progress);
    let report = report(&[outcome]);
    assert!(!report.summary.as_str().contains("images live"), "{}", report.summary.as_str());
    assert!(!report.lines.join("\n").contains("images live"), "{:?}", report.lines);
}

#[test]
fn a_failure_names_what_does_not_hold() {
    let report = report(&[degraded()]);
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

    ```text
    sign-in      0.02 s ▇
    operation    1.50 s ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇
    total        1.52 s
    ```
    ");
}

#[test]
fn several_applications_have_a_row_each() {
    let unread = Outcome {
        seen: None,
        ..outcome(&[], Some(Failure::new(&codes::APPLICATION_NOT_FOUND, "no application")))
    };
    let report =
        report(&[named("one", outcome(&[], None)), named("two", degraded()), named("three", unread)]);
    insta::assert_snapshot!(outputs(&report), @r#"
    revision=one a94a8fe5ccb19ba61c4c0873d391e987982fbbd3
    two a94a8fe5ccb19ba61c4c0873d391e987982fbbd3
    three 
    phase=one Succeeded
    two Succeeded
    three 
    health=one Healthy
    two Degraded
    three 
    images=a.b/product/dev:new
    a.b/sidecar:1
    operation-id=one org/day2-product/7/1/n0nce
    two org/day2-product/7/1/n0nce
    three 
    paused=
    rolled-back=false
    rollback=
    timings={"one":{"sign-in":20,"operation":1500},"two":{"sign-in":20,"operation":1500},"three":{}}
    "#);
    assert_eq!(report.lines.len(), 1);
    insta::assert_snapshot!(report.summary.as_str(), @r"
    ### Argo CD: 2 of 3 applications are not proven at a94a8fe

    | application | result | why not |
    | --- | --- | --- |
    | one | proven |  |
    | two | degraded | x; Healthy: health is Degraded (ImagePullBackOff) |
    | three | application-not-found | no application |

    <details><summary>Resources (2)</summary>

    | application | resource | status | health | message |
    | --- | --- | --- | --- | --- |
    | one | `Rollout app/product` | Synced |  |  |
    | two | `Rollout app/product` | Synced |  |  |

    </details>

    ```text
    one
    sign-in      0.02 s ▇
    operation    1.50 s ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇
    total        1.52 s
    two
    sign-in      0.02 s ▇
    operation    1.50 s ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇
    total        1.52 s
    ```
    ");
}
