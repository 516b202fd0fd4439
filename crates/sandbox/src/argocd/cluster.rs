//! The objects of an application in its cluster.

use serde_json::json;

use super::{
    app::App,
    object::{Key, Object},
    rollout::Rollout,
    workload::Workload,
};
use crate::oidc::{now, uuid};

/// A live object.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Live {
    /// As it was applied last.
    pub(super) object: Object,
    pub(super) uid: String,
    pub(super) created: i64,
    /// How a Job is getting on; none for other kinds.
    pub(super) job: Option<Job>,
}

/// What a Job is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Job {
    Running,
    Complete,
    Failed(String),
}

/// How an object is written: options of the operation and of the object itself.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Manner {
    pub(super) is_server_side: bool,
    pub(super) is_replacing: bool,
}

/// What an apply has set going.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Begun {
    /// There is a new pod template to roll out.
    pub(super) rolls_out: bool,
    /// Jobs that have begun.
    pub(super) jobs: Vec<Key>,
}

/// Writes an object into the cluster and returns what `kubectl` says; the error is the API server's.
pub(super) fn apply(
    app: &mut App,
    object: &Object,
    manner: Manner,
    begun: &mut Begun,
) -> Result<String, String> {
    validate(object)?;
    if Workload::of(object).is_some()
        && let Some(reason) = app.fail_apply.take()
    {
        return Err(reason);
    }
    let before = app.live.get(&object.key).cloned();
    let word = match &before {
        None => "created",
        Some(_) if manner.is_replacing => "replaced",
        Some(live) if live.object.manifest == object.manifest => "unchanged",
        Some(_) => "configured",
    };
    let word = if manner.is_server_side { "serverside-applied" } else { word };
    let is_job = object.key.kind == "Job";
    if is_job && before.is_none() {
        begun.jobs.push(object.key.clone());
    }
    let live = before.unwrap_or_else(|| Live {
        object: object.clone(),
        uid: uuid(),
        created: now(),
        job: is_job.then_some(Job::Running),
    });
    app.live.insert(object.key.clone(), Live { object: object.clone(), ..live });
    let is_played = app.rollout.name.is_empty() || app.rollout.name == object.key.name;
    if let Some(workload) = Workload::of(object).filter(|_| is_played) {
        begun.rolls_out |= app.rollout.apply(&workload);
    }
    Ok(format!("{} {word}", object.path()))
}

/// Deletes an object; its pods go with it.
pub(super) fn delete(app: &mut App, key: &Key) {
    let gone = app.live.remove(key);
    if gone.is_some_and(|live| Workload::of(&live.object).is_some() && key.name == app.rollout.name) {
        app.rollout = Rollout::default();
    }
}

/// What the API server refuses: a port that is none.
fn validate(object: &Object) -> Result<(), String> {
    let ports = object.manifest["spec"]["ports"].as_array().filter(|_| object.key.kind == "Service");
    for (index, port) in ports.into_iter().flatten().enumerate() {
        let number = port["port"].as_i64().unwrap_or_default();
        if !(1..=65_535).contains(&number) {
            return Err(format!(
                "Service {} is invalid: spec.ports[{index}].port: Invalid value: {number}: must be between 1 and 65535, \
                 inclusive",
                json!(object.key.name)
            ));
        }
    }
    Ok(())
}
