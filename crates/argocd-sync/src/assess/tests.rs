use serde_json::{Value, json};

use super::*;
use crate::{
    assessed,
    fixtures::{MARK, OTHER, known, request, with},
    ours::Lineage,
    pods::Pod,
    request::Terms,
    resources::Resources,
};

/// Our operation was not seen to end, no refresh, and the pods are known to be new.
fn progress() -> Progress {
    Progress { mark: MARK.into(), known: known(), pods: Some(Pods::default()), ..Progress::default() }
}

/// Our operation was seen to end and the application was assessed after it.
fn settled() -> Progress {
    let ended = assess(&with(&[]), &request(), &progress()).ended;
    let refreshed = ended.as_deref().map(assessed::end);
    Progress { ended, refreshed, ..progress() }
}

fn unmet(changes: &[(&str, Value)], progress: &Progress) -> Vec<String> {
    assess(&with(changes), &request(), progress).unmet()
}

fn failure(changes: &[(&str, Value)], progress: &Progress) -> Option<&'static str> {
    assess(&with(changes), &request(), progress).failure.map(|failure| failure.code.id)
}

#[test]
fn everything_holds() {
    let verdict = assess(&with(&[]), &request(), &progress());
    assert!(verdict.is_success(), "{:?}", verdict.unmet());
    assert_eq!(verdict.clauses.len(), Clause::ALL.len());
}

#[test]
fn health_before_a_new_assessment_proves_nothing() {
    // The same second is not later: `reconciledAt` is when the comparison began.
    for reconciled in [json!(null), json!("2026-01-01T00:00:02Z"), json!("2026-01-01T00:00:03Z")] {
        let verdict = assess(&with(&[("/status/reconciledAt", reconciled)]), &request(), &progress());
        assert!(!verdict.is_success());
        assert_eq!(
            verdict.unmet()[0],
            "assessed after the operation: the controller has not assessed the application since the operation"
        );
        assert!(verdict.holds_before(Clause::Reassessed) && !verdict.holds_before(Clause::Healthy));
    }
}

#[test]
fn a_refresh_counts_if_something_was_compared_after_the_end() {
    // It was asked for after the end, so that the same second suffices. The annotation may go without a comparison.
    for (reconciled, is_assessed) in [
        (json!(null), false),
        (json!("2026-01-01T00:00:02Z"), false),
        (json!("2026-01-01T00:00:03Z"), true),
        (json!("2026-01-01T00:00:04Z"), true),
    ] {
        let verdict = assess(&with(&[("/status/reconciledAt", reconciled.clone())]), &request(), &settled());
        assert_eq!(verdict.is_success(), is_assessed, "{reconciled}");
    }
    // An invalid spec is told without any comparison.
    let invalid = [
        ("/status/reconciledAt", json!("2026-01-01T00:00:02Z")),
        ("/status/sync/status", json!("Unknown")),
        ("/status/conditions", json!([{"type": "InvalidSpecError", "message": "no such project"}])),
    ];
    assert_eq!(failure(&invalid, &settled()), Some("comparison-error"));
}

#[test]
fn a_later_operation_makes_everything_stale() {
    let later = |phase: &str, reconciled: &str| {
        let state = json!({"operation": {"sync": {"revision": OTHER}, "initiatedBy": {"username": "maria"}}, "phase": phase,
                           "syncResult": {"revision": OTHER}, "startedAt": "2026-01-01T00:01:00Z",
                           "finishedAt": "2026-01-01T00:01:01Z"});
        [("/status/operationState", state), ("/status/reconciledAt", json!(reconciled))]
    };
    let not_yet =
        "assessed after the operation: the controller has not assessed the application since the operation";
    for phase in ["Succeeded", "Failed"] {
        let before = later(phase, "2026-01-01T00:00:09Z");
        let stale = unmet(&before, &knowing(Lineage::After));
        assert_eq!(stale.first().map(String::as_str), Some(not_yet), "{phase}");
        assert_eq!(
            unmet(&later(phase, "2026-01-01T00:01:02Z"), &knowing(Lineage::After)),
            [""; 0],
            "{phase}"
        );
        let refreshed = assess(&with(&before), &request(), &knowing(Lineage::After));
        assert!(refreshed.failure.is_none());
    }
    // What failed on top may be half applied, which nothing tells from what nobody has synced yet.
    let mut failed = later("Failed", "2026-01-01T00:01:02Z").to_vec();
    failed.push(("/status/sync", json!({"status": "OutOfSync", "revision": OTHER})));
    assert!(!unmet(&failed, &knowing(Lineage::After)).is_empty());
}

#[test]
fn each_clause_is_named() {
    for (pointer, value, expected) in [
        ("/status/sync/status", json!("OutOfSync"), "Synced: sync status is OutOfSync"),
        (
            "/status/sync",
            json!({"status": "OutOfSync", "revision": OTHER}),
            "Synced: sync status is OutOfSync in comparison with b94a8fe5ccb19ba61c4c0873d391e987982fbbd3, which does not contain ours",
        ),
        (
            "/status/health",
            json!({"status": "Progressing", "message": "1 of 2 updated"}),
            "Healthy: health is Progressing (1 of 2 updated)",
        ),
        ("/status/health", json!({}), "Healthy: health is Unknown"),
        ("/status/health", json!({"status": "Suspended"}), "Healthy: health is Suspended"),
        (
            "/status/summary/images",
            json!(["a.b/sidecar:1"]),
            "expected images live: no pod runs a.b/product/dev:new; live: a.b/sidecar:1",
        ),
        (
            "/status/summary/images",
            json!([]),
            "expected images live: there is no pod at all to run a.b/product/dev:new: its workload may have 0 replicas",
        ),
        (
            "/status/summary/images",
            json!(["a.b/product/dev:new", "a.b/product/dev:old"]),
            "old pods gone: pods still run a.b/product/dev:old",
        ),
    ] {
        assert_eq!(unmet(&[(pointer, value)], &settled()), [expected]);
    }
}

#[test]
fn old_pods_of_the_same_image_count() {
    let pod = Pod { name: "old-1".into(), ..Pod::default() };
    let pods = Some(Pods { old: vec![pod], ..Pods::default() });
    assert_eq!(unmet(&[], &Progress { pods, ..settled() }), ["old pods gone: 1 older pods are left: old-1"]);
    assert_eq!(
        unmet(&[], &Progress { pods: None, ..settled() }),
        ["old pods gone: the pods have not been listed yet"]
    );
}

#[test]
fn pods_decide_once_all_else_holds() {
    let unlisted = Progress { pods: None, ..settled() };
    let decides = |changes: &[(&str, Value)]| assess(&with(changes), &request(), &unlisted).pods_decide;
    assert!(decides(&[]));
    assert!(!decides(&[("/status/health/status", json!("Progressing"))]));
}

#[test]
fn the_goal_decides_what_is_required() {
    let changes = [("/status/health", json!({"status": "Degraded"})), ("/status/summary/images", json!([]))];
    let mut request = request();
    for (goal, clauses, success) in [
        (WaitFor::Op, 2, true),
        (WaitFor::Synced, 4, true),
        (WaitFor::Healthy, 5, false),
        (WaitFor::Promoted, 6, false),
        (WaitFor::OldPodsGone, 7, false),
    ] {
        request.wait_for = goal;
        let verdict = assess(&with(&changes), &request, &settled());
        assert_eq!((verdict.clauses.len(), verdict.is_success()), (clauses, success), "{goal:?}");
        assert_eq!(verdict.degraded.is_some(), goal >= WaitFor::Healthy, "{goal:?}");
    }
}

#[test]
fn images_are_left_out_when_none_are_expected() {
    let mut request = request();
    request.images.clear();
    let app = with(&[("/status/summary/images", json!([]))]);
    let verdict = assess(&app, &request, &settled());
    assert!(verdict.is_success());
    assert!(!verdict.clauses.iter().any(|(clause, _)| *clause == Clause::ImagesLive));
    // The clause after it is still required.
    let out = [("/status/health", json!({"status": "Progressing"}))];
    assert!(!assess(&with(&out), &request, &settled()).is_success());
    assert!(!assess(&app, &request, &Progress { pods: None, ..settled() }).is_success());
}

#[test]
fn some_states_cannot_become_a_success() {
    let failed = settled();
    let prune = json!([{"kind": "Service", "name": "gone", "status": "OutOfSync", "requiresPruning": true}]);
    let both = json!([{"kind": "Service", "name": "gone", "status": "OutOfSync", "requiresPruning": true},
                      {"kind": "Rollout", "name": "product", "status": "OutOfSync"}]);
    let out = ("/status/sync/status", json!("OutOfSync"));
    for (changes, expected) in [
        (vec![("/metadata/deletionTimestamp", json!("2026-01-01T00:00:09Z"))], Some("application-deleted")),
        (
            vec![("/status/conditions", json!([{"type": "ComparisonError", "message": "x"}]))],
            Some("comparison-error"),
        ),
        (vec![("/status/conditions", json!([{"type": "SharedResourceWarning", "message": "x"}]))], None),
        (vec![out.clone(), ("/status/resources", prune)], Some("prune-required")),
        (vec![out, ("/status/resources", both)], None),
    ] {
        assert_eq!(failure(&changes, &failed), expected, "{changes:?}");
    }
    // A comparison error from before the operation's end may be what our revision mends.
    let stale = [
        ("/status/conditions", json!([{"type": "ComparisonError", "message": "x"}])),
        ("/status/reconciledAt", json!("2026-01-01T00:00:03Z")),
    ];
    assert_eq!(failure(&stale, &progress()), None);
}

#[test]
fn a_later_operation_must_not_put_another_revision_over_ours() {
    let foreign = |phase: &str, revision: &str| {
        json!({"operation": {"sync": {"revision": revision}, "initiatedBy": {"username": "maria"}}, "phase": phase,
               "syncResult": {"revision": revision}, "startedAt": "2026-01-01T00:01:00Z",
               "finishedAt": if phase == "Running" { Value::Null } else { json!("2026-01-01T00:01:01Z") }})
    };
    let state = "/status/operationState";
    assert_eq!(
        unmet(&[(state, foreign("Running", OTHER))], &settled()),
        ["operation succeeded: an operation of maria runs"]
    );
    assert_eq!(failure(&[(state, foreign("Running", OTHER))], &settled()), None);
    assert_eq!(failure(&[(state, foreign("Succeeded", OTHER))], &settled()), Some("operation-replaced"));
    assert_eq!(failure(&[(state, foreign("Failed", OTHER))], &settled()), None);
    assert_eq!(failure(&[(state, foreign("Succeeded", crate::fixtures::SHA))], &settled()), None);
}

#[test]
fn resources_that_name_nothing_do_not_hold() {
    let mut request = request();
    let mut failure_of = |rule: &str, changes: &[(&str, Value)]| {
        request.resources = Resources::new(vec![rule.parse().unwrap()]);
        let infos = ("/status/operationState/operation/info", json!([]));
        let verdict = assess(&with(&[changes, &[infos]].concat()), &request, &progress());
        verdict.failure.map(|failure| (failure.code.id, failure.notes.join("\n")))
    };
    assert_eq!(failure_of(":Rollout:product", &[]), None);
    let slip = failure_of(":Rollout:produkt", &[]);
    assert_eq!(slip, Some(("invalid-input", ":Rollout:app/product".to_owned())));
    // It was there, and is pruned.
    let pruned = json!([{"kind": "Service", "namespace": "app", "name": "gone", "status": "Pruned"}]);
    assert_eq!(failure_of(":Service:gone", &[("/status/operationState/syncResult/resources", pruned)]), None);
}

#[test]
fn a_later_head_that_is_broken_is_not_taken_for_ours() {
    let error = ("/status/conditions", json!([{"type": "ComparisonError", "message": "no chart"}]));
    let cause = |revision: &str| {
        let compared = ("/status/sync", json!({"status": "Unknown", "revision": revision}));
        assess(&with(&[error.clone(), compared]), &request(), &settled()).failure.unwrap().cause
    };
    assert_eq!(cause(crate::fixtures::SHA), "ComparisonError: no chart");
    let expected = "our revision was rendered and synced, but dev, with which Argo CD compares now, cannot be compared: \
                    ComparisonError: no chart";
    assert_eq!(cause("dev"), expected);
    assert!(cause(OTHER).contains(OTHER) && cause("").contains("the branch's head"));
}

#[test]
fn somebodys_own_files_over_ours_are_no_success() {
    // They have no revision, and Argo CD compares with them from then on.
    let local = |phase: &str, sync: Value| {
        let state = json!({"operation": {"sync": sync, "initiatedBy": {"username": "maria"}}, "phase": phase,
                           "syncResult": {"revision": ""}, "finishedAt": "2026-01-01T00:01:01Z"});
        [("/status/operationState", state)]
    };
    let files = json!({"manifests": ["{}"]});
    let verdict = assess(&with(&local("Succeeded", files.clone())), &request(), &settled());
    let cause = "an operation of maria for manifests that are not from Git took the place of ours";
    assert_eq!(verdict.failure.unwrap().cause, cause);
    assert_eq!(failure(&local("Failed", files), &settled()), Some("operation-replaced"));
    // Argo CD may leave the files out of what it shows.
    assert_eq!(failure(&local("Succeeded", json!({})), &settled()), Some("operation-replaced"));
    assert_eq!(failure(&local("Failed", json!({})), &settled()), None);
}

#[test]
fn pods_in_error_degrade_before_the_application_does() {
    let pod =
        Pod { name: "new-1".into(), reason: "ErrImagePull".into(), is_in_error: true, ..Pod::default() };
    let pods = Some(Pods { newest: vec![pod], ..Pods::default() });
    let app = with(&[("/status/health/status", json!("Progressing"))]);
    let verdict = assess(&app, &request(), &Progress { pods, ..settled() });
    assert_eq!(verdict.degraded.as_deref(), Some("new-1: ErrImagePull"));
    assert!(verdict.failure.is_none());
}

#[test]
fn what_was_degraded_before_counts_once_nothing_else_is_left() {
    let resources = |rollout: &str| {
        json!([{"kind": "CronJob", "namespace": "app", "name": "nightly", "health": {"status": "Degraded"}},
               {"kind": "Rollout", "namespace": "app", "name": "product", "health": {"status": rollout}}])
    };
    let degraded = ("/status/health", json!({"status": "Degraded"}));
    let before = with(&[degraded.clone(), ("/status/resources", resources("Healthy"))]);
    let progress = Progress { baseline: Baseline::before(&before), ..settled() };
    let judged = |rollout: &str, images: &Value| {
        let live = ("/status/summary/images", images.clone());
        let now = with(&[degraded.clone(), ("/status/resources", resources(rollout)), live]);
        assess(&now, &request(), &progress)
    };
    let (live, not_yet) = (json!([crate::fixtures::IMAGE]), json!(["a.b/product/dev:old"]));
    for (rollout, images) in [("Progressing", &live), ("Healthy", &not_yet)] {
        let verdict = judged(rollout, images);
        assert_eq!((verdict.degraded, verdict.is_rest_well), (None, false), "{rollout} {images}");
        assert_eq!(verdict.bad_before, ["CronJob app/nightly is Degraded, as before this sync"]);
    }
    let verdict = judged("Healthy", &live);
    assert_eq!(verdict.degraded.as_deref(), Some("CronJob app/nightly is Degraded, as before this sync"));
    assert!(verdict.is_rest_well && !verdict.is_success());
}

/// Progress that knows how OTHER lies to ours.
fn knowing(lineage: Lineage) -> Progress {
    Progress {
        known: Known { lineages: [(OTHER.to_owned(), lineage)].into(), ..Known::default() },
        ..settled()
    }
}

#[test]
fn an_unknown_revision_is_asked_for_before_anything_is_judged() {
    let unknowing = Progress { known: Known::default(), ..settled() };
    let compared = ("/status/sync", json!({"status": "OutOfSync", "revision": OTHER}));
    let strangers = |changes: &[(&str, Value)], progress: &Progress| {
        assess(&with(changes), &request(), progress).strangers.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(strangers(std::slice::from_ref(&compared), &unknowing), [OTHER]);
    // Before the new assessment the comparison is of the time before.
    let early = Progress { refreshed: None, ended: None, ..unknowing.clone() };
    let stale = [compared, ("/status/reconciledAt", json!("2026-01-01T00:00:02Z"))];
    assert_eq!(strangers(&stale, &early), [""; 0]);
    let synced = [("/status/operationState/syncResult/revision", json!(OTHER))];
    assert_eq!(strangers(&synced, &unknowing), [OTHER]);
    assert_eq!(strangers(&synced, &settled()), [""; 0]);
}

#[test]
fn somebody_who_pushes_on_top_takes_nothing_away() {
    let on_top = [("/status/sync", json!({"status": "OutOfSync", "revision": OTHER}))];
    assert_eq!(unmet(&on_top, &knowing(Lineage::After)), [""; 0]);
    assert!(!unmet(&on_top, &knowing(Lineage::Apart)).is_empty());
    // And somebody syncs that.
    let state = json!({"operation": {"sync": {"revision": OTHER}, "initiatedBy": {"automated": true}}, "phase": "Succeeded",
                       "syncResult": {"revision": OTHER}, "finishedAt": "2026-01-01T00:01:01Z"});
    let verdict = assess(
        &with(&[
            ("/status/operationState", state.clone()),
            ("/status/reconciledAt", json!("2026-01-01T00:01:02Z")),
        ]),
        &request(),
        &knowing(Lineage::After),
    );
    assert!(verdict.is_success(), "{:?}", verdict.unmet());
    assert_eq!(verdict.later.as_deref(), Some(OTHER));
    // Its images prove that it is no revert.
    assert_eq!(verdict.has_unchecked_later(), None);
    let op = [("/status/operationState", state.clone())];
    let unchecked = Request { terms: Terms { wait_for: WaitFor::Op, ..request().terms }, ..request() };
    assert_eq!(assess(&with(&op), &unchecked, &knowing(Lineage::After)).has_unchecked_later(), Some(OTHER));
    // A person who syncs an older revision has taken ours away.
    let person = json!({"operation": {"sync": {"revision": OTHER}, "initiatedBy": {"username": "maria"}}, "phase": "Succeeded",
                        "syncResult": {"revision": OTHER}, "finishedAt": "2026-01-01T00:01:01Z"});
    let older = failure(&[("/status/operationState", person)], &knowing(Lineage::Before));
    assert_eq!(older, Some("operation-replaced"));
}

#[test]
fn auto_sync_that_puts_an_older_revision_back_will_mend_that() {
    let state = json!({"operation": {"sync": {"revision": OTHER}, "initiatedBy": {"automated": true}}, "phase": "Succeeded",
                       "syncResult": {"revision": OTHER}, "finishedAt": "2026-01-01T00:01:01Z"});
    let older = [("/status/operationState", state)];
    assert_eq!(failure(&older, &knowing(Lineage::Before)), None);
    let unmet = unmet(&older, &knowing(Lineage::Before));
    assert!(unmet.iter().any(|text| text.contains("argoproj/argo-cd#7680")), "{unmet:?}");
    assert_eq!(failure(&older, &knowing(Lineage::Apart)), Some("operation-replaced"));
}
