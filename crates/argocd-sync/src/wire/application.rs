//! An Application resource.

use serde::Deserialize;

use super::{HydratorStatus, Operation, OperationState, ResourceId, Revisions, Source, or_default};

/// `argoproj.io/v1alpha1` Application.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Application {
    pub(crate) metadata: Metadata,
    pub(crate) spec: Spec,
    /// The operation that was asked for and is not completed; the controller clears it at the end.
    pub(crate) operation: Option<Operation>,
    pub(crate) status: Status,
}

/// `GET /api/v1/applications`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ApplicationList {
    /// Go writes an empty list as `null`.
    #[serde(deserialize_with = "or_default")]
    pub(crate) items: Vec<Application>,
}

/// The object's own data.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Metadata {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) resource_version: String,
    pub(crate) deletion_timestamp: Option<String>,
}

/// What the application is made from. Absent in stream events.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Spec {
    pub(crate) project: String,
    pub(crate) source: Option<Source>,
    /// Several sources, each with a revision of its own.
    #[serde(deserialize_with = "or_default")]
    pub(crate) sources: Vec<Source>,
    pub(crate) source_hydrator: Option<SourceHydrator>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) sync_policy: SyncPolicy,
}

/// A source that the controller renders into commits of another branch, which are synced.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct SourceHydrator {
    /// Where the commits come from that are rendered.
    pub(crate) dry_source: Source,
    /// A branch from which somebody else brings the commits to the one that is synced.
    pub(crate) hydrate_to: Option<serde_json::Value>,
}

impl Spec {
    /// Whether its revisions are a list (`HasMultipleSources`: the hydrator goes first).
    pub(crate) fn has_several(&self) -> bool {
        self.source_hydrator.is_none() && !self.sources.is_empty()
    }

    /// Its sources, one or several; of a hydrator the one that is rendered.
    pub(crate) fn sources(&self) -> Vec<&Source> {
        match &self.source_hydrator {
            Some(hydrator) => vec![&hydrator.dry_source],
            None if self.sources.is_empty() => self.source.iter().collect(),
            None => self.sources.iter().collect(),
        }
    }
}

/// Whether Argo CD syncs on its own.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SyncPolicy {
    pub(crate) automated: Option<Automated>,
}

/// Auto-sync; `enabled` exists since v3.1 and means yes when absent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Automated {
    pub(crate) enabled: Option<bool>,
}

/// What the controller found.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Status {
    pub(crate) operation_state: Option<OperationState>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) sync: SyncStatus,
    #[serde(deserialize_with = "or_default")]
    pub(crate) health: Health,
    #[serde(deserialize_with = "or_default")]
    pub(crate) summary: Summary,
    /// When the last full comparison began, in whole seconds.
    pub(crate) reconciled_at: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) conditions: Vec<Condition>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) resources: Vec<ResourceStatus>,
    /// How the source is rendered: `Helm`, `Kustomize`, `Directory` or `Plugin`.
    pub(crate) source_type: String,
    #[serde(deserialize_with = "or_default")]
    pub(crate) source_hydrator: HydratorStatus,
    /// What was deployed, oldest first; only the last ten, or as many as `revisionHistoryLimit` says.
    #[serde(deserialize_with = "or_default")]
    pub(crate) history: Vec<Deployed>,
}

/// What an operation that succeeded has deployed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Deployed {
    revision: String,
    #[serde(deserialize_with = "or_default")]
    revisions: Vec<String>,
}

impl Deployed {
    /// Of one source, or of each.
    pub(crate) fn revisions(&self) -> Revisions<'_> {
        Revisions { only: &self.revision, each: &self.revisions }
    }
}

/// The result of the comparison with Git.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SyncStatus {
    pub(crate) status: String,
    pub(crate) revision: String,
    #[serde(deserialize_with = "or_default")]
    pub(crate) revisions: Vec<String>,
}

impl SyncStatus {
    /// What was compared with.
    pub(crate) fn revisions(&self) -> Revisions<'_> {
        Revisions { only: &self.revision, each: &self.revisions }
    }
}

/// A health status with its message.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Health {
    pub(crate) status: String,
    pub(crate) message: String,
}

/// What the live pods say.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Summary {
    /// The images of all live pods, as their specs name them.
    #[serde(deserialize_with = "or_default")]
    pub(crate) images: Vec<String>,
}

/// Something that Argo CD complains about.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Condition {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) message: String,
}

/// One managed resource.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct ResourceStatus {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) health: Option<Health>,
    pub(crate) requires_pruning: bool,
    pub(crate) hook: bool,
}

impl ResourceStatus {
    /// What it is called.
    pub(crate) fn id(&self) -> ResourceId {
        let Self { group, kind, namespace, name, .. } = self.clone();
        ResourceId { group, kind, namespace, name }
    }
}

impl ResourceStatus {
    /// Names it for people: `Rollout app/product`.
    pub(crate) fn title(&self) -> String {
        format!("{} {}/{}", self.kind, self.namespace, self.name)
    }

    /// Its health, empty for a kind that has none.
    pub(crate) fn health_status(&self) -> &str {
        self.health.as_ref().map_or("", |health| &health.status)
    }
}

impl Application {
    /// Whether Argo CD syncs this application on its own.
    pub(crate) fn is_auto_synced(&self) -> bool {
        self.spec.sync_policy.automated.as_ref().is_some_and(|automated| automated.enabled != Some(false))
    }

    /// Whether a sync can name no revision: auto-sync would undo it, and with `hydrateTo` it would be synced before
    /// somebody has promoted it.
    pub(crate) fn follows_its_branch(&self) -> bool {
        let is_staged = |hydrator: &SourceHydrator| hydrator.hydrate_to.is_some();
        self.is_auto_synced() || self.spec.source_hydrator.as_ref().is_some_and(is_staged)
    }

    /// Adds the spec, which events of the stream lack.
    pub(crate) fn with_spec_of(mut self, before: &Self) -> Self {
        if self.spec.project.is_empty() {
            self.spec = before.spec.clone();
        }
        self
    }

    /// Whether `self` is at least as new as `other`. Kubernetes calls resource versions opaque, but they are
    /// etcd revisions; where they do not read as numbers, the later arrival counts as the newer.
    pub(crate) fn is_not_older_than(&self, other: &str) -> bool {
        match (self.metadata.resource_version.parse::<u64>(), other.parse::<u64>()) {
            (Ok(mine), Ok(other)) => mine >= other,
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_lists_and_unknown_fields_are_fine() {
        let text = r#"{"metadata":{"name":"dev","creationTimestamp":null,"resourceVersion":"12"},
            "spec":{"sources":null,"syncPolicy":null},"status":{"summary":{"images":null},"conditions":null,"x":1}}"#;
        let app: Application = serde_json::from_str(text).unwrap();
        assert!(app.status.summary.images.is_empty() && !app.is_auto_synced());
        assert!(app.is_not_older_than("9") && !app.is_not_older_than("13") && app.is_not_older_than(""));
    }

    #[test]
    fn automated_without_enabled_is_on() {
        for (policy, on) in [("{}", true), (r#"{"enabled":true}"#, true), (r#"{"enabled":false}"#, false)] {
            let text = format!(r#"{{"spec":{{"syncPolicy":{{"automated":{policy}}}}}}}"#);
            let app: Application = serde_json::from_str(&text).unwrap();
            assert_eq!(app.is_auto_synced(), on, "{policy}");
        }
    }
}
