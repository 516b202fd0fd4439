//! An application's state.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    AppSpec,
    cluster::Live,
    health::{self, Health},
    object::{Key, Object},
    operation::{Operation, OperationState, initiator},
    resources::Status,
    rollout::Rollout,
    source::Origin,
    workload::Workload,
};
use crate::sts::time::iso;

/// A deployment that ended well.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Deployment {
    pub(super) id: u64,
    pub(super) origin: Origin,
    pub(super) started: i64,
    pub(super) deployed: i64,
    pub(super) username: String,
    pub(super) automated: bool,
}

/// What Argo CD says of the cluster whenever it looks there: `status.health` and `status.summary`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Assessment {
    pub(super) health: &'static str,
    pub(super) images: Vec<String>,
}

/// An application.
#[derive(Debug, Clone)]
pub(super) struct App {
    pub(super) spec: AppSpec,
    pub(super) uid: String,
    pub(super) created: i64,
    pub(super) version: u64,
    pub(super) deleting: bool,
    /// Whether the workload's namespace is there.
    pub(super) has_namespace: bool,
    /// The value of the annotation that asks for a refresh; one for the hydrator comes with it (util/argo, `RefreshApp`).
    pub(super) refresh: Option<&'static str>,
    pub(super) operation: Option<Operation>,
    pub(super) state: Option<OperationState>,
    /// What is in the cluster.
    pub(super) live: BTreeMap<Key, Live>,
    /// What Git said at the last comparison.
    pub(super) target: Vec<Object>,
    /// What the last comparison found, object by object.
    pub(super) resources: Vec<Status>,
    /// `Synced`, `OutOfSync` or `Unknown`.
    pub(super) sync: &'static str,
    /// What the last comparison was with, and the revisions of it.
    pub(super) compared: Origin,
    /// The types of the sources.
    pub(super) types: Vec<&'static str>,
    /// Type, message and time of what Argo CD complains about.
    pub(super) conditions: Vec<(&'static str, String, i64)>,
    pub(super) history: Vec<Deployment>,
    pub(super) reconciled: Option<i64>,
    pub(super) rollout: Rollout,
    /// The last assessment, where the cluster has changed since.
    pub(super) assessed: Option<Assessment>,
    /// Answers the next apply of a workload with this failure.
    pub(super) fail_apply: Option<String>,
    /// A source at a revision that could not be rendered, with its error, which the repo server caches.
    pub(super) failed_render: Option<(String, String)>,
}

impl App {
    pub(super) fn new(spec: AppSpec) -> Self {
        Self {
            compared: spec.origin(),
            spec,
            uid: crate::oidc::uuid(),
            created: crate::oidc::now(),
            version: 0,
            deleting: false,
            has_namespace: false,
            refresh: None,
            operation: None,
            state: None,
            live: BTreeMap::new(),
            target: Vec::new(),
            resources: Vec::new(),
            sync: "Unknown",
            types: Vec::new(),
            conditions: Vec::new(),
            history: Vec::new(),
            reconciled: None,
            rollout: Rollout::default(),
            assessed: None,
            fail_apply: None,
            failed_render: None,
        }
    }

    /// The application's health: that of its managed resources, where ReplicaSets and pods do not count
    /// (controller/health.go).
    pub(super) fn health(&self) -> &'static str {
        if let Some(assessed) = &self.assessed {
            return assessed.health;
        }
        if self.reconciled.is_none() {
            return "Missing";
        }
        let live = self.live.values().filter(|live| !live.object.is_hook());
        let live = live.filter_map(|live| health::of(self, live).map(|health| health.status));
        let is_missing =
            |object: &&Object| !self.live.contains_key(&object.key) && health::is_checked(&object.key.kind);
        let missing = self.target.iter().filter(|object| !object.is_hook()).find(is_missing);
        health::worst(live.chain(missing.map(|_| "Missing")))
    }

    /// The images of all pods, those of Jobs too, each once and sorted.
    fn images(&self) -> Vec<String> {
        if let Some(assessed) = &self.assessed {
            return assessed.images.clone();
        }
        let jobs = self.live.values().filter(|live| live.job.is_some());
        let mut images = self.rollout.images();
        images.extend(jobs.flat_map(|live| live.object.images()));
        images.sort();
        images.dedup();
        images
    }

    /// The present assessment.
    pub(super) fn assess(&self) -> Assessment {
        Assessment { health: self.health(), images: self.images() }
    }

    /// The workload that is played, as it was applied.
    pub(super) fn workload(&self) -> Option<Workload> {
        let all = self.live.values().filter_map(|live| Workload::of(&live.object));
        all.into_iter().find(|workload| workload.name == self.rollout.name)
    }

    /// The health of one object, as the API server looks it up in the tree.
    pub(super) fn health_of(&self, key: &Key) -> Option<Health> {
        match self.live.get(key) {
            Some(live) => health::of(self, live),
            None => Some(Health::new("Missing", "Resource has not been created")),
        }
    }

    /// The whole resource, without its version.
    pub(super) fn json(&self) -> Value {
        let spec = &self.spec;
        let mut metadata = json!({
            "name": spec.name,
            "namespace": spec.namespace,
            "uid": self.uid,
            "creationTimestamp": iso(self.created),
        });
        if !spec.labels.is_empty() {
            metadata["labels"] = json!(spec.labels);
        }
        if let Some(refresh) = self.refresh {
            metadata["annotations"] = json!({
                "argocd.argoproj.io/hydrate": "normal",
                "argocd.argoproj.io/refresh": refresh,
            });
        }
        if self.deleting {
            metadata["deletionTimestamp"] = json!(iso(self.created));
        }
        let mut app = json!({ "metadata": metadata, "spec": spec.json(), "status": self.status() });
        if let Some(operation) = &self.operation {
            app["operation"] = operation.json();
        }
        app
    }

    fn status(&self) -> Value {
        let spec = &self.spec;
        let mut compared = json!({ "destination": spec.destination() });
        self.compared.put_sources(&mut compared);
        let mut sync = json!({ "status": self.sync, "comparedTo": compared });
        self.compared.put_revisions(&mut sync);
        let images = self.images();
        let mut status = Map::from_iter([
            ("sync".to_owned(), sync),
            ("health".to_owned(), json!({ "status": self.health() })),
            ("summary".to_owned(), if images.is_empty() { json!({}) } else { json!({ "images": images }) }),
            ("resourceHealthSource".to_owned(), json!("appTree")),
            ("controllerNamespace".to_owned(), json!("argocd")),
            ("sourceHydrator".to_owned(), json!({})),
        ]);
        if self.compared.is_multi {
            status.insert("sourceTypes".into(), json!(self.types));
        } else if let Some(kind) = self.types.first() {
            status.insert("sourceType".into(), json!(kind));
        }
        if !self.resources.is_empty() {
            let resources = self.resources.iter().map(|one| one.json(self));
            status.insert("resources".into(), resources.collect());
        }
        if !self.history.is_empty() {
            status.insert("history".into(), self.history.iter().map(Deployment::json).collect());
        }
        if let Some(reconciled) = self.reconciled {
            status.insert("reconciledAt".into(), json!(iso(reconciled)));
        }
        if let Some(state) = &self.state {
            status.insert("operationState".into(), state.json());
        }
        if !self.conditions.is_empty() {
            let condition = |(kind, message, time): &(&str, String, i64)| json!({ "type": kind, "message": message, "lastTransitionTime": iso(*time) });
            status.insert("conditions".into(), self.conditions.iter().map(condition).collect());
        }
        Value::Object(status)
    }
}

impl Deployment {
    fn json(&self) -> Value {
        let mut json = json!({
            "id": self.id,
            "deployStartedAt": iso(self.started),
            "deployedAt": iso(self.deployed),
            "initiatedBy": initiator(&self.username, self.automated),
        });
        self.origin.put_sources(&mut json);
        self.origin.put_revisions(&mut json);
        json
    }
}
