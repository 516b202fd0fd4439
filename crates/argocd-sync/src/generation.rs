//! Which generation of its workload a pod belongs to.

use std::collections::HashMap;

use crate::wire::Node;

/// The nodes of a resource tree, by what owns what.
#[derive(Debug)]
pub(crate) struct Generations<'a> {
    nodes: HashMap<&'a str, &'a Node>,
    /// The newest ReplicaSet or ControllerRevision of each workload, by the workload's uid.
    newest: HashMap<&'a str, &'a Node>,
}

impl<'a> Generations<'a> {
    /// Finds the newest ones.
    pub(crate) fn of(nodes: &'a [Node]) -> Self {
        let mut newest: HashMap<&str, &Node> = HashMap::new();
        for node in
            nodes.iter().filter(|node| matches!(node.kind.as_str(), "ReplicaSet" | "ControllerRevision"))
        {
            let best = newest.entry(owner_uid(node)).or_insert(node);
            if age(node) > age(best) {
                *best = node;
            }
        }
        Self { nodes: nodes.iter().map(|node| (node.uid.as_str(), node)).collect(), newest }
    }

    /// The node that owns another one.
    pub(crate) fn owner(&self, node: &Node) -> Option<&'a Node> {
        node.parent_refs.iter().find_map(|parent| self.nodes.get(parent.uid.as_str()).copied())
    }

    /// Whether a pod belongs to the newest generation of its workload; one without a workload does.
    pub(crate) fn is_newest(&self, pod: &Node) -> bool {
        let Some(owner) = self.owner(pod) else { return true };
        if owner.kind == "ReplicaSet" {
            return self.newest.get(owner_uid(owner)).is_none_or(|newest| newest.uid == owner.uid);
        }
        // A StatefulSet's pods are labelled with the whole name of their ControllerRevision, a DaemonSet's with its hash.
        let Some(newest) = self.newest.get(owner.uid.as_str()) else { return true };
        let label = pod.label("controller-revision-hash");
        label.is_none_or(|label| newest.name == label || newest.name.ends_with(&format!("-{label}")))
    }

    /// Whether a pod belongs to a Job that a CronJob started.
    pub(crate) fn is_scheduled(&self, pod: &Node) -> bool {
        let job = self.owner(pod).filter(|owner| owner.kind == "Job");
        job.is_some_and(|job| {
            self.owner(job).is_some_and(|owner| owner.kind == "CronJob")
                || job.parent_refs.iter().any(|parent| parent.kind == "CronJob")
        })
    }

    /// Names a pod's workload: `Rollout app/product`.
    pub(crate) fn workload(&self, pod: &Node) -> String {
        let owner = self.owner(pod);
        let top = owner.and_then(|owner| self.owner(owner)).or(owner);
        top.map(|node| format!("{} {}/{}", node.kind, node.namespace, node.name)).unwrap_or_default()
    }
}

/// The uid of the workload; a node without an owner stands for itself.
fn owner_uid(node: &Node) -> &str {
    node.parent_refs.first().map_or(&node.uid, |parent| &parent.uid)
}

/// The revision that Argo CD shows (`Rev:3`), else the age.
fn age(node: &Node) -> (Option<u64>, &str) {
    let revision = node.info("Revision").and_then(|text| text.strip_prefix("Rev:")?.parse().ok());
    (revision, node.created_at.as_deref().unwrap_or_default())
}
