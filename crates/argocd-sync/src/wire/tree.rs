//! The resource tree, events and log lines: what explains pods.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{application::Health, or_default};

/// `GET /api/v1/applications/{name}/resource-tree`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ResourceTree {
    #[serde(deserialize_with = "or_default")]
    pub(crate) nodes: Vec<Node>,
}

/// One live object, managed or a child of a managed one.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Node {
    pub(crate) kind: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) uid: String,
    #[serde(deserialize_with = "or_default")]
    pub(crate) parent_refs: Vec<ParentRef>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) info: Vec<InfoItem>,
    /// Of a pod: what its containers and init containers run.
    #[serde(deserialize_with = "or_default")]
    pub(crate) images: Vec<String>,
    pub(crate) health: Option<Health>,
    pub(crate) created_at: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) networking_info: NetworkingInfo,
}

/// What Argo CD draws its network view from; of a pod it holds the labels.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct NetworkingInfo {
    #[serde(deserialize_with = "or_default")]
    pub(crate) labels: BTreeMap<String, String>,
}

/// The owner of a node.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ParentRef {
    pub(crate) uid: String,
    pub(crate) kind: String,
}

/// A detail for people: a pod's `Status Reason`, a ReplicaSet's `Revision`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct InfoItem {
    pub(crate) name: String,
    pub(crate) value: String,
}

impl Node {
    /// Returns the detail called `name`.
    pub(crate) fn info(&self, name: &str) -> Option<&str> {
        self.info.iter().find(|item| item.name == name).map(|item| item.value.as_str())
    }

    /// Returns the value of a label, where Argo CD tells it.
    pub(crate) fn label(&self, name: &str) -> Option<&str> {
        self.networking_info.labels.get(name).map(String::as_str)
    }
}

/// `GET /api/v1/applications/{name}/resource`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Manifest {
    /// The object, as JSON.
    pub(crate) manifest: String,
}

/// `GET /api/v1/applications/{name}/events`, a Kubernetes EventList.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct EventList {
    #[serde(deserialize_with = "or_default")]
    pub(crate) items: Vec<Event>,
}

/// A Kubernetes event.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Event {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) reason: String,
    pub(crate) message: String,
}

/// One line of `GET /api/v1/applications/{name}/logs`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct LogLine {
    pub(crate) content: String,
}
