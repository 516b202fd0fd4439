//! An application as tests look at it.

use serde::Serialize;

use super::app::App;

/// The state of an application at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Snapshot {
    /// `status.sync.revision`: what the last comparison was with; the first one if there are several sources.
    pub revision: String,
    /// The revision of each source at the last comparison.
    pub revisions: Vec<String>,
    /// `Synced`, `OutOfSync` or `Unknown`.
    pub sync: String,
    /// `Healthy`, `Progressing`, `Degraded`, `Suspended` or `Missing`.
    pub health: String,
    /// The Rollout's message.
    pub message: String,
    /// The phase of the last operation.
    pub phase: Option<String>,
    /// The message of the last operation.
    pub operation_message: Option<String>,
    /// The revision of the last operation's result.
    pub synced_revision: Option<String>,
    /// Whether an operation is in progress.
    pub in_progress: bool,
    /// The images of all pods, the leaving ones too.
    pub images: Vec<String>,
    /// All pods.
    pub pods: Vec<PodSnapshot>,
    /// What was deployed, oldest first: the revision of each source.
    pub history: Vec<Vec<String>>,
    /// What is in the cluster, as `KIND/NAME`, hooks included.
    pub objects: Vec<String>,
}

/// A pod at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PodSnapshot {
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: String,
    /// `Running`, `Terminating`, `ImagePullBackOff` …
    pub reason: String,
    /// Whether the active service selects it.
    pub active: bool,
}

impl Snapshot {
    pub(super) fn of(app: &App) -> Self {
        let rollout = &app.rollout;
        let pods = rollout.sets.iter().flat_map(|set| {
            set.pods.iter().map(|pod| PodSnapshot {
                name: pod.name.clone(),
                image: set.image.clone(),
                reason: pod.state.reason().to_owned(),
                active: rollout.active.as_ref() == Some(&set.hash),
            })
        });
        let state = app.state.as_ref();
        Self {
            revision: app.compared.revision(),
            revisions: app.compared.revisions.clone(),
            sync: app.sync.to_owned(),
            health: app.health().to_owned(),
            message: rollout.message.clone(),
            phase: state.map(|state| state.phase.name().to_owned()),
            operation_message: state.map(|state| state.message.clone()),
            synced_revision: state.and_then(|state| Some(state.result.as_ref()?.origin.revision())),
            in_progress: app.operation.is_some(),
            images: rollout.images(),
            pods: pods.collect(),
            history: app.history.iter().map(|deployment| deployment.origin.revisions.clone()).collect(),
            objects: app.live.keys().map(|key| format!("{}/{}", key.kind, key.name)).collect(),
        }
    }
}
