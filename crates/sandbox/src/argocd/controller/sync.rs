//! Playing an operation: `processRequestedAppOperation` of Argo CD's appcontroller.go.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::json;

use super::{
    apply::{apply, finish},
    compare, reconcile, roll_out,
};
use crate::{
    World,
    argocd::{
        operation::{Operation, OperationState},
        refusal::{Code, Refusal},
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
    let (rolls_out, retry) = world.argocd.store.update(name, |app| {
        let outcome = apply(app, &operation, compared);
        (outcome.rolls_out, finish(app, &operation, outcome))
    })?;
    if rolls_out {
        roll_out(world, name);
    }
    retry
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
