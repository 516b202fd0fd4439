//! An application's state.

use serde_json::{Map, Value, json};

use super::{
    AppSpec,
    operation::{Operation, OperationState},
    render::Rendered,
    resources,
    rollout::{Phase, Rollout},
};
use crate::sts::time::iso;

/// A deployment that ended well.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Deployment {
    pub(super) id: u64,
    pub(super) revision: String,
    pub(super) started: i64,
    pub(super) deployed: i64,
    pub(super) source: Value,
    pub(super) username: String,
    pub(super) automated: bool,
}

/// An application.
#[derive(Debug, Clone)]
pub(super) struct App {
    pub(super) spec: AppSpec,
    pub(super) uid: String,
    pub(super) created: i64,
    pub(super) version: u64,
    pub(super) deleting: bool,
    /// The value of the annotation that asks for a refresh.
    pub(super) refresh: Option<&'static str>,
    pub(super) operation: Option<Operation>,
    pub(super) state: Option<OperationState>,
    /// What was applied last.
    pub(super) applied: Option<Rendered>,
    /// `Synced`, `OutOfSync` or `Unknown`.
    pub(super) sync: &'static str,
    /// The revision that the last comparison was with.
    pub(super) revision: String,
    /// Type, message and time of what Argo CD complains about.
    pub(super) conditions: Vec<(&'static str, String, i64)>,
    pub(super) history: Vec<Deployment>,
    pub(super) reconciled: Option<i64>,
    pub(super) rollout: Rollout,
    /// The health of the last assessment, where the Rollout has changed since.
    pub(super) assessed: Option<&'static str>,
    /// Answers the next apply with this failure.
    pub(super) fail_apply: Option<String>,
    /// A revision that could not be rendered, with its error, which the repo server caches.
    pub(super) failed_render: Option<(String, String)>,
}

impl App {
    pub(super) fn new(spec: AppSpec) -> Self {
        Self {
            spec,
            uid: crate::oidc::uuid(),
            created: crate::oidc::now(),
            version: 0,
            deleting: false,
            refresh: None,
            operation: None,
            state: None,
            applied: None,
            sync: "Unknown",
            revision: String::new(),
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
        if let Some(assessed) = self.assessed {
            return assessed;
        }
        if self.applied.is_none() {
            return "Missing";
        }
        // Argo CD's health.lua for Rollouts: the phase, and Suspended for Paused.
        match self.rollout.phase {
            Phase::Progressing => "Progressing",
            Phase::Paused => "Suspended",
            Phase::Healthy => "Healthy",
            Phase::Degraded => "Degraded",
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
            metadata["annotations"] = json!({ "argocd.argoproj.io/refresh": refresh });
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
        let compared = json!({ "source": spec.source(), "destination": spec.destination() });
        let mut sync = json!({ "status": self.sync, "comparedTo": compared });
        if !self.revision.is_empty() {
            sync["revision"] = json!(self.revision);
        }
        let images = self.rollout.images();
        let mut status = Map::from_iter([
            ("sync".to_owned(), sync),
            ("health".to_owned(), json!({ "status": self.health() })),
            ("summary".to_owned(), if images.is_empty() { json!({}) } else { json!({ "images": images }) }),
            ("resourceHealthSource".to_owned(), json!("appTree")),
            ("controllerNamespace".to_owned(), json!("argocd")),
            ("sourceHydrator".to_owned(), json!({})),
            ("sourceType".to_owned(), json!("Helm")),
            ("resources".to_owned(), json!(resources::statuses(self))),
        ]);
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
        let mut initiator = json!({});
        if self.automated {
            initiator["automated"] = json!(true);
        } else {
            initiator["username"] = json!(self.username);
        }
        json!({
            "id": self.id,
            "revision": self.revision,
            "deployStartedAt": iso(self.started),
            "deployedAt": iso(self.deployed),
            "source": self.source,
            "initiatedBy": initiator,
        })
    }
}
