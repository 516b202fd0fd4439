//! What runs the pods of an application: a blue/green Rollout or a Deployment.

use serde_json::Value;

use super::{object::Object, product};

/// The kind of a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum WorkloadKind {
    #[default]
    Rollout,
    Deployment,
}

impl WorkloadKind {
    /// The API group and the kind.
    pub(super) fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Rollout => ("argoproj.io", "Rollout"),
            Self::Deployment => ("apps", "Deployment"),
        }
    }
}

/// What a manifest says about its pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Workload {
    pub(super) kind: WorkloadKind,
    pub(super) name: String,
    pub(super) replicas: usize,
    pub(super) image: String,
    /// Stands for the pod template: the hash in the names of ReplicaSets.
    pub(super) hash: String,
    /// Whether the new pods are cut over to as soon as they are ready.
    pub(super) auto_promotion: bool,
}

impl Workload {
    /// Reads a manifest; none if its kind is another one.
    pub(super) fn of(object: &Object) -> Option<Self> {
        let is = |kind: &WorkloadKind| kind.names() == (object.key.group.as_str(), object.key.kind.as_str());
        let kind = [WorkloadKind::Rollout, WorkloadKind::Deployment].into_iter().find(is)?;
        let spec = &object.manifest["spec"];
        let replicas = spec["replicas"].as_u64().and_then(|count| usize::try_from(count).ok());
        Some(Self {
            kind,
            name: object.key.name.clone(),
            replicas: replicas.unwrap_or(1),
            image: object.images().into_iter().next().unwrap_or_default(),
            hash: product::hash(&spec["template"].to_string()),
            auto_promotion: spec["strategy"]["blueGreen"]["autoPromotionEnabled"] != Value::Bool(false),
        })
    }
}
