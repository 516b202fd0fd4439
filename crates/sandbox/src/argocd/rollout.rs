//! A blue/green Rollout with its ReplicaSets and pods, as pure state; or a Deployment, which knows no pause and keeps no
//! old pods.

use super::{
    pod::{Pod, PodState},
    workload::{Workload, WorkloadKind},
};
use crate::oidc::{now, random_hex, uuid};

/// A ReplicaSet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReplicaSet {
    pub(super) hash: String,
    pub(super) uid: String,
    pub(super) created: i64,
    /// The rollout revision: `Rev:N`.
    pub(super) revision: u64,
    pub(super) image: String,
    pub(super) pods: Vec<Pod>,
}

/// `status.phase` of a Rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Phase {
    #[default]
    Progressing,
    Paused,
    Healthy,
    Degraded,
}

/// A Rollout.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Rollout {
    pub(super) kind: WorkloadKind,
    pub(super) name: String,
    pub(super) uid: String,
    pub(super) created: i64,
    /// Counts changes of the pod template and restarts of the update, so that a timer knows it is stale.
    pub(super) generation: u64,
    pub(super) sets: Vec<ReplicaSet>,
    /// The ReplicaSet that the active service selects.
    pub(super) active: Option<String>,
    /// The ReplicaSet of the present pod template.
    pub(super) current: Option<String>,
    pub(super) phase: Phase,
    pub(super) message: String,
    pub(super) aborted: bool,
    /// Whether somebody has asked for the cutover already: no pause comes before it.
    pub(super) promotes_fully: bool,
}

impl Rollout {
    /// Takes a pod template: a new ReplicaSet, or one that is still known with a new revision. Returns false if
    /// there is nothing to roll out.
    pub(super) fn apply(&mut self, target: &Workload) -> bool {
        if self.uid.is_empty() {
            (self.name, self.uid, self.created) = (target.name.clone(), uuid(), now());
            self.kind = target.kind;
        }
        let same = self.current.as_deref() == Some(&target.hash);
        let revision = self.sets.iter().map(|set| set.revision).max().unwrap_or_default() + 1;
        match self.sets.iter_mut().find(|set| set.hash == target.hash) {
            Some(_) if same => {
                let scaled = self.scale(&target.hash, target.replicas);
                if scaled {
                    self.generation += 1;
                }
                return scaled;
            }
            Some(set) => set.revision = revision,
            None => self.sets.push(ReplicaSet {
                hash: target.hash.clone(),
                uid: uuid(),
                created: now(),
                revision,
                image: target.image.clone(),
                pods: Vec::new(),
            }),
        }
        self.current = Some(target.hash.clone());
        (self.aborted, self.promotes_fully) = (false, false);
        self.scale(&target.hash, target.replicas);
        self.progress("more replicas need to be updated");
        self.generation += 1;
        true
    }

    /// Starts or ends pods of a ReplicaSet until it has `replicas`; says whether there was anything to do.
    pub(super) fn scale(&mut self, hash: &str, replicas: usize) -> bool {
        let name = self.name.clone();
        let Some(set) = self.sets.iter_mut().find(|set| set.hash == hash) else { return false };
        let live = set.pods.iter().filter(|pod| pod.state != PodState::Terminating).count();
        for _ in live..replicas {
            set.pods.push(Pod {
                name: format!("{name}-{hash}-{}", &random_hex(3)[..5]),
                uid: uuid(),
                created: now(),
                restarts: 0,
                state: PodState::Creating,
            });
        }
        let surplus = live.saturating_sub(replicas);
        let leaving = set.pods.iter_mut().filter(|pod| pod.state != PodState::Terminating).take(surplus);
        leaving.for_each(|pod| pod.state = PodState::Terminating);
        live != replicas
    }

    /// Removes the pods of a ReplicaSet whose grace period is over.
    pub(super) fn remove_terminated(&mut self, hash: &str) {
        if let Some(set) = self.sets.iter_mut().find(|set| set.hash == hash) {
            set.pods.retain(|pod| pod.state != PodState::Terminating);
        }
        // revisionHistoryLimit: 3
        let mut old: Vec<(u64, String)> = self
            .sets
            .iter()
            .filter(|set| set.pods.is_empty() && self.is_idle(&set.hash))
            .map(|set| (set.revision, set.hash.clone()))
            .collect();
        old.sort();
        old.truncate(old.len().saturating_sub(3));
        self.sets.retain(|set| !old.iter().any(|(_, hash)| *hash == set.hash));
    }

    /// Whether neither the active service nor the pod template needs this ReplicaSet.
    pub(super) fn is_idle(&self, hash: &str) -> bool {
        let is_current = self.current.as_deref() == Some(hash) && !self.aborted;
        self.active.as_deref() != Some(hash) && !is_current
    }

    /// Returns the ReplicaSet of the present pod template.
    pub(super) fn current_set(&mut self) -> Option<&mut ReplicaSet> {
        let current = self.current.clone()?;
        self.sets.iter_mut().find(|set| set.hash == current)
    }

    /// Puts the new pods that are not leaving into a state.
    pub(super) fn set_new_pods(&mut self, from: &[PodState], to: PodState) {
        let pods = self.current_set().map(|set| set.pods.iter_mut()).into_iter().flatten();
        for pod in pods.filter(|pod| from.contains(&pod.state)) {
            pod.restarts += u32::from(to == PodState::CrashLoop);
            pod.state = to;
        }
    }

    /// The active service goes to the new ReplicaSet. A blue/green Rollout is Healthy from here on, with the old
    /// pods still there (argo-rollouts#768).
    pub(super) fn cut_over(&mut self) {
        self.active.clone_from(&self.current);
        self.promotes_fully = false;
        (self.phase, self.message) = (Phase::Healthy, String::new());
    }

    pub(super) fn progress(&mut self, message: &str) {
        (self.phase, self.message) = (Phase::Progressing, message.to_owned());
    }

    pub(super) fn pause(&mut self) {
        (self.phase, self.message) = (Phase::Paused, "BlueGreenPause".to_owned());
    }

    /// The new pods were not ready in time.
    pub(super) fn time_out(&mut self) {
        let set = format!("{}-{}", self.name, self.current.as_deref().unwrap_or_default());
        let message = format!("ProgressDeadlineExceeded: ReplicaSet \"{set}\" has timed out progressing.");
        (self.phase, self.message) = (Phase::Degraded, message);
    }

    /// The update is given up: the active service stays where it is.
    pub(super) fn abort(&mut self) {
        let revision = self.current_set().map_or(0, |set| set.revision);
        self.aborted = true;
        self.generation += 1;
        let message = format!("RolloutAborted: Rollout aborted update to revision {revision}");
        (self.phase, self.message) = (Phase::Degraded, message);
    }

    /// Starts an aborted update again.
    pub(super) fn retry(&mut self, replicas: usize) {
        self.aborted = false;
        self.generation += 1;
        if let Some(current) = self.current.clone() {
            self.scale(&current, replicas);
        }
        self.progress("more replicas need to be updated");
    }

    /// Returns the images of all pods that there are, the leaving ones too, each once and sorted.
    pub(super) fn images(&self) -> Vec<String> {
        let mut images: Vec<String> =
            self.sets.iter().filter(|set| !set.pods.is_empty()).map(|set| set.image.clone()).collect();
        images.sort();
        images.dedup();
        images
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(hash: &str) -> Workload {
        Workload {
            kind: WorkloadKind::Rollout,
            name: "product".into(),
            image: format!("r:{hash}"),
            replicas: 2,
            hash: hash.into(),
            auto_promotion: true,
        }
    }

    #[test]
    fn old_pods_outlive_the_cutover() {
        let mut rollout = Rollout::default();
        assert!(rollout.apply(&target("a")));
        rollout.cut_over();
        assert!(!rollout.apply(&target("a")));
        assert!(rollout.apply(&target("b")));
        assert_eq!((rollout.phase, rollout.sets.len()), (Phase::Progressing, 2));
        rollout.cut_over();
        assert_eq!((rollout.phase, rollout.images()), (Phase::Healthy, vec!["r:a".into(), "r:b".into()]));
        assert!(rollout.is_idle("a") && !rollout.is_idle("b"));
        rollout.scale("a", 0);
        assert_eq!(rollout.images().len(), 2);
        rollout.remove_terminated("a");
        assert_eq!(rollout.images(), ["r:b"]);
        // Back to a pod template that is still known: the same ReplicaSet with a new revision.
        assert!(rollout.apply(&target("a")));
        assert_eq!(rollout.current_set().map(|set| set.revision), Some(3));
    }

    #[test]
    fn an_aborted_update_leaves_the_active_pods() {
        let mut rollout = Rollout::default();
        rollout.apply(&target("a"));
        rollout.cut_over();
        rollout.apply(&target("b"));
        rollout.abort();
        assert_eq!(rollout.message, "RolloutAborted: Rollout aborted update to revision 2");
        assert!(rollout.is_idle("b") && !rollout.is_idle("a"));
    }
}
