//! Playing an operation: `processRequestedAppOperation` of Argo CD's appcontroller.go.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    Target, compare,
    finish::{Outcome, finish},
    jobs, look_again, reconcile, roll_out,
};
use crate::{
    World,
    argocd::{
        engine::{self, Pass},
        operation::{Operation, OperationState, SyncResult},
        phase::Phase,
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
            // Without the words that the handler puts before it: grpc-gateway says what the inner status says.
            "another operation is already in progress",
        )),
        Some(true) => {
            tokio::spawn(run(world.clone(), name.to_owned()));
            Ok(())
        }
    }
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
    world.argocd.store.update(&name, look_again);
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
            phase: Phase::Running,
            message: app.state.take().map(|state| state.message).unwrap_or_default(),
            result: None,
            started,
            finished: None,
            retries,
        });
        Some(operation)
    })??;
    let app = world.argocd.store.get(name)?;
    let origin =
        if operation.origin.sources.is_empty() { app.spec.origin() } else { operation.origin.clone() };
    let compared = compare(world, name, origin.clone()).await;
    let rest = timing.sync_ms - timing.sync_ms / 5 + operation.hold_ms;
    if !pause(world, name, Duration::from_millis(rest)).await {
        terminate(world, name);
        return None;
    }
    let target = match compared {
        Ok(target) => target,
        Err(message) => {
            let outcome = Outcome {
                phase: Phase::Error,
                message: format!("ComparisonError: {message}"),
                result: SyncResult { origin, resources: Vec::new() },
            };
            // The condition is the next comparison's.
            return world.argocd.store.update(name, |app| finish(app, &operation, outcome))?;
        }
    };
    passes(world, name, &operation, &target).await
}

/// Goes on, wave by wave, until the attempt is over. What a pass has applied is in the cluster at once; what it says of
/// it shows when the delay between the waves is over.
async fn passes(world: &Arc<World>, name: &str, operation: &Operation, target: &Target) -> Option<Duration> {
    let mut last = Pass::begun();
    loop {
        last = world.argocd.store.update(name, |app| {
            // Health and images say nothing about what is applied from here on, until the application is compared again.
            app.assessed = Some(app.assess());
            engine::pass(app, operation, &target.objects, last.results, &last.message)
        })?;
        jobs::play(world, name, std::mem::take(&mut last.begun.jobs));
        if last.begun.rolls_out {
            roll_out(world, name);
        }
        if last.between_waves {
            tokio::time::sleep(Duration::from_millis(world.argocd.timing().wave_delay_ms)).await;
        }
        let result = SyncResult { origin: target.origin.clone(), resources: last.results.clone() };
        if last.phase.is_over() {
            let outcome = Outcome { phase: last.phase, message: last.message, result };
            return world.argocd.store.update(name, |app| finish(app, operation, outcome))?;
        }
        world.argocd.store.update(name, |app| {
            if let Some(state) = app.state.as_mut() {
                state.result = Some(result);
                if state.phase != Phase::Terminating {
                    state.message.clone_from(&last.message);
                }
            }
        });
        if !pause(world, name, Duration::from_millis(20)).await {
            terminate(world, name);
            return None;
        }
    }
}

/// Waits, and returns false as soon as somebody asks for the end of the operation.
async fn pause(world: &Arc<World>, name: &str, time: Duration) -> bool {
    let end = Instant::now() + time;
    loop {
        let app = world.argocd.store.get(name);
        if app.is_none_or(|app| app.state.is_some_and(|state| state.phase == Phase::Terminating)) {
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
        let mut state = app.state.take();
        if let Some(state) = &mut state {
            if let Some(result) = &mut state.result {
                engine::terminate(app, &mut result.resources);
            }
            (state.phase, state.finished) = (Phase::Failed, Some(now()));
            state.message = "Operation terminated".into();
        }
        (app.state, app.operation) = (state, None);
    });
}
