//! Pods of the newest ReplicaSets, and pods that are left of older ones.

use std::collections::HashMap;

use model::ImageRef;

use crate::{
    images,
    wire::{Node, ResourceTree},
};

/// The pods of an application, by generation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pods {
    /// Pods of the newest ReplicaSet of each workload, and pods that no ReplicaSet owns.
    pub(crate) newest: Vec<Pod>,
    /// Pods of older ReplicaSets.
    pub(crate) old: Vec<Pod>,
}

/// One live pod.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pod {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) uid: String,
    /// What the pod's containers do: `Running`, `CrashLoopBackOff`, `Terminating`.
    pub(crate) reason: String,
    /// The health's message.
    pub(crate) message: String,
    /// Whether Argo CD calls it Degraded.
    pub(crate) is_in_error: bool,
    /// Whether it is ready, or has done its work.
    pub(crate) is_ready: bool,
    /// The images of its containers, init containers included.
    pub(crate) images: Vec<String>,
}

impl Pods {
    /// Sorts the pods of a resource tree.
    pub(crate) fn of(tree: &ResourceTree) -> Self {
        let newest = newest_replica_sets(&tree.nodes);
        let mut pods = Self::default();
        for node in tree.nodes.iter().filter(|node| node.kind == "Pod") {
            // `Some(false)` is a pod of a ReplicaSet that is not the newest of its workload.
            let is_newest = node.parent_refs.iter().find_map(|parent| newest.get(parent.uid.as_str()));
            let list = if is_newest == Some(&false) { &mut pods.old } else { &mut pods.newest };
            list.push(Pod::of(node));
        }
        pods
    }

    /// Whether the new pods are all ready, which can be told once some of the newest run the expected images: before, the
    /// newest may be those of the time before the operation.
    pub(crate) fn are_ready(&self, expected: &[ImageRef]) -> Option<bool> {
        let live: Vec<String> = self.newest.iter().flat_map(|pod| pod.images.clone()).collect();
        let are_new = !expected.is_empty() && images::missing(expected, &live).is_empty();
        are_new.then(|| self.newest.iter().all(|pod| pod.is_ready))
    }

    /// Returns the newest pods that are in error.
    pub(crate) fn in_error(&self) -> impl Iterator<Item = &Pod> {
        self.newest.iter().filter(|pod| pod.is_in_error)
    }
}

impl Pod {
    fn of(node: &Node) -> Self {
        let health = node.health.clone().unwrap_or_default();
        let reason = node.info("Status Reason").unwrap_or_default().to_owned();
        // gitops-engine health_pod.go: these waiting reasons degrade a pod at once.
        let is_bad_reason =
            reason.starts_with("Err") || reason.ends_with("Error") || reason.ends_with("BackOff");
        Self {
            namespace: node.namespace.clone(),
            name: node.name.clone(),
            uid: node.uid.clone(),
            is_in_error: health.status == "Degraded" || is_bad_reason,
            is_ready: health.status == "Healthy",
            images: node.images.clone(),
            message: health.message,
            reason,
        }
    }

    /// Says how it is, for people: `product-7d9-abc: ImagePullBackOff, Back-off pulling image …`.
    pub(crate) fn describe(&self) -> String {
        let details: Vec<&str> = [self.reason.as_str(), self.message.as_str()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        format!(
            "{}: {}",
            self.name,
            if details.is_empty() { "in error".to_owned() } else { details.join(", ") }
        )
    }
}

/// Returns for each ReplicaSet's uid whether it is the newest of its owner, by the revision that Argo CD shows
/// (`Rev:3`), else by age.
fn newest_replica_sets(nodes: &[Node]) -> HashMap<&str, bool> {
    let mut newest: HashMap<&str, &Node> = HashMap::new();
    let replica_sets = || nodes.iter().filter(|node| node.kind == "ReplicaSet");
    for node in replica_sets() {
        let best = newest.entry(owner(node)).or_insert(node);
        if generation(node) > generation(best) {
            *best = node;
        }
    }
    replica_sets()
        .map(|node| (node.uid.as_str(), newest.get(owner(node)).is_some_and(|best| best.uid == node.uid)))
        .collect()
}

/// The uid of a ReplicaSet's workload; one without an owner stands for itself.
fn owner(node: &Node) -> &str {
    node.parent_refs.first().map_or(&node.uid, |parent| &parent.uid)
}

fn generation(node: &Node) -> (Option<u64>, &str) {
    let revision = node.info("Revision").and_then(|text| text.strip_prefix("Rev:")?.parse().ok());
    (revision, node.created_at.as_deref().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pods(nodes: &serde_json::Value) -> Pods {
        Pods::of(&serde_json::from_value(json!({ "nodes": nodes })).unwrap())
    }

    fn replica_set(uid: &str, owner: &str, revision: &str, created: &str) -> serde_json::Value {
        json!({"kind": "ReplicaSet", "name": uid, "uid": uid, "parentRefs": [{"uid": owner}],
               "info": [{"name": "Revision", "value": revision}], "createdAt": created})
    }

    fn pod(name: &str, parent: &str, health: &str, reason: &str) -> serde_json::Value {
        json!({"kind": "Pod", "name": name, "uid": name, "parentRefs": [{"uid": parent}],
               "info": [{"name": "Status Reason", "value": reason}], "health": {"status": health}})
    }

    fn names(pods: &[Pod]) -> Vec<&str> {
        pods.iter().map(|pod| pod.name.as_str()).collect()
    }

    #[test]
    fn generations_are_told_apart_by_revision() {
        // Rev:10 is newer than Rev:9 although a roll-back made its ReplicaSet earlier.
        let pods = pods(&json!([
            replica_set("a", "web", "Rev:9", "2026-01-02T00:00:00Z"),
            replica_set("b", "web", "Rev:10", "2026-01-01T00:00:00Z"),
            replica_set("c", "worker", "Rev:1", "2026-01-01T00:00:00Z"),
            pod("a1", "a", "Healthy", "Terminating"),
            pod("b1", "b", "Healthy", "Running"),
            pod("c1", "c", "Healthy", "Running"),
            pod("s1", "stateful", "Healthy", "Running"),
        ]));
        assert_eq!(names(&pods.newest), ["b1", "c1", "s1"]);
        assert_eq!(names(&pods.old), ["a1"]);
    }

    #[test]
    fn without_revisions_age_decides() {
        let pods = pods(&json!([
            replica_set("a", "web", "", "2026-01-02T00:00:00Z"),
            replica_set("b", "web", "", "2026-01-01T00:00:00Z"),
            pod("a1", "a", "Healthy", "Running"),
            pod("b1", "b", "Healthy", "Running"),
        ]));
        assert_eq!((names(&pods.newest), names(&pods.old)), (vec!["a1"], vec!["b1"]));
    }

    #[test]
    fn errors_of_the_newest_count() {
        let pods = pods(&json!([
            replica_set("a", "web", "Rev:1", ""),
            replica_set("b", "web", "Rev:2", ""),
            pod("a1", "a", "Degraded", "CrashLoopBackOff"),
            pod("b1", "b", "Degraded", "ImagePullBackOff"),
            pod("b2", "b", "Progressing", "ErrImagePull"),
            pod("b3", "b", "Progressing", "ContainerCreating"),
        ]));
        let described: Vec<String> = pods.in_error().map(Pod::describe).collect();
        assert_eq!(described, ["b1: ImagePullBackOff", "b2: ErrImagePull"]);
    }

    #[test]
    fn new_pods_are_ready_when_all_of_them_are() {
        let expected = ["a.b/app:new".parse().unwrap()];
        let tree = |image: &str, health: &str| {
            let mut new = pod("b1", "b", health, "");
            new["images"] = json!([image]);
            pods(&json!([replica_set("b", "web", "Rev:2", ""), new, pod("b2", "b", "Healthy", "")]))
        };
        assert_eq!(tree("a.b/app:new", "Healthy").are_ready(&expected), Some(true));
        assert_eq!(tree("a.b/app:new", "Progressing").are_ready(&expected), Some(false));
        // These are from before.
        assert_eq!(tree("a.b/app:old", "Healthy").are_ready(&expected), None);
        assert_eq!(tree("a.b/app:new", "Healthy").are_ready(&[]), None);
    }

    #[test]
    fn no_nodes_are_no_pods() {
        assert_eq!(pods(&json!(null)), Pods::default());
    }
}
