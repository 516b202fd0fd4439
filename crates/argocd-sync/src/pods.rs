//! Pods of the newest generation of each workload, and pods that are left of older ones.

use model::ImageRef;

use crate::{
    generation::Generations,
    images,
    wire::{Node, ResourceTree},
};

/// The pods of an application, by generation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pods {
    /// Pods of the newest generation of each workload, and pods that no workload owns.
    pub(crate) newest: Vec<Pod>,
    /// Pods of older generations.
    pub(crate) old: Vec<Pod>,
    /// Pods that say nothing of what serves: those of scheduled Jobs, and those that have done their work. A CronJob's may
    /// run an old image of ours for as long as its history goes back.
    pub(crate) aside: Vec<Pod>,
}

/// One live pod.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pod {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) uid: String,
    /// When it was made, RFC 3339.
    pub(crate) created: String,
    /// What the pod's containers do: `Running`, `CrashLoopBackOff`, `Terminating`, `Init:Error`.
    pub(crate) reason: String,
    /// The health's message.
    pub(crate) message: String,
    /// Whether it does not get ready for an error that its owner does not get over.
    pub(crate) is_in_error: bool,
    /// Whether it is ready, or has done its work.
    pub(crate) is_ready: bool,
    /// The images of its containers, init containers included.
    pub(crate) images: Vec<String>,
    /// The name of what owns it, such as its ReplicaSet.
    pub(crate) generation: String,
    /// The workload, as `Rollout app/product`; empty for a pod of its own.
    pub(crate) workload: String,
}

impl Pods {
    /// Sorts the pods of a resource tree.
    pub(crate) fn of(tree: &ResourceTree) -> Self {
        let generations = Generations::of(&tree.nodes);
        let mut pods = Self::default();
        for node in tree.nodes.iter().filter(|node| node.kind == "Pod") {
            let pod = Pod::of(node, &generations);
            let list = if generations.is_scheduled(node) || pod.reason == "Completed" {
                &mut pods.aside
            } else if generations.is_newest(node) {
                &mut pods.newest
            } else {
                &mut pods.old
            };
            list.push(pod);
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

    /// Returns the newest pods that are not ready.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = &Pod> {
        self.newest.iter().filter(|pod| !pod.is_ready && pod.reason != "Terminating")
    }

    /// Whether pods that are known not to be old explain why an image is live.
    pub(crate) fn explain(&self, image: &str) -> bool {
        self.newest.iter().chain(&self.aside).any(|pod| pod.images.iter().any(|live| live == image))
    }
}

impl Pod {
    fn of(node: &Node, generations: &Generations<'_>) -> Self {
        let health = node.health.clone().unwrap_or_default();
        let reason = node.info("Status Reason").unwrap_or_default().to_owned();
        let owner = generations.owner(node);
        // A workload that is whole has replaced what is in error, such as an evicted pod.
        let is_replaced =
            owner.is_some_and(|owner| owner.health.as_ref().is_some_and(|health| health.status == "Healthy"));
        // A Job tries again with another pod, and is Degraded itself when it gives up.
        let is_tried_again = owner.is_some_and(|owner| owner.kind == "Job") && !is_waiting_in_error(&reason);
        let is_bad = health.status == "Degraded" || is_in_error(&reason);
        Self {
            namespace: node.namespace.clone(),
            name: node.name.clone(),
            uid: node.uid.clone(),
            created: node.created_at.clone().unwrap_or_default(),
            is_in_error: is_bad && !is_replaced && !is_tried_again && reason != "Terminating",
            is_ready: health.status == "Healthy",
            message: health.message,
            reason,
            images: node.images.clone(),
            generation: owner.map(|owner| owner.name.clone()).unwrap_or_default(),
            workload: generations.workload(node),
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

/// What the reason of an init container says; Argo CD writes `Init:` before it (controller/cache/info.go).
fn bare(reason: &str) -> &str {
    reason.strip_prefix("Init:").unwrap_or(reason)
}

/// Reasons for which gitops-engine calls a pod Degraded at once (`health_pod.go`), and one that it leaves out.
fn is_in_error(reason: &str) -> bool {
    let reason = bare(reason);
    reason.starts_with("Err")
        || reason.ends_with("Error")
        || reason.ends_with("BackOff")
        || reason == "InvalidImageName"
}

/// Those of a container that waits; `Error` is what one says that has ended.
fn is_waiting_in_error(reason: &str) -> bool {
    is_in_error(reason) && bare(reason) != "Error"
}

#[cfg(test)]
mod tests;
