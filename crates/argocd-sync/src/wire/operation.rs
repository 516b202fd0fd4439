//! A sync operation: as it was asked for, and how it goes.

use serde::{Deserialize, Serialize};

use super::{Revisions, or_default};

/// What was asked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Operation {
    #[serde(deserialize_with = "or_default")]
    pub(crate) sync: SyncOperation,
    #[serde(deserialize_with = "or_default")]
    pub(crate) info: Vec<Info>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) initiated_by: Initiator,
}

/// The sync part of an operation.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct SyncOperation {
    pub(crate) revision: String,
    #[serde(deserialize_with = "or_default")]
    pub(crate) revisions: Vec<String>,
    pub(crate) prune: bool,
    pub(crate) dry_run: bool,
    /// Non-empty for a partial sync.
    #[serde(deserialize_with = "or_default")]
    pub(crate) resources: Vec<ResourceId>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) sync_options: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) sync_strategy: SyncStrategy,
    /// Somebody's own files instead of Git's (`argocd app sync --local`). As long as this operation is the last one, every
    /// comparison is made with them (appcontroller.go `localManifests`).
    #[serde(deserialize_with = "or_default")]
    pub(crate) manifests: Vec<String>,
}

/// How the resources are applied; with hooks unless something else is named.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SyncStrategy {
    /// Without hooks, as "Apply only" and every rollback of Argo CD's own (v1alpha1 `IsApplyStrategy`).
    pub(crate) apply: Option<serde_json::Value>,
}

/// What a resource is called, as a partial sync names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ResourceId {
    pub(crate) group: String,
    pub(crate) kind: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
}

/// A name and a value that travel with the operation into `status.operationState.operation.info`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Info {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// Who asked.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Initiator {
    pub(crate) username: String,
    pub(crate) automated: bool,
}

/// How the last operation goes or went.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct OperationState {
    #[serde(deserialize_with = "or_default")]
    pub(crate) operation: Operation,
    /// `Running`, `Terminating`, `Succeeded`, `Failed` or `Error`.
    pub(crate) phase: String,
    pub(crate) message: String,
    pub(crate) sync_result: Option<SyncResult>,
    pub(crate) started_at: Option<String>,
    pub(crate) finished_at: Option<String>,
}

/// What the operation did.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SyncResult {
    pub(crate) revision: String,
    #[serde(deserialize_with = "or_default")]
    pub(crate) revisions: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) resources: Vec<ResourceResult>,
}

/// What the operation did to one resource.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct ResourceResult {
    pub(crate) group: String,
    pub(crate) kind: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// `Synced`, `SyncFailed`, `Pruned`, `PruneSkipped`; empty for a hook.
    pub(crate) status: String,
    pub(crate) message: String,
    /// `Failed` or `Error` for a hook that went wrong.
    pub(crate) hook_phase: String,
}

impl ResourceResult {
    /// What it is called.
    pub(crate) fn id(&self) -> ResourceId {
        let Self { group, kind, namespace, name, .. } = self.clone();
        ResourceId { group, kind, namespace, name }
    }
}

impl SyncOperation {
    /// Whether it does not sync what Git says.
    pub(crate) fn is_local(&self) -> bool {
        !self.manifests.is_empty()
    }

    /// Whether it leaves out the hooks.
    pub(crate) fn is_without_hooks(&self) -> bool {
        self.sync_strategy.apply.is_some()
    }

    /// What was asked for.
    pub(crate) fn revisions(&self) -> Revisions<'_> {
        Revisions { only: &self.revision, each: &self.revisions }
    }
}

impl Operation {
    /// Says who asked for it, for people.
    pub(crate) fn initiator(&self) -> &str {
        match (&self.initiated_by.automated, self.initiated_by.username.as_str()) {
            (true, _) => "auto-sync",
            (false, "") => "an unknown initiator",
            (false, name) => name,
        }
    }

    /// Whether it carries this nonce in its infos.
    pub(crate) fn carries(&self, name: &str, value: &str) -> bool {
        self.info.iter().any(|info| info.name == name && info.value == value)
    }
}

impl OperationState {
    /// Whether it has ended for good. `Running` with a `finishedAt` waits for its next retry
    /// (appcontroller.go), and an end without `finishedAt` is argo-cd#29636.
    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.phase.as_str(), "Succeeded" | "Failed" | "Error") && self.finished_at.is_some()
    }

    /// Returns the revisions that were synced, empty if none were.
    pub(crate) fn synced(&self) -> Revisions<'_> {
        match &self.sync_result {
            Some(result) => Revisions { only: &result.revision, each: &result.revisions },
            None => Revisions { only: "", each: &[] },
        }
    }
}
