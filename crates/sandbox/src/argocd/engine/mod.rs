//! One pass of a sync: `syncContext.Sync` of gitops-engine's pkg/sync/sync_context.go, in its order and words.

mod run;
mod task;

use super::{
    app::App,
    cluster::Begun,
    health,
    object::{DeletePolicy, Key, Object},
    operation::{Operation, TaskResult},
    phase::{Phase, SyncPhase},
};
use run::{Outcome, run};
pub(super) use task::terminate;
use task::{Task, tasks};

/// Where a pass has got to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pass {
    pub(super) phase: Phase,
    pub(super) message: String,
    pub(super) results: Vec<TaskResult>,
    pub(super) begun: Begun,
    /// Another wave follows, before which Argo CD waits.
    pub(super) between_waves: bool,
}

impl Pass {
    /// Where every attempt begins.
    pub(super) fn begun() -> Self {
        Self {
            phase: Phase::Running,
            message: String::new(),
            results: Vec::new(),
            begun: Begun::default(),
            between_waves: false,
        }
    }
}

/// Goes on with an operation. `results` are those of the passes before, `target` is what Git says.
pub(super) fn pass(
    app: &mut App,
    operation: &Operation,
    target: &[Object],
    results: Vec<TaskResult>,
    message: &str,
) -> Pass {
    let pass = Pass { message: message.to_owned(), results, ..Pass::begun() };
    Engine { app, operation, target, pass }.sync()
}

struct Engine<'a> {
    app: &'a mut App,
    operation: &'a Operation,
    target: &'a [Object],
    pass: Pass,
}

impl Engine<'_> {
    fn sync(mut self) -> Pass {
        if self.makes_namespace() {
            return self.pass;
        }
        let mut tasks = tasks(self.app, self.operation, self.target, &self.pass.results);
        for task in tasks.iter_mut().filter(|task| task.is_running() && task.live.is_some()) {
            look(self.app, task);
            task.note(&mut self.pass.results);
        }
        let is_multi_step = is_multi_step(&tasks);
        let running: Vec<&Task> =
            tasks.iter().filter(|task| (is_multi_step || task.is_hook()) && task.is_running()).collect();
        if !running.is_empty() {
            self.waits_for(&running, false);
            return self.pass;
        }
        let is_over = |task: &Task| task.is_hook() && task.live.is_some() && !task.is_running();
        let ended: Vec<Task> = tasks.iter().filter(|task| is_over(task)).cloned().collect();
        let (on_failure, mut tasks): (Vec<Task>, Vec<Task>) =
            tasks.into_iter().partition(|task| task.phase == SyncPhase::SyncFail);
        if tasks
            .iter()
            .any(|task| task.hook_phase.is_some_and(|phase| phase.is_over() && phase != Phase::Succeeded))
        {
            self.delete_hooks(&ended, DeletePolicy::HookFailed);
            self.fails(on_failure, &tasks, "one or more synchronization tasks completed unsuccessfully");
            return self.pass;
        }
        tasks.retain(|task| task.hook_phase.is_none());
        if self.operation.has_option("ApplyOutOfSyncOnly=true") {
            tasks.retain(|task| task.is_hook() || !task.is_unmodified());
        }
        let Some((phase, wave)) = tasks.first().map(|task| (task.phase, task.wave)) else {
            self.delete_hooks(&ended, DeletePolicy::HookSucceeded);
            self.ends(Phase::Succeeded, "successfully synced (no more tasks)".into());
            return self.pass;
        };
        let is_now = |task: &Task| task.phase == phase && task.wave == wave;
        let remaining: Vec<Task> =
            tasks.iter().filter(|task| !is_now(task) || task.is_hook()).cloned().collect();
        let is_last = tasks.last().is_some_and(is_now);
        tasks.retain(is_now);
        self.ends(Phase::Running, "one or more tasks are running".into());
        let outcome = run(self.app, self.operation, &mut tasks, &mut self.pass);
        self.pass.between_waves = outcome != Outcome::Failed && !is_last;
        match outcome {
            Outcome::Failed => {
                self.delete_hooks(&ended, DeletePolicy::HookFailed);
                self.fails(on_failure, &tasks, "one or more objects failed to apply");
            }
            Outcome::Done if remaining.is_empty() => {
                self.delete_hooks(&ended, DeletePolicy::HookSucceeded);
                self.ends(Phase::Succeeded, "successfully synced (all tasks run)".into());
            }
            Outcome::Done => self.waits_for(&remaining.iter().collect::<Vec<_>>(), false),
            Outcome::Pending => {
                let policies = [DeletePolicy::HookSucceeded, DeletePolicy::HookFailed];
                let is_leaving =
                    |task: &&Task| policies.iter().any(|policy| task.object().has_policy(*policy));
                self.waits_for(&tasks.iter().filter(is_leaving).collect::<Vec<_>>(), true);
            }
        }
        self.pass
    }

    /// `CreateNamespace=true`: the namespace comes first, and the next pass goes on.
    fn makes_namespace(&mut self) -> bool {
        let name = self.app.spec.destination_namespace.clone();
        let is_wanted = self.operation.has_option("CreateNamespace=true") && !self.operation.dry_run;
        if self.app.has_namespace || !is_wanted || name.is_empty() {
            return false;
        }
        self.app.has_namespace = true;
        self.pass.results.push(TaskResult {
            key: Key {
                group: String::new(),
                kind: "Namespace".into(),
                namespace: String::new(),
                name: name.clone(),
            },
            version: "v1".into(),
            images: Vec::new(),
            sync_phase: SyncPhase::PreSync,
            is_hook: false,
            status: "Synced",
            hook_phase: Some(Phase::Running),
            message: format!("namespace/{name} created"),
        });
        self.ends(Phase::Running, format!("waiting for healthy state of /Namespace/{name}"));
        true
    }

    fn ends(&mut self, phase: Phase, message: String) {
        (self.pass.phase, self.pass.message) = (phase, message);
    }

    /// `setRunningPhase`.
    fn waits_for(&mut self, tasks: &[&Task], is_deletion: bool) {
        let Some(first) = tasks.first() else { return };
        let (what, more) = match (is_deletion, first.is_hook()) {
            (true, is_hook) => ("deletion of", if is_hook { "hooks" } else { "resources" }),
            (false, true) => ("completion of hook", "hooks"),
            (false, false) => ("healthy state of", "resources"),
        };
        let key = &first.object().key;
        let mut message = format!("waiting for {what} {}/{}/{}", key.group, key.kind, key.name);
        if tasks.len() > 1 {
            message = format!("{message} and {} more {more}", tasks.len() - 1);
        }
        self.ends(Phase::Running, message);
    }

    /// `setOperationFailed`: hooks of the failure run before the operation is over.
    fn fails(&mut self, mut on_failure: Vec<Task>, tasks: &[Task], message: &str) {
        let failed = tasks.iter().filter(|task| task.status == "SyncFailed");
        let reasons: Vec<&str> = failed.map(|task| task.message.as_str()).collect();
        let message = match reasons.as_slice() {
            [] => message.to_owned(),
            reasons => format!("{message}, reason: {}", reasons.join(",")),
        };
        let are_over = on_failure.iter().all(|task| task.hook_phase.is_some_and(Phase::is_over));
        if on_failure.is_empty() || are_over {
            return self.ends(Phase::Failed, message);
        }
        run(self.app, self.operation, &mut on_failure, &mut self.pass);
    }

    fn delete_hooks(&mut self, tasks: &[Task], policy: DeletePolicy) {
        for task in tasks.iter().filter(|task| task.object().has_policy(policy)) {
            super::cluster::delete(self.app, &task.object().key);
        }
    }
}

/// Takes over how a running task is getting on.
fn look(app: &App, task: &mut Task) {
    let health = task.live.as_ref().and_then(|live| health::of(app, live));
    let (phase, message) = match (task.is_hook(), health) {
        (_, None) if !task.is_hook() => (Phase::Succeeded, String::new()),
        (true, None) => (Phase::Succeeded, format!("{} created", task.object().key.name)),
        (_, Some(health)) => match health.status {
            "Healthy" => (Phase::Succeeded, health.message),
            "Degraded" | "Unknown" => (Phase::Failed, health.message),
            _ => (Phase::Running, if task.is_hook() { health.message } else { String::new() }),
        },
        (false, None) => (Phase::Succeeded, String::new()),
    };
    task.hook_phase = Some(phase);
    if task.is_hook() {
        task.status = "";
    }
    if !message.is_empty() {
        task.message = message;
    }
}

fn is_multi_step(tasks: &[Task]) -> bool {
    let place = |task: Option<&Task>| task.map(|task| (task.phase, task.wave));
    place(tasks.first()) != place(tasks.last())
}
