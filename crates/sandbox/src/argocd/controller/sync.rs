//! Playing an operation: `processRequestedAppOperation` of Argo CD's appcontroller.go.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{compare, reconcile, roll_out};
use crate::{
    World,
    argocd::{
        app::{App, Deployment},
        operation::{Operation, OperationState, SyncResult},
        refusal::{Code, Refusal},
        render::Rendered,
        resources,
    },
    oidc::now,
};

/// Sets the operation of an application and starts it: `SetAppOperation` of util/argo/argo.go, which clears the
/// state of the former operation in the same update.
pub(in crate::argocd) fn start(world: &Arc<World>, name: &str, operation: Operation) -> Result<(), Refusal> {
    let set = world.argocd.store.update(name, |app| {
        if app.operation.is_some() {
            return false;
        }
        app.operation = Some(operation);
        app.state = None;
        true
    });
    match set {
        None => Err(Refusal::no_application(name)),
        Some(false) => Err(Refusal::new(
            Code::FailedPrecondition,
            "error setting app operation: rpc error: code = FailedPrecondition desc = another operation is already \
             in progress",
        )),
        Some(true) => {
            tokio::spawn(run(world.clone(), name.to_owned()));
            Ok(())
        }
    }
}

/// Starts the operation that auto-sync wants: once for a revision, as it does not repeat one that failed.
pub(in crate::argocd) fn start_automated(world: &Arc<World>, name: &str) {
    let Some(app) = world.argocd.store.get(name) else { return };
    let tried = app.state.as_ref().and_then(|state| Some(state.result.as_ref()?.revision == app.revision));
    if !app.spec.automated || app.sync != "OutOfSync" || app.operation.is_some() || tried == Some(true) {
        return;
    }
    let operation = Operation {
        revision: app.revision.clone(),
        automated: true,
        source: app.spec.source(),
        retry: json!({ "limit": 5 }),
        ..Operation::default()
    };
    // Somebody else may have been quicker.
    let _ = start(world, name, operation);
}

async fn run(world: Arc<World>, name: String) {
    loop {
        let Some(wait) = attempt(&world, &name).await else { break };
        if !pause(&world, &name, wait).await {
            terminate(&world, &name);
            break;
        }
        world.argocd.store.update(&name, |app| {
            if let Some(state) = &mut app.state {
                state.message = format!("Retrying operation. Attempt #{}", state.retries);
                (state.finished, state.result) = (None, None);
            }
        });
    }
    reconcile(&world, &name).await;
}

/// Plays an operation once. Returns after what time it is to be tried again.
async fn attempt(world: &Arc<World>, name: &str) -> Option<Duration> {
    let timing = world.argocd.timing();
    tokio::time::sleep(Duration::from_millis(timing.sync_ms / 5)).await;
    let operation = world.argocd.store.update(name, |app| {
        let operation = app.operation.clone()?;
        let (started, retries) =
            app.state.as_ref().map_or((now(), 0), |state| (state.started, state.retries));
        app.state = Some(OperationState {
            operation: operation.clone(),
            phase: "Running",
            message: app.state.take().map(|state| state.message).unwrap_or_default(),
            result: None,
            started,
            finished: None,
            retries,
        });
        Some(operation)
    })??;
    let app = world.argocd.store.get(name)?;
    let wanted = if operation.revision.is_empty() { &app.spec.target_revision } else { &operation.revision };
    let compared = compare(world, name, wanted).await;
    let rest = timing.sync_ms - timing.sync_ms / 5 + operation.hold_ms;
    if !pause(world, name, Duration::from_millis(rest)).await {
        terminate(world, name);
        return None;
    }
    let mut rolls_out = false;
    let retry = world.argocd.store.update(name, |app| {
        let result = apply(app, &operation, compared, &mut rolls_out);
        finish(app, &operation, result)
    });
    if rolls_out {
        roll_out(world, name);
    }
    retry.flatten()
}

/// Waits, and returns false as soon as somebody asks for the end of the operation.
async fn pause(world: &Arc<World>, name: &str, time: Duration) -> bool {
    let end = Instant::now() + time;
    loop {
        let app = world.argocd.store.get(name);
        if app.is_none_or(|app| app.state.is_some_and(|state| state.phase == "Terminating")) {
            return false;
        }
        let rest = end.saturating_duration_since(Instant::now());
        if rest.is_zero() {
            return true;
        }
        tokio::time::sleep(rest.min(Duration::from_millis(20))).await;
    }
}

fn terminate(world: &Arc<World>, name: &str) {
    world.argocd.store.update(name, |app| {
        if let Some(state) = &mut app.state {
            (state.phase, state.finished) = ("Failed", Some(now()));
            state.message = "Operation terminated".into();
        }
        app.operation = None;
    });
}

/// An operation's phase, message and result.
type Outcome = (&'static str, String, Option<SyncResult>);

fn apply(
    app: &mut App,
    operation: &Operation,
    compared: Result<(String, Rendered), String>,
    rolls_out: &mut bool,
) -> Outcome {
    let source = if operation.source.is_null() { app.spec.source() } else { operation.source.clone() };
    let (commit, target) = match compared {
        Ok(compared) => compared,
        Err(message) => {
            app.conditions = vec![("ComparisonError", message.clone(), now())];
            let result = SyncResult { revision: operation.revision.clone(), source, resources: Vec::new() };
            return ("Error", format!("ComparisonError: {message}"), Some(result));
        }
    };
    app.conditions.clear();
    let failure = if operation.dry_run { None } else { app.fail_apply.take() };
    let release = app.spec.release_name.clone();
    let touches_rollout = operation.includes("argoproj.io", "Rollout", &release);
    let is_first = app.applied.is_none();
    let mut changed = is_first;
    if failure.is_none() && !operation.dry_run {
        if touches_rollout {
            *rolls_out = app.rollout.apply(&release, &target);
            changed |= *rolls_out;
        }
        if operation.resources.is_empty() || touches_rollout {
            app.applied = Some(target);
        }
    }
    let word = if is_first {
        "created"
    } else if changed {
        "configured"
    } else {
        "unchanged"
    };
    let resources = results(app, operation, word, failure.as_deref());
    let result = Some(SyncResult { revision: commit, source, resources });
    match failure {
        Some(reason) => ("Failed", format!("one or more objects failed to apply, reason: {reason}"), result),
        None if operation.dry_run => ("Succeeded", "successfully synced (all tasks run)".into(), result),
        None => ("Succeeded", "successfully synced (all tasks run)".into(), result),
    }
}

fn results(app: &App, operation: &Operation, word: &str, failure: Option<&str>) -> Vec<Value> {
    resources::managed(app)
        .iter()
        .filter(|resource| operation.includes(resource.group, resource.kind, &resource.name))
        .map(|resource| {
            let is_rollout = resource.kind == "Rollout";
            let kind = resource.kind.to_ascii_lowercase();
            let path = if resource.group.is_empty() { kind } else { format!("{kind}.{}", resource.group) };
            let said = if is_rollout || word == "created" { word } else { "unchanged" };
            let (status, message, phase) = match failure.filter(|_| is_rollout) {
                Some(reason) => ("SyncFailed", reason.to_owned(), "Failed"),
                None => ("Synced", format!("{path}/{} {said}", resource.name), "Running"),
            };
            let mut result = json!({
                "group": resource.group,
                "version": resource.version,
                "kind": resource.kind,
                "namespace": app.spec.destination_namespace,
                "name": resource.name,
                "status": status,
                "message": message,
                "hookPhase": phase,
                "syncPhase": "Sync",
            });
            if let Some(applied) = app.applied.as_ref().filter(|_| is_rollout) {
                result["images"] = json!([applied.image]);
            }
            result
        })
        .collect()
}

/// Ends the operation, or leaves it Running with an end time, which means that it will be retried.
fn finish(app: &mut App, operation: &Operation, (phase, message, result): Outcome) -> Option<Duration> {
    let state = app.state.as_mut()?;
    let failed = phase != "Succeeded";
    state.finished = Some(now());
    state.result = result;
    if failed && state.retries < operation.retry_limit() {
        state.retries += 1;
        state.message = format!("{message}. Retrying attempt #{} at 12:00AM.", state.retries);
        let wait = operation.retry["backoff"]["duration"].as_str().and_then(seconds).unwrap_or(5.0);
        return Some(Duration::from_secs_f64(wait));
    }
    let again = if failed && state.retries > 0 {
        format!(" (retried {} times).", state.retries)
    } else {
        String::new()
    };
    (state.phase, state.message) = (phase, message + &again);
    app.operation = None;
    let revision = state.result.as_ref().map(|result| result.revision.clone()).unwrap_or_default();
    // A selective sync and a dry run leave no entry.
    if !failed && operation.resources.is_empty() && !operation.dry_run {
        let (started, source) = (state.started, state.result.as_ref().map(|result| result.source.clone()));
        app.history.push(Deployment {
            id: app.history.last().map_or(0, |last| last.id + 1),
            revision,
            started,
            deployed: now(),
            source: source.unwrap_or_default(),
            username: operation.username.clone(),
            automated: operation.automated,
        });
        // revisionHistoryLimit: 10
        let surplus = app.history.len().saturating_sub(10);
        app.history.drain(..surplus);
    }
    None
}

/// Reads `2s`, `500ms`, `1m`.
fn seconds(text: &str) -> Option<f64> {
    let unit = text.trim_start_matches(|digit: char| digit.is_ascii_digit() || digit == '.');
    let number: f64 = text.strip_suffix(unit)?.parse().ok()?;
    Some(match unit {
        "ms" => number / 1000.0,
        "s" => number,
        "m" => number * 60.0,
        _ => return None,
    })
}
