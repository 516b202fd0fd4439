use serde_json::{Value, json};

use super::*;
use crate::{
    fixtures::{MARK, OTHER, SHA, known, request, with},
    ours::{Known, Lineage},
    request::Request,
};

const STATE: &str = "/status/operationState";

fn relation_of(operation: &Operation, synced: &str, request: &Request) -> Relation {
    let (app, known) = (with(&[]), known());
    let ours = Ours::of(&app, request, MARK, &known);
    relation(operation, Revisions { only: synced, each: &[] }, &ours)
}

fn state(field: &str) -> String {
    format!("{STATE}/{field}")
}

/// The course in a word, or the failure's code.
fn word(changes: &[(&str, Value)]) -> String {
    word_with(changes, &known())
}

fn word_with(changes: &[(&str, Value)], known: &Known) -> String {
    let (app, request) = (with(changes), request());
    match course(&app, &Ours::of(&app, &request, MARK, known)) {
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
        (
            vec![(&*phase, json!("Error")), (&*message, json!("Operation termination had errors"))],
            "operation-terminated",
        ),
        (vec![(&*phase, json!("Failed")), (&*message, json!("Job was terminated"))], "sync-failed"),
        (vec![(&*synced, json!(OTHER))], "revision-mismatch"),
        (vec![(&*synced, json!(""))], "revision-mismatch"),
        (vec![(&*asked, json!({"revision": OTHER}))], "revision-mismatch"),
        (vec![(&*asked, json!({"revision": SHA, "dryRun": true}))], "revision-mismatch"),
        (vec![(&*asked, json!({"revision": SHA, "resources": [{"kind": "Service"}]}))], "revision-mismatch"),
        (vec![(&*asked, json!({"revision": SHA, "syncStrategy": {"apply": {}}}))], "revision-mismatch"),
        (vec![(&*asked, json!({"revision": SHA, "syncStrategy": {"hook": {}}}))], "succeeded"),
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
        (
            vec![(&*infos, info.clone()), (&*asked, json!({"revision": SHA, "syncStrategy": {"apply": {}}}))],
            "operation-replaced",
        ),
        (
            vec![(&*infos, info.clone()), (&*asked, json!({"revision": SHA, "syncStrategy": {"hook": {}}}))],
            "succeeded",
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
    let (request, known) = (request(), known());
    let ours = Ours::of(&app, &request, MARK, &known);
    let Course::Failed(failure) = course(&app, &ours) else { panic!("not failed") };
    assert_eq!(failure.notes, ["Rollout app/product: spec is invalid", "Job app/migrate: exit code 1"]);
}

#[test]
fn healing_of_our_revision_does_not_replace_it() {
    for (initiator, expected) in [
        (json!({"automated": true}), "lost: auto-sync heals resources of our revision"),
        (json!({"username": "maria"}), "operation-replaced"),
    ] {
        let changes = [
            (&*state("operation/info"), json!([])),
            (&*state("operation/sync"), json!({"revision": SHA, "resources": [{}]})),
            (&*state("operation/initiatedBy"), initiator),
        ];
        assert_eq!(word(&changes), expected);
    }
}

#[test]
fn the_controllers_own_timeout_is_nobodys_doing() {
    let remedy = |text: &str| {
        let app = with(&[(&*state("phase"), json!("Failed")), (&*state("message"), json!(text))]);
        let (request, known) = (request(), known());
        match course(&app, &Ours::of(&app, &request, MARK, &known)) {
            Course::Failed(failure) => failure.remedy,
            course => panic!("{course:?}"),
        }
    };
    assert_eq!(remedy("Operation terminated"), codes::OPERATION_TERMINATED.remedy);
    assert!(remedy("Operation terminated, triggered by controller sync timeout").contains("sync.timeout"));
}

#[test]
fn pruning_decides_whether_another_operation_will_do() {
    let app = with(&[(&*state("operation/info"), json!([]))]);
    let operation = &app.status.operation_state.as_ref().unwrap().operation;
    let mut request = request();
    assert_eq!(relation_of(operation, "", &request), Relation::Equivalent);
    request.prune = true;
    assert_eq!(relation_of(operation, "", &request), Relation::Foreign);
}

#[test]
fn an_operation_without_a_revision_is_not_judged_yet() {
    assert_eq!(relation_of(&Operation::default(), "", &request()), Relation::Unknown);
    assert_eq!(relation_of(&Operation::default(), SHA, &request()), Relation::Equivalent);
    assert_eq!(relation_of(&Operation::default(), OTHER, &request()), Relation::Foreign);
}

#[test]
fn a_later_revision_that_contains_ours_will_do() {
    let lineage = |lineage| Known { lineages: [(OTHER.to_owned(), lineage)].into(), ..Known::default() };
    let (asked, synced, infos) =
        (state("operation/sync"), state("syncResult/revision"), state("operation/info"));
    let later = [(&*asked, json!({"revision": OTHER})), (&*synced, json!(OTHER))];
    let of_others = [&later[..], &[(&*infos, json!([]))]].concat();
    for (known, ours, others) in [
        (lineage(Lineage::After), "succeeded", "succeeded"),
        (lineage(Lineage::Before), "revision-mismatch", "operation-replaced"),
        (lineage(Lineage::Unknown("nobody can tell".to_owned())), "revision-mismatch", "operation-replaced"),
    ] {
        assert_eq!(
            (&*word_with(&later, &known), &*word_with(&of_others, &known)),
            (ours, others),
            "{known:?}"
        );
    }
}

#[test]
fn what_cannot_be_known_says_what_would_help() {
    let known = Known {
        lineages: [(OTHER.to_owned(), Lineage::Unknown("`github-token` is empty".to_owned()))].into(),
        ..Known::default()
    };
    let app = with(&[(&*state("operation/sync"), json!({})), (&*state("syncResult/revision"), json!(OTHER))]);
    let request = request();
    let Course::Failed(failure) = course(&app, &Ours::of(&app, &request, MARK, &known)) else {
        panic!("not failed")
    };
    let expected = format!(
        "the operation synced {OTHER}, not {SHA}; whether it contains ours is not known: `github-token` is empty"
    );
    assert_eq!(failure.cause, expected);
}

#[test]
fn options_that_were_lost_are_noticed() {
    let mut request = request();
    request.sync_options = vec!["ServerSideApply=true".into()];
    let (app, known) = (with(&[]), known());
    let ours = Ours::of(&app, &request, MARK, &known);
    assert!(
        matches!(course(&app, &ours), Course::Failed(failure) if failure.code == &codes::REVISION_MISMATCH)
    );
    // Somebody else's has the application's own.
    let app = with(&[(&*state("operation/info"), json!([]))]);
    assert!(matches!(course(&app, &Ours::of(&app, &request, MARK, &known)), Course::Succeeded(_)));
}

#[test]
fn what_was_deployed_before_ours_is_older_whether_or_not_github_is_asked() {
    let unknown = Lineage::Unknown("`github-token` is empty".to_owned());
    let known = Known { lineages: [(OTHER.to_owned(), unknown)].into(), ..Known::default() };
    let put_back = format!("auto-sync has put the older revision {OTHER} back (argoproj/argo-cd#7680)");
    let (auto_sync, person) = (json!({"automated": true}), json!({"username": "maria"}));
    for (deployed, initiator, expected) in [
        (vec![OTHER, SHA, OTHER], &auto_sync, &*put_back),
        (vec![OTHER, SHA], &auto_sync, &put_back),
        (vec![OTHER, SHA], &person, "operation-replaced"),
        (vec![OTHER], &auto_sync, "operation-replaced"),
        (vec![SHA, OTHER], &auto_sync, "operation-replaced"),
        // Ours came back: which of the two is older, nobody knows.
        (vec![SHA, OTHER, SHA, OTHER], &auto_sync, "operation-replaced"),
    ] {
        let history: Vec<Value> = deployed.iter().map(|revision| json!({"revision": revision})).collect();
        let changes = [
            ("/status/history", json!(history)),
            (&*state("operation/info"), json!([])),
            (&*state("operation/sync"), json!({"revision": OTHER})),
            (&*state("syncResult/revision"), json!(OTHER)),
            (&*state("operation/initiatedBy"), initiator.clone()),
        ];
        assert_eq!(word_with(&changes, &known), expected, "{deployed:?} {initiator}");
    }
}
