//! What a live Rollout says of its update (argoproj/argo-rollouts `pkg/apis/rollouts/v1alpha1`). Pure.

use model::ImageRef;
use serde_json::Value;

use crate::images;

/// The parts that matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rollout {
    /// The hash of the ReplicaSet that is known to be good; empty before the first one is.
    pub(crate) stable: String,
    /// The hash of the newest one.
    current: String,
    /// The hash that the active service of a blue/green Rollout points to.
    active: Option<String>,
    /// Whether its update is to be aborted; the action writes that as well.
    pub(crate) is_aborted: bool,
    /// Whether the controller has done so: only it writes `abortedAt` (rollout/pause.go `CalculateAbortStatus`).
    pub(crate) is_abort_done: bool,
    /// Whether its controller has looked at what was applied last: before, its hashes are of the time before.
    pub(crate) is_observed: bool,
    /// The images of its template; none where the template is another workload's.
    images: Option<Vec<String>>,
}

impl Rollout {
    /// Reads a live object.
    pub(crate) fn of(live: &Value) -> Self {
        let text =
            |pointer: &str| live.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let is_blue_green =
            live.pointer("/spec/strategy/blueGreen").is_some_and(|strategy| !strategy.is_null());
        let containers = |kind: &str| {
            let list = live.pointer(&format!("/spec/template/spec/{kind}")).and_then(Value::as_array);
            list.into_iter()
                .flatten()
                .filter_map(|container| Some(container.get("image")?.as_str()?.to_owned()))
        };
        let images: Vec<String> = containers("initContainers").chain(containers("containers")).collect();
        Self {
            stable: text("/status/stableRS"),
            current: text("/status/currentPodHash"),
            active: is_blue_green.then(|| text("/status/blueGreen/activeSelector")),
            is_aborted: live.pointer("/status/abort").and_then(Value::as_bool).unwrap_or_default(),
            is_abort_done: !text("/status/abortedAt").is_empty(),
            is_observed: is_observed(live),
            images: (!images.is_empty()).then_some(images),
        }
    }

    /// Whether its newest ReplicaSet is the stable one, or there is no older one to go back to.
    pub(crate) fn is_promoted(&self) -> bool {
        self.stable.is_empty() || self.stable == self.current
    }

    /// Whether what is aborted has the stable pods behind its active service. A canary's services follow the pods.
    pub(crate) fn points_to_stable(&self) -> bool {
        self.active.as_ref().is_none_or(|active| *active == self.stable)
    }

    /// Whether it is to run one of these images; none if that cannot be told.
    pub(crate) fn runs_one_of(&self, expected: &[ImageRef]) -> Option<bool> {
        let images = self.images.as_ref().filter(|_| !expected.is_empty())?;
        Some(images::runs_one_of(expected, images))
    }
}

/// The status has the generation as text.
fn is_observed(live: &Value) -> bool {
    let applied = live.pointer("/metadata/generation").and_then(Value::as_u64);
    let observed = live.pointer("/status/observedGeneration").and_then(Value::as_str).unwrap_or_default();
    applied.is_none_or(|applied| observed == applied.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_live_rollout_is_read() {
        let live = json!({
            "spec": {"strategy": {"blueGreen": {}}, "template": {"spec": {"containers": [{"image": "a.b/app:new"}]}}},
            "status": {"stableRS": "1a", "currentPodHash": "2b", "blueGreen": {"activeSelector": "1a"}},
        });
        let rollout = Rollout::of(&live);
        assert!(!rollout.is_promoted() && rollout.points_to_stable() && !rollout.is_aborted);
        let expected = |text: &str| [text.parse().unwrap()];
        assert_eq!(rollout.runs_one_of(&expected("a.b/app:new")), Some(true));
        assert_eq!(rollout.runs_one_of(&expected("a.b/app:old")), Some(false));
        assert_eq!(rollout.runs_one_of(&[]), None);
        // A status of the time before its last change says nothing.
        for (observed, expected) in [(json!("3"), false), (json!("4"), true), (json!(null), false)] {
            let live = json!({"metadata": {"generation": 4}, "status": {"observedGeneration": observed}});
            assert_eq!(Rollout::of(&live).is_observed, expected, "{observed}");
        }
        // The first deployment has nothing to go back to.
        let first = Rollout::of(&json!({"status": {"currentPodHash": "2b", "stableRS": ""}}));
        assert!(first.is_promoted());
        assert_eq!(first.runs_one_of(&expected("a.b/app:new")), None);
    }
}
