//! Running the tasks of one wave: `runTasks`.

use super::{Pass, task::Task};
use crate::argocd::{
    app::App,
    cluster::{self, Manner},
    object::DeletePolicy,
    operation::Operation,
    phase::Phase,
};

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    /// Something is deleted first.
    Pending,
    Failed,
}

/// Prunes, deletes the hooks of the time before, and applies. A failure of one does not keep the others.
pub(super) fn run(app: &mut App, operation: &Operation, tasks: &mut [Task], pass: &mut Pass) -> Outcome {
    for task in tasks.iter_mut().filter(|task| task.is_prune()) {
        prune(app, operation, task);
        task.note(&mut pass.results);
    }
    let mut outcome = Outcome::Done;
    for task in tasks.iter_mut().filter(|task| !task.is_prune() && task.hook_phase.is_none()) {
        let is_in_the_way = task.live.is_some() && task.object().has_policy(DeletePolicy::BeforeHookCreation);
        if is_in_the_way && !operation.dry_run {
            cluster::delete(app, &task.object().key);
            outcome = Outcome::Pending;
        }
    }
    if outcome == Outcome::Pending {
        return outcome;
    }
    for task in tasks.iter_mut().filter(|task| !task.is_prune()) {
        if !create(app, operation, task, pass) {
            outcome = Outcome::Failed;
        }
        task.note(&mut pass.results);
    }
    outcome
}

fn prune(app: &mut App, operation: &Operation, task: &mut Task) {
    let (status, message) = if !operation.prune {
        ("PruneSkipped", "ignored (requires pruning)")
    } else if task.object().has_option("Prune=false") {
        ("PruneSkipped", "ignored (no prune)")
    } else if operation.dry_run {
        ("Pruned", "pruned (dry run)")
    } else {
        cluster::delete(app, &task.object().key);
        ("Pruned", "pruned")
    };
    (task.status, task.hook_phase, task.message) = (status, Some(Phase::Succeeded), message.to_owned());
}

/// Applies an object; returns false if that fails.
fn create(app: &mut App, operation: &Operation, task: &mut Task, pass: &mut Pass) -> bool {
    let object = task.object().clone();
    let is_on = |option: &str| operation.has_option(option) || object.has_option(option);
    let manner = Manner {
        is_server_side: is_on("ServerSideApply=true") && !object.has_option("ServerSideApply=false"),
        is_replacing: is_on("Replace=true"),
    };
    let applied = if operation.dry_run {
        Ok(format!(
            "{} {} (dry run)",
            object.path(),
            if task.live.is_some() { "configured" } else { "created" }
        ))
    } else {
        cluster::apply(app, &object, manner, &mut pass.begun)
    };
    let is_good = applied.is_ok();
    (task.status, task.hook_phase, task.message) = match applied {
        Ok(message) if operation.dry_run => ("Synced", Some(Phase::Succeeded), message),
        Ok(message) => ("Synced", Some(Phase::Running), message),
        Err(message) => ("SyncFailed", Some(Phase::Failed), message),
    };
    is_good
}
