//! How the operation that we follow goes: ours by its mark, or another one that does the same.

use model::Failure;

use crate::{
    codes,
    ours::{Ours, Standing},
    wire::{Application, Operation, OperationState, ResourceResult, Revisions},
};

/// The name of the info that carries our mark through `operation.info` into `status.operationState`.
pub(crate) const MARK: &str = "day2-run";

/// How an operation relates to what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    /// It carries our mark.
    Ours,
    /// Somebody else's (or an earlier attempt's) that syncs all of our revision.
    Equivalent,
    /// It does not say yet which revision it syncs.
    Unknown,
    /// It does something else.
    Foreign,
}

/// Where the followed operation stands.
#[derive(Debug, Clone)]
pub(crate) enum Course {
    /// It has not ended, and this is what it does.
    Going(String),
    /// It succeeded as it was asked for.
    Succeeded(Box<OperationState>),
    /// It failed, or did something else than was asked for.
    Failed(Failure),
    /// It was somebody else's and did not succeed: ours is still to be started.
    Lost(String),
}

/// Tells whose operation it is and whether it does what we want; `synced` is what it has synced so far.
pub(crate) fn relation(operation: &Operation, synced: Revisions<'_>, ours: &Ours<'_>) -> Relation {
    let (sync, request) = (&operation.sync, ours.request);
    if operation.carries(MARK, ours.mark) {
        return Relation::Ours;
    }
    let is_less = sync.dry_run || !sync.resources.is_empty() || sync.is_without_hooks();
    if is_less || sync.is_local() || (request.prune && !sync.prune) {
        return Relation::Foreign;
    }
    match ours.standing(revision(operation, synced, ours)) {
        Standing::Ours | Standing::After => Relation::Equivalent,
        Standing::Missing | Standing::Unasked => Relation::Unknown,
        Standing::Other => Relation::Foreign,
    }
}

/// Returns which revision an operation is for, or has synced.
pub(crate) fn revision<'a>(operation: &'a Operation, synced: Revisions<'a>, ours: &Ours<'_>) -> &'a str {
    let asked = ours.at(operation.sync.revisions());
    if asked.is_empty() { ours.at(synced) } else { asked }
}

/// Reads the course of the operation from the application.
pub(crate) fn course(app: &Application, ours: &Ours<'_>) -> Course {
    let Some(state) = &app.status.operation_state else {
        return Course::Going("the operation has not started".to_owned());
    };
    let relation = relation(&state.operation, state.synced(), ours);
    if relation == Relation::Foreign {
        if let Some(text) = put_back(app, state, ours) {
            return Course::Going(text);
        }
        // Auto-sync heals only what was synced to this revision: ours may have ended in a gap of the stream.
        let is_healing = state.operation.initiated_by.automated
            && ours.standing(revision(&state.operation, state.synced(), ours)) == Standing::Ours;
        return match is_healing {
            true => Course::Lost("auto-sync heals resources of our revision".to_owned()),
            false => Course::Failed(replaced(state, ours)),
        };
    }
    if !state.has_ended() || app.operation.is_some() {
        return Course::Going(going(state, app.operation.is_some()));
    }
    match (state.phase.as_str(), relation) {
        ("Succeeded", _) => match deviation(state, ours) {
            None => Course::Succeeded(Box::new(state.clone())),
            Some(deviation) => Course::Failed(Failure::new(&codes::REVISION_MISMATCH, deviation)),
        },
        (_, Relation::Ours) => Course::Failed(failed(state)),
        (phase, _) => Course::Lost(format!(
            "the operation of {} ended as {phase}: {}",
            state.operation.initiator(),
            state.message
        )),
    }
}

/// Says that auto-sync has put an older revision back: it takes its branch's head from a cache (argoproj/argo-cd#7680), and
/// syncs the right one with its next comparison.
pub(crate) fn put_back(app: &Application, state: &OperationState, ours: &Ours<'_>) -> Option<String> {
    let revision = revision(&state.operation, state.synced(), ours);
    let is_older = ours.is_older(revision) || was_deployed_before(app, revision, ours);
    let is_put_back = state.operation.initiated_by.automated && is_older;
    is_put_back
        .then(|| format!("auto-sync has put the older revision {revision} back (argoproj/argo-cd#7680)"))
}

/// Whether a revision was deployed before ours first was: without a token for GitHub nothing else tells that it is older.
fn was_deployed_before(app: &Application, revision: &str, ours: &Ours<'_>) -> bool {
    let deployed: Vec<&str> = app.status.history.iter().map(|one| ours.at(one.revisions())).collect();
    let first = deployed.iter().position(|one| ours.standing(one) == Standing::Ours);
    first.is_some_and(|first| deployed[..first].contains(&revision))
}

/// Says why an operation that has ended may never be cleared, by the issue that is known for it.
pub(crate) fn stuck(app: &Application) -> Option<&'static str> {
    let state = app.status.operation_state.as_ref()?;
    match (state.phase.as_str(), &state.finished_at, &app.operation) {
        ("Succeeded" | "Failed" | "Error", None, _) => {
            Some("it has ended without a `finishedAt` (argoproj/argo-cd#29636)")
        }
        ("Succeeded" | "Failed" | "Error", Some(_), Some(_)) => {
            Some("it has ended, and still stands as the operation to be done (argoproj/argo-cd#29741)")
        }
        _ => None,
    }
}

/// Says what an operation does that has not ended.
fn going(state: &OperationState, is_pending: bool) -> String {
    let what = match (state.phase.as_str(), &state.finished_at) {
        ("Running", Some(_)) => "the operation waits for its next retry",
        ("Running", None) => "the operation runs",
        ("Terminating", _) => "the operation is being terminated",
        ("Succeeded" | "Failed" | "Error", _) if is_pending => "the operation's end is being recorded",
        ("Succeeded" | "Failed" | "Error", _) => {
            "the operation has ended without a `finishedAt` (argoproj/argo-cd#29636)"
        }
        _ => "the operation has no phase yet",
    };
    if state.message.is_empty() { what.to_owned() } else { format!("{what}: {}", state.message) }
}

/// Compares the operation with the request: a stale field of an earlier operation can leak into ours, which then
/// succeeds at another commit or partially (argoproj/argo-cd#26530, argoproj/argo-cd#28701).
fn deviation(state: &OperationState, ours: &Ours<'_>) -> Option<String> {
    let (request, sync) = (ours.request, &state.operation.sync);
    let (asked, synced) = (ours.at(sync.revisions()), ours.at(state.synced()));
    if sync.dry_run {
        Some("the operation was a dry run although a sync was asked for".to_owned())
    } else if sync.is_without_hooks() {
        Some("the operation ran no hooks although they were asked for".to_owned())
    } else if state.operation.carries(MARK, ours.mark) && !request.resources.covers(&sync.resources) {
        Some(match sync.resources.len() {
            0 => "the operation synced all resources, not those of `resources`".to_owned(),
            some => format!("the operation synced {some} other resources, not those that were asked for"),
        })
    } else if request.prune && !sync.prune {
        Some("the operation did not prune although `prune` was asked for".to_owned())
    } else if lacks_options(&state.operation, ours) {
        Some(format!("the operation had the options `{}`, not `sync-options`", sync.sync_options.join(",")))
    } else if !asked.is_empty() && !ours.reaches(asked) {
        let how = ours.describe(asked);
        Some(format!("the operation was for revision {asked}, not for {}{how}", ours.revision()))
    } else if !ours.reaches(synced) {
        let how = ours.describe(synced);
        let synced = if synced.is_empty() { "no revision" } else { synced };
        Some(format!("the operation synced {synced}, not {}{how}", ours.revision()))
    } else {
        None
    }
}

/// Options of somebody else's operation do not matter: what it has done is judged.
fn lacks_options(operation: &Operation, ours: &Ours<'_>) -> bool {
    let wanted = &ours.request.sync_options;
    operation.carries(MARK, ours.mark) && !wanted.is_empty() && *wanted != operation.sync.sync_options
}

/// Our operation ended badly.
fn failed(state: &OperationState) -> Failure {
    // "Operation terminated", or "Operation termination had errors" (gitops-engine sync_context.go `Terminate`).
    let is_terminated = state.message.starts_with("Operation terminat");
    let code = if is_terminated {
        &codes::OPERATION_TERMINATED
    } else if state.message.contains("ComparisonError") || state.message.contains("InvalidSpecError") {
        &codes::COMPARISON_ERROR
    } else {
        &codes::SYNC_FAILED
    };
    let mut failure =
        Failure::new(code, format!("the sync operation ended as {}: {}", state.phase, state.message));
    if is_terminated && state.message.contains("timeout") {
        failure = failure.with_remedy(
            "Argo CD ended it itself: see what its hooks and waves waited for, or raise `controller.sync.timeout.seconds` in `argocd-cmd-params-cm`.",
        );
    }
    let results = state.sync_result.iter().flat_map(|result| &result.resources);
    failure.notes.extend(
        results.filter(|result| is_bad(result)).map(|result| {
            format!("{} {}/{}: {}", result.kind, result.namespace, result.name, result.message)
        }),
    );
    failure
}

fn is_bad(result: &ResourceResult) -> bool {
    result.status == "SyncFailed" || matches!(result.hook_phase.as_str(), "Failed" | "Error")
}

/// Another operation stands where ours was.
pub(crate) fn replaced(state: &OperationState, ours: &Ours<'_>) -> Failure {
    let synced = ours.at(state.synced());
    let revision = if synced.is_empty() { ours.at(state.operation.sync.revisions()) } else { synced };
    let what = match revision {
        _ if state.operation.sync.is_local() => "manifests that are not from Git".to_owned(),
        "" => "its branch's head".to_owned(),
        revision if revision == ours.revision() && state.operation.sync.is_without_hooks() => {
            "our revision without its hooks".to_owned()
        }
        revision if revision == ours.revision() => "a part of our revision".to_owned(),
        revision => format!("revision {revision}"),
    };
    let cause = format!("an operation of {} for {what} took the place of ours", state.operation.initiator());
    let failure = Failure::new(&codes::OPERATION_REPLACED, cause);
    match ours.describe(revision) {
        how if how.is_empty() => failure,
        how => failure.with_note(format!("revision {revision}{how}")),
    }
}

#[cfg(test)]
mod tests;
