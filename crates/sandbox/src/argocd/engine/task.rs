//! The tasks of a sync: an object in a phase.

use crate::argocd::{
    app::App,
    cluster::{self, Job, Live},
    object::Object,
    operation::{Operation, TaskResult},
    phase::{Phase, SyncPhase},
};

/// An object to apply or to prune in a phase.
#[derive(Debug, Clone)]
pub(super) struct Task {
    pub(super) phase: SyncPhase,
    pub(super) wave: i64,
    /// None for what Git no longer has.
    pub(super) target: Option<Object>,
    pub(super) live: Option<Live>,
    pub(super) status: &'static str,
    pub(super) hook_phase: Option<Phase>,
    pub(super) message: String,
    object: Object,
}

impl Task {
    fn new(phase: SyncPhase, target: Option<&Object>, live: Option<&Live>) -> Option<Self> {
        let object = target.or(live.map(|live| &live.object))?.clone();
        Some(Self {
            phase,
            wave: object.wave(),
            target: target.cloned(),
            live: live.cloned(),
            status: "",
            hook_phase: None,
            message: String::new(),
            object,
        })
    }

    pub(super) fn object(&self) -> &Object {
        &self.object
    }

    pub(super) fn is_hook(&self) -> bool {
        self.object.is_hook()
    }

    pub(super) fn is_prune(&self) -> bool {
        self.target.is_none()
    }

    pub(super) fn is_running(&self) -> bool {
        self.hook_phase == Some(Phase::Running)
    }

    /// Whether what is there is what is wanted.
    pub(super) fn is_unmodified(&self) -> bool {
        let live = self.live.as_ref().map(|live| &live.object.manifest);
        self.target.as_ref().is_some_and(|target| Some(&target.manifest) == live)
    }

    /// Writes the result down, in the place of the one before.
    pub(super) fn note(&self, results: &mut Vec<TaskResult>) {
        let result = TaskResult {
            key: self.object.key.clone(),
            version: self.object.version.clone(),
            images: self.object.images(),
            sync_phase: self.phase,
            is_hook: self.is_hook(),
            status: self.status,
            hook_phase: self.hook_phase,
            message: self.message.clone(),
        };
        match results.iter_mut().find(|one| is_of(one, self)) {
            Some(one) => *one = result,
            None => results.push(result),
        }
    }
}

fn is_of(result: &TaskResult, task: &Task) -> bool {
    result.key == task.object.key && result.sync_phase == task.phase
}

/// `getSyncTasks`: all tasks in their order, with the results that they have.
pub(super) fn tasks(
    app: &App,
    operation: &Operation,
    target: &[Object],
    results: &[TaskResult],
) -> Vec<Task> {
    let mut tasks = Vec::new();
    for object in target.iter().filter(|object| !object.is_hook() && operation.includes(&object.key)) {
        let phases = object.phases().into_iter();
        tasks.extend(phases.filter_map(|phase| Task::new(phase, Some(object), app.live.get(&object.key))));
    }
    let is_extra =
        |live: &&Live| !live.object.is_hook() && !target.iter().any(|one| one.key == live.object.key);
    let extra = app.live.values().filter(is_extra).filter(|live| operation.includes(&live.object.key));
    tasks.extend(extra.filter_map(|live| Task::new(SyncPhase::Sync, None, Some(live))));
    if !operation.skips_hooks() {
        for hook in target.iter().filter(|object| object.is_hook()) {
            let phases = hook.phases().into_iter();
            tasks.extend(phases.filter_map(|phase| Task::new(phase, Some(hook), app.live.get(&hook.key))));
        }
    }
    place_prunes(&mut tasks, operation);
    tasks.sort_by_key(|task| {
        let key = &task.object.key;
        (task.phase, task.wave, kind_order(&key.kind), key.name.clone())
    });
    for task in &mut tasks {
        if let Some(result) = results.iter().find(|result| is_of(result, task)) {
            (task.status, task.hook_phase) = (result.status, result.hook_phase);
            task.message.clone_from(&result.message);
        }
    }
    tasks
}

/// What is removed goes in the reverse order of its waves, or after everything else.
fn place_prunes(tasks: &mut [Task], operation: &Operation) {
    let mut waves: Vec<i64> = tasks.iter().filter(|task| task.is_prune()).map(|task| task.wave).collect();
    waves.sort_unstable();
    waves.dedup();
    let last = tasks.iter().filter(|task| task.phase == SyncPhase::Sync).map(|task| task.wave).max();
    let after_all = last.unwrap_or_default().max(0) + 1;
    for task in tasks.iter_mut().filter(|task| task.is_prune()) {
        let mirrored = waves.iter().zip(waves.iter().rev()).find(|(wave, _)| **wave == task.wave);
        task.wave = mirrored.map_or(task.wave, |(_, other)| *other);
        if operation.has_option("PruneLast=true") || task.object.has_option("PruneLast=true") {
            task.wave = after_all;
        }
    }
}

/// sync_tasks.go's `kindOrder`, as far as charts use it; any other kind comes last.
fn kind_order(kind: &str) -> usize {
    const ORDER: [&str; 18] = [
        "Namespace",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "ServiceAccount",
        "Secret",
        "ConfigMap",
        "PersistentVolumeClaim",
        "ClusterRole",
        "ClusterRoleBinding",
        "Role",
        "RoleBinding",
        "Service",
        "Pod",
        "Deployment",
        "StatefulSet",
        "Job",
        "CronJob",
        "Ingress",
    ];
    ORDER.iter().position(|one| *one == kind).unwrap_or(ORDER.len())
}

/// `syncContext.Terminate`: hooks that run are deleted.
pub(in crate::argocd) fn terminate(app: &mut App, results: &mut [TaskResult]) {
    for result in results.iter_mut().filter(|result| result.is_hook) {
        let job = app.live.get(&result.key).and_then(|live| live.job.clone());
        if job == Some(Job::Running) {
            cluster::delete(app, &result.key);
            (result.hook_phase, result.message) = (Some(Phase::Succeeded), "Deleted".to_owned());
        }
    }
}
