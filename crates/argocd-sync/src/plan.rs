//! What is to be done about the application as it is: pure, from the request and one state.

use model::{CommitSha, Failure};

use crate::{
    assess::{Progress, assess},
    assessed::was_reconciled_after,
    codes,
    course::{MARK, Relation, relation, revision},
    ours::{Known, Ours, Standing, place},
    pods::Pods,
    request::{OnBusy, Request},
    wire::{Application, Operation, OperationState, Revisions},
};

/// The next step.
#[derive(Debug, Clone)]
pub(crate) enum Plan {
    /// Everything holds already.
    Nothing,
    /// An operation that does what we want runs or has ended: follow it, start none.
    Adopt(String),
    /// Start an operation. With auto-sync it must not name a revision, which is verified afterwards.
    Sync(Option<String>),
    /// Another operation runs: wait for its end, then plan again.
    Wait(String),
    /// Another operation runs: terminate it, then plan again.
    Terminate(String),
    /// Nothing can be done.
    Refuse(Failure),
}

/// Plans. `pods` are needed only to find that there is nothing to do up to `old-pods-gone`.
pub(crate) fn plan(
    app: &Application,
    request: &Request,
    mark: &str,
    known: &Known,
    pods: Option<&Pods>,
) -> Plan {
    let ours = Ours::of(app, request, mark, known);
    if let Some(failure) = unsuitable(app, request) {
        return Plan::Refuse(failure);
    }
    if let Some((operation, synced)) = running(app) {
        return match relation(operation, synced, &ours) {
            Relation::Ours => Plan::Adopt("our operation runs already".to_owned()),
            Relation::Equivalent => Plan::Adopt(format!(
                "an operation of {} for {} runs already",
                operation.initiator(),
                same_or_later(&ours, revision(operation, synced, &ours))
            )),
            Relation::Unknown | Relation::Foreign => {
                busy(&describe(operation, synced, &ours), is_terminating(app), request)
            }
        };
    }
    if let Some(state) = finished(app, &ours) {
        let progress = Progress {
            mark: mark.to_owned(),
            known: known.clone(),
            pods: pods.cloned(),
            ..Progress::default()
        };
        let verdict = assess(app, request, &progress);
        if verdict.is_success() {
            return Plan::Nothing;
        }
        let is_compared = ours.reaches(ours.at(app.status.sync.revisions()));
        if state.operation.carries(MARK, mark) {
            return Plan::Adopt(format!("our operation has ended as {} already", state.phase));
        }
        // What is shown may still be from before the operation: that says nothing against it.
        if !was_reconciled_after(app, Some(state))
            || (app.status.sync.status == "Synced" && is_compared && verdict.failure.is_none())
        {
            return Plan::Adopt("the revision is synced already".to_owned());
        }
    }
    Plan::Sync((!app.follows_its_branch()).then(|| ours.revision().to_owned()))
}

/// What nobody can sync, or has nothing from our repository.
fn unsuitable(app: &Application, request: &Request) -> Option<Failure> {
    if let Some(since) = &app.metadata.deletion_timestamp {
        let cause = format!("the application is being deleted since {since}");
        return Some(Failure::new(&codes::APPLICATION_DELETED, cause));
    }
    place(&app.spec, &request.origin).err()
}

/// The revision of a running operation, if nobody has asked yet how it lies to ours: one that contains ours will do.
pub(crate) fn stranger(app: &Application, ours: &Ours<'_>) -> Option<String> {
    let (operation, synced) = running(app)?;
    let revision = revision(operation, synced, ours);
    // A branch's name is another commit's at any time.
    let is_commit = revision.parse::<CommitSha>().is_ok();
    (is_commit && ours.standing(revision) == Standing::Unasked).then(|| revision.to_owned())
}

/// The operation that is asked for or runs, with the revisions that it syncs if they are known.
fn running(app: &Application) -> Option<(&Operation, Revisions<'_>)> {
    let state = app.status.operation_state.as_ref();
    match (&app.operation, state) {
        (Some(pending), Some(state)) if !state.has_ended() => Some((pending, state.synced())),
        (Some(pending), _) => Some((pending, Revisions { only: "", each: &[] })),
        (None, Some(state)) if matches!(state.phase.as_str(), "Running" | "Terminating") => {
            Some((&state.operation, state.synced()))
        }
        (None, _) => None,
    }
}

/// The last operation, if it succeeded in doing what we want, or is ours however it ended: what failed is not started
/// again because the reply to the call was lost.
fn finished<'a>(app: &'a Application, ours: &Ours<'_>) -> Option<&'a OperationState> {
    let state = app.status.operation_state.as_ref()?;
    let is_it = match relation(&state.operation, state.synced(), ours) {
        Relation::Ours => true,
        Relation::Equivalent => state.phase == "Succeeded",
        Relation::Unknown | Relation::Foreign => false,
    };
    (is_it && state.has_ended()).then_some(state)
}

fn same_or_later(ours: &Ours<'_>, revision: &str) -> String {
    match ours.standing(revision) {
        Standing::After => format!("the later revision {revision}"),
        _ => "the same revision".to_owned(),
    }
}

/// Whether somebody has asked for the end of the running operation already.
fn is_terminating(app: &Application) -> bool {
    app.status.operation_state.as_ref().is_some_and(|state| state.phase == "Terminating")
}

fn busy(what: &str, is_terminating: bool, request: &Request) -> Plan {
    match request.on_busy {
        OnBusy::Terminate if is_terminating => Plan::Wait(what.to_owned()),
        OnBusy::Wait => Plan::Wait(what.to_owned()),
        OnBusy::Terminate => Plan::Terminate(what.to_owned()),
        OnBusy::Fail => {
            let cause = format!("{what} runs on application {}", request.application);
            Plan::Refuse(Failure::new(&codes::OPERATION_BUSY, cause))
        }
    }
}

/// Says whose operation it is and what for.
fn describe(operation: &Operation, synced: Revisions<'_>, ours: &Ours<'_>) -> String {
    let revision = revision(operation, synced, ours);
    let revision = if revision.is_empty() { String::new() } else { format!(" for revision {revision}") };
    let dry = if operation.sync.dry_run { "a dry run" } else { "an operation" };
    format!("{dry} of {}{revision}", operation.initiator())
}

impl Plan {
    /// Says it in a sentence, for the log and a dry run.
    pub(crate) fn describe(&self, request: &Request) -> String {
        let app = &request.application;
        match self {
            Self::Nothing => {
                format!("application {app} is at {} and all holds: nothing to do", request.revision)
            }
            Self::Adopt(why) => format!("follow application {app}: {why}"),
            Self::Sync(Some(revision)) if revision.is_empty() => {
                format!(
                    "sync application {app} to what the hydrator makes of {}, which comes first",
                    request.revision
                )
            }
            Self::Sync(Some(revision)) => {
                format!(
                    "sync application {app} to {revision}{}",
                    if request.prune { ", pruning" } else { "" }
                )
            }
            Self::Sync(None) => format!(
                "sync application {app} to its branch's head, since auto-sync is on, and prove that it is {}",
                request.revision
            ),
            Self::Wait(what) => format!("wait until {what} has ended on application {app}, then sync"),
            Self::Terminate(what) => format!("terminate {what} on application {app}, then sync"),
            Self::Refuse(failure) => failure.cause.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::fixtures::{MARK, OTHER, SHA, known, request, with};

    const STATE: &str = "/status/operationState";

    fn planned(changes: &[(&str, Value)], request: &Request) -> String {
        let pods = Pods::default();
        match plan(&with(changes), request, MARK, &known(), Some(&pods)) {
            Plan::Refuse(failure) => failure.code.id.to_owned(),
            plan => plan.describe(request),
        }
    }

    #[test]
    fn what_is_done_is_not_done_again() {
        let expected = format!("application dev is at {SHA} and all holds: nothing to do");
        assert_eq!(planned(&[], &request()), expected);
        // Somebody else did it.
        assert_eq!(planned(&[("/status/operationState/operation/info", json!([]))], &request()), expected);
    }

    #[test]
    fn what_is_synced_is_followed() {
        let expected = "follow application dev: the revision is synced already";
        for change in [
            ("/status/health/status", json!("Progressing")),
            ("/status/summary/images", json!([])),
            ("/status/reconciledAt", json!("2026-01-01T00:00:02Z")),
        ] {
            let ours = "follow application dev: our operation has ended as Succeeded already";
            assert_eq!(planned(std::slice::from_ref(&change), &request()), ours);
            let infos = ("/status/operationState/operation/info", json!([]));
            assert_eq!(planned(&[change, infos], &request()), expected);
        }
        // Somebody else's operation has ended, and its effect is not compared yet.
        let stale = [
            ("/status/operationState/operation/info", json!([])),
            ("/status/sync", json!({"status": "OutOfSync", "revision": OTHER})),
            ("/status/reconciledAt", json!("2026-01-01T00:00:02Z")),
        ];
        assert_eq!(planned(&stale, &request()), expected);
    }

    #[test]
    fn everything_else_is_synced() {
        let expected = format!("sync application dev to {SHA}");
        for changes in [
            vec![(STATE, Value::Null)],
            vec![
                ("/status/operationState/operation/info", json!([])),
                ("/status/operationState/phase", json!("Failed")),
            ],
            vec![
                ("/status/operationState/operation/info", json!([])),
                ("/status/operationState/operation/sync", json!({"revision": OTHER})),
            ],
            // Somebody changed a live object since.
            vec![
                ("/status/operationState/operation/info", json!([])),
                ("/status/sync/status", json!("OutOfSync")),
            ],
        ] {
            assert_eq!(planned(&changes, &request()), expected, "{changes:?}");
        }
    }

    #[test]
    fn a_branchs_name_is_no_revision_to_ask_for() {
        for (revision, expected) in [("dev", false), ("c94a8fe5ccb19ba61c4c0873d391e987982fbbd3", true)] {
            let app = with(&[(STATE, Value::Null), ("/operation", json!({"sync": {"revision": revision}}))]);
            let (request, known) = (request(), known());
            let ours = Ours::of(&app, &request, MARK, &known);
            assert_eq!(stranger(&app, &ours).is_some(), expected, "{revision}");
        }
    }

    #[test]
    fn what_is_not_hydrated_yet_has_no_revision() {
        let changes = [(STATE, Value::Null), ("/spec/sourceHydrator", json!({}))];
        let expected = format!("sync application dev to what the hydrator makes of {SHA}, which comes first");
        assert_eq!(planned(&changes, &request()), expected);
    }

    #[test]
    fn auto_sync_gets_no_revision() {
        let changes = [(STATE, Value::Null), ("/spec/syncPolicy", json!({"automated": {}}))];
        assert_eq!(
            planned(&changes, &request()),
            format!(
                "sync application dev to its branch's head, since auto-sync is on, and prove that it is {SHA}"
            )
        );
    }

    #[test]
    fn another_operation_is_waited_for_terminated_or_refused() {
        let pending = json!({"sync": {"revision": OTHER}, "initiatedBy": {"username": "maria"}});
        let changes = [(STATE, Value::Null), ("/operation", pending)];
        let mut request = request();
        for (policy, expected) in [
            (
                OnBusy::Wait,
                format!(
                    "wait until an operation of maria for revision {OTHER} has ended on application dev, then sync"
                ),
            ),
            (
                OnBusy::Terminate,
                format!("terminate an operation of maria for revision {OTHER} on application dev, then sync"),
            ),
            (OnBusy::Fail, "operation-busy".to_owned()),
        ] {
            request.on_busy = policy;
            assert_eq!(planned(&changes, &request), expected);
        }
    }

    #[test]
    fn what_is_being_terminated_is_waited_for() {
        let operation = json!({"sync": {"revision": OTHER}, "initiatedBy": {"username": "maria"}});
        let mut request = request();
        request.on_busy = OnBusy::Terminate;
        for (phase, expected) in [("Running", "terminate an operation"), ("Terminating", "wait until")] {
            let state = json!({"operation": operation, "phase": phase});
            assert!(planned(&[(STATE, state)], &request).starts_with(expected), "{phase}");
        }
    }

    #[test]
    fn an_operation_for_the_same_revision_is_adopted() {
        let pending = json!({"sync": {"revision": SHA}, "initiatedBy": {"automated": true}});
        let running = json!({"operation": pending, "phase": "Running"});
        let expected = "follow application dev: an operation of auto-sync for the same revision runs already";
        assert_eq!(planned(&[(STATE, Value::Null), ("/operation", pending)], &request()), expected);
        assert_eq!(planned(&[(STATE, running)], &request()), expected);
        // Ours, of which the reply was lost.
        let ours = json!({"sync": {"revision": SHA}, "info": [{"name": "day2-run", "value": MARK}]});
        assert_eq!(
            planned(&[(STATE, Value::Null), ("/operation", ours)], &request()),
            "follow application dev: our operation runs already"
        );
    }

    #[test]
    fn ours_that_failed_while_the_reply_was_lost_is_not_started_again() {
        for phase in ["Failed", "Error"] {
            let planned = planned(&[("/status/operationState/phase", json!(phase))], &request());
            assert_eq!(
                planned,
                format!("follow application dev: our operation has ended as {phase} already")
            );
        }
    }

    #[test]
    fn an_operation_that_does_less_is_not_adopted() {
        for sync in [
            json!({"revision": SHA, "dryRun": true}),
            json!({"revision": SHA, "resources": [{}]}),
            json!({"revision": SHA, "syncStrategy": {"apply": {}}}),
            json!({"revision": SHA, "manifests": ["{}"]}),
        ] {
            let changes = [(STATE, Value::Null), ("/operation", json!({ "sync": sync }))];
            assert!(planned(&changes, &request()).starts_with("wait until"), "{sync}");
            let ended = [
                ("/status/operationState/operation/info", json!([])),
                ("/status/operationState/operation/sync", sync.clone()),
            ];
            assert!(planned(&ended, &request()).starts_with("sync application"), "{sync}");
        }
    }

    #[test]
    fn what_cannot_be_proven_is_refused() {
        for (pointer, value, code) in [
            (
                "/spec/sources",
                json!([{"repoURL": "https://a/x"}, {"repoURL": "https://a/y"}]),
                "source-not-found",
            ),
            ("/spec/source", json!({"repoURL": "https://a/x", "chart": "x"}), "source-not-found"),
            ("/metadata/deletionTimestamp", json!("2026-01-01T00:00:00Z"), "application-deleted"),
        ] {
            assert_eq!(planned(&[(pointer, value)], &request()), code);
        }
    }
}
