//! Objects of Kubernetes as manifests, and what their annotations say to Argo CD.

use serde_json::{Value, json};

use super::phase::SyncPhase;

/// What tells one object from another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) group: String,
    pub(super) kind: String,
    pub(super) namespace: String,
    pub(super) name: String,
}

/// A manifest.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Object {
    pub(super) key: Key,
    pub(super) version: String,
    pub(super) manifest: Value,
}

/// When Argo CD deletes a hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DeletePolicy {
    BeforeHookCreation,
    HookSucceeded,
    HookFailed,
}

/// Kinds that have no namespace.
const CLUSTER_KINDS: [&str; 5] =
    ["Namespace", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "StorageClass"];

impl Object {
    /// Takes a manifest; `namespace` is that of the application's destination. None if it is no object.
    pub(super) fn new(mut manifest: Value, namespace: &str) -> Option<Self> {
        let (group, version) = {
            let text = manifest["apiVersion"].as_str()?;
            text.split_once('/').map_or(("", text), |(group, version)| (group, version))
        };
        let (group, version) = (group.to_owned(), version.to_owned());
        let kind = manifest["kind"].as_str()?.to_owned();
        let name = manifest["metadata"]["name"].as_str()?.to_owned();
        let own = manifest["metadata"]["namespace"].as_str().unwrap_or(namespace);
        let is_namespaced = !CLUSTER_KINDS.contains(&kind.as_str());
        let namespace = if is_namespaced { own.to_owned() } else { String::new() };
        if is_namespaced {
            manifest["metadata"]["namespace"] = json!(namespace);
        }
        Some(Self { key: Key { group, kind, namespace, name }, version, manifest })
    }

    fn annotation(&self, name: &str) -> Option<&str> {
        self.manifest["metadata"]["annotations"][name].as_str()
    }

    fn words(&self, annotation: &str) -> impl Iterator<Item = &str> {
        self.annotation(annotation)
            .unwrap_or_default()
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
    }

    /// `argocd.argoproj.io/sync-wave`, or the weight of a hook of Helm.
    pub(super) fn wave(&self) -> i64 {
        let number = |name| self.annotation(name).and_then(|text| text.parse().ok());
        number("argocd.argoproj.io/sync-wave").or_else(|| number("helm.sh/hook-weight")).unwrap_or_default()
    }

    /// Whether it is a hook: hook/hook.go, and for Helm's hook/helm/hook.go.
    pub(super) fn is_hook(&self) -> bool {
        self.annotation("argocd.argoproj.io/hook").is_some() && !self.is_skipped()
            || self.words("helm.sh/hook").next().is_some()
    }

    /// Whether Argo CD is to leave it alone.
    pub(super) fn is_skipped(&self) -> bool {
        self.annotation("argocd.argoproj.io/hook") == Some("Skip")
    }

    /// The phases of a sync in which it is applied.
    pub(super) fn phases(&self) -> Vec<SyncPhase> {
        if self.is_skipped() {
            return Vec::new();
        }
        if !self.is_hook() {
            return vec![SyncPhase::Sync];
        }
        let ours = self.words("argocd.argoproj.io/hook").filter_map(SyncPhase::of_hook);
        let mut phases: Vec<SyncPhase> = ours.collect();
        if phases.is_empty() {
            phases = self.words("helm.sh/hook").filter_map(SyncPhase::of_helm_hook).collect();
        }
        phases.sort();
        phases.dedup();
        phases
    }

    /// Whether a hook is deleted on this occasion; before the next one is made, unless it says otherwise.
    pub(super) fn has_policy(&self, wanted: DeletePolicy) -> bool {
        let ours = self.words("argocd.argoproj.io/hook-delete-policy").filter_map(|word| match word {
            "BeforeHookCreation" => Some(DeletePolicy::BeforeHookCreation),
            "HookSucceeded" => Some(DeletePolicy::HookSucceeded),
            "HookFailed" => Some(DeletePolicy::HookFailed),
            _ => None,
        });
        let helm = self.words("helm.sh/hook-delete-policy").filter_map(|word| match word {
            "before-hook-creation" => Some(DeletePolicy::BeforeHookCreation),
            "hook-succeeded" => Some(DeletePolicy::HookSucceeded),
            "hook-failed" => Some(DeletePolicy::HookFailed),
            _ => None,
        });
        let policies: Vec<DeletePolicy> = ours.chain(helm).collect();
        let is_default = policies.is_empty() && wanted == DeletePolicy::BeforeHookCreation;
        self.is_hook() && (is_default || policies.contains(&wanted))
    }

    /// Whether `argocd.argoproj.io/sync-options` has this option.
    pub(super) fn has_option(&self, option: &str) -> bool {
        self.words("argocd.argoproj.io/sync-options").any(|word| word == option)
    }

    /// The images of its containers.
    pub(super) fn images(&self) -> Vec<String> {
        let pod = if self.key.kind == "Pod" { "/spec" } else { "/spec/template/spec" };
        let containers = self.manifest.pointer(&format!("{pod}/containers")).and_then(Value::as_array);
        let images = containers.into_iter().flatten().filter_map(|one| one["image"].as_str());
        images.map(str::to_owned).collect()
    }

    /// `kubectl`'s name for it: `rollout.argoproj.io/product`.
    pub(super) fn path(&self) -> String {
        let Key { group, kind, name, .. } = &self.key;
        let kind = kind.to_ascii_lowercase();
        if group.is_empty() { format!("{kind}/{name}") } else { format!("{kind}.{group}/{name}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(annotations: &Value) -> Object {
        let manifest = json!({
            "apiVersion": "batch/v1", "kind": "Job", "metadata": { "name": "j", "annotations": annotations },
        });
        Object::new(manifest, "app").unwrap()
    }

    #[test]
    fn hooks_have_phases_and_policies() {
        let hook = with(&json!({
            "argocd.argoproj.io/hook": "PreSync,PostSync",
            "argocd.argoproj.io/hook-delete-policy": "HookSucceeded",
            "argocd.argoproj.io/sync-wave": "-3",
        }));
        assert!(hook.is_hook());
        assert_eq!((hook.phases(), hook.wave()), (vec![SyncPhase::PreSync, SyncPhase::PostSync], -3));
        assert!(hook.has_policy(DeletePolicy::HookSucceeded));
        assert!(!hook.has_policy(DeletePolicy::BeforeHookCreation));
        let helm = with(&json!({ "helm.sh/hook": "pre-install,pre-upgrade", "helm.sh/hook-weight": "2" }));
        assert_eq!((helm.phases(), helm.wave()), (vec![SyncPhase::PreSync], 2));
        assert!(helm.has_policy(DeletePolicy::BeforeHookCreation));
        let plain = with(&json!({}));
        assert!(!plain.is_hook() && !plain.has_policy(DeletePolicy::BeforeHookCreation));
        assert_eq!(plain.phases(), [SyncPhase::Sync]);
        assert!(with(&json!({ "argocd.argoproj.io/hook": "Skip" })).phases().is_empty());
    }

    #[test]
    fn namespaces_are_filled_in_where_there_are_any() {
        assert_eq!(with(&json!({})).key.namespace, "app");
        let manifest = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "n" } });
        assert_eq!(Object::new(manifest, "app").unwrap().path(), "namespace/n");
    }
}
