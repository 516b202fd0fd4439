use serde_json::{Value, json};

use super::*;
use crate::fixtures::{self, OTHER, SHA, request, with};

const STATE: &str = "/status/operationState";

fn state(field: &str) -> String {
    format!("{STATE}/{field}")
}

/// The course in a word, or the failure's code.
fn word(changes: &[(&str, Value)]) -> String {
    match course(&with(changes), &request(), fixtures::MARK) {
        Course::Going(text) => text,
        Course::Succeeded(_) => "succeeded".to_owned(),
        Course::Failed(failure) => failure.code.id.to_owned(),
        Course::Lost(text) => format!("lost: {text}"),
    }
}

#[test]
fn our_operation() {
    let info = json!([]);
    let pending = json!({"sync": {"revision": SHA}});
    let phase = state("phase");
    let finished = state("finishedAt");
    let message = state("message");
    let synced = state("syncResult/revision");
    let asked = state("operation/sync");
    let infos = state("operation/info");
    for (changes, expected) in [
        (vec![], "succeeded"),
        (vec![(STATE, json!(null))], "the operation has not started"),
        (
            vec![("/operation", pending.clone())],
            "the operation's end is being recorded: successfully synced (all tasks run)",
        ),
        (
            vec![(&*phase, json!("Running")), (&*finished, json!(null)), (&*message, json!("one of 2 done"))],
            "the operation runs: one of 2 done",
        ),
        (vec![(&*phase, json!("Running")), (&*message, json!(""))], "the operation waits for its next retry"),
        (
            vec![(&*finished, json!(null)), (&*message, json!(""))],
            "the operation has ended without a `finishedAt` (argoproj/argo-cd#29636)",
        ),
        (vec![(&*phase, json!("Failed"))], "sync-failed"),
        (
            vec![(&*phase, json!("Error")), (&*message, json!("ComparisonError: failed to load"))],
            "comparison-error",
        ),
        (
            vec![(&*phase, json!("Failed")), (&*message, json!("Operation terminated"))],
            "operation-terminated",
        ),
        (vec![(&*synced, json!(OTHER))], "revision-mismatch"),
        (vec![(&*synced, json!(""))], "revision-mismatch"),
        (vec![(&*asked, json!({"revision": OTHER}))], "revision-mismatch"),
        (vec![(&*asked, json!({"revision": SHA, "dryRun": true}))], "revision-mismatch"),
        (vec![(&*asked, json!({"revision": SHA, "resources": [{"kind": "Service"}]}))], "revision-mismatch"),
        // Without a revision, as for an application with auto-sync.
        (vec![(&*asked, json!({}))], "succeeded"),
        // Somebody else's, the same thing.
        (vec![(&*infos, info.clone())], "succeeded"),
        (
            vec![
                (&*infos, info.clone()),
                (&*phase, json!("Failed")),
                (&*message, json!("Operation terminated")),
            ],
            "lost: the operation of ci ended as Failed: Operation terminated",
        ),
        // Somebody else's, another thing.
        (vec![(&*infos, info.clone()), (&*asked, json!({"revision": OTHER}))], "operation-replaced"),
        (
            vec![(&*infos, info.clone()), (&*asked, json!({"revision": SHA, "resources": [{}]}))],
            "operation-replaced",
        ),
    ] {
        assert_eq!(word(&changes), expected, "{changes:?}");
    }
}

#[test]
fn a_failed_operation_names_its_resources() {
    let results = json!([
        {"kind": "Service", "namespace": "app", "name": "product", "status": "Synced", "message": "unchanged"},
        {"kind": "Rollout", "namespace": "app", "name": "product", "status": "SyncFailed", "message": "spec is invalid"},
        {"kind": "Job", "namespace": "app", "name": "migrate", "hookPhase": "Failed", "message": "exit code 1"},
    ]);
    let app = with(&[
        (&*state("phase"), json!("Failed")),
        (&*state("message"), json!("one or more objects failed to apply")),
        (&*state("syncResult/resources"), results),
    ]);
    let Course::Failed(failure) = course(&app, &request(), fixtures::MARK) else { panic!("not failed") };
    assert_eq!(failure.notes, ["Rollout app/product: spec is invalid", "Job app/migrate: exit code 1"]);
}

#[test]
fn pruning_decides_whether_another_operation_will_do() {
    let app = with(&[(&*state("operation/info"), json!([]))]);
    let operation = &app.status.operation_state.as_ref().unwrap().operation;
    let mut request = request();
    assert_eq!(relation(operation, "", &request, fixtures::MARK), Relation::Equivalent);
    request.prune = true;
    assert_eq!(relation(operation, "", &request, fixtures::MARK), Relation::Foreign);
}

#[test]
fn an_operation_without_a_revision_is_not_judged_yet() {
    assert_eq!(relation(&Operation::default(), "", &request(), fixtures::MARK), Relation::Unknown);
    assert_eq!(relation(&Operation::default(), SHA, &request(), fixtures::MARK), Relation::Equivalent);
    assert_eq!(relation(&Operation::default(), OTHER, &request(), fixtures::MARK), Relation::Foreign);
}
