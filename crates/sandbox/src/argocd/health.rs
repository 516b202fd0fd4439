//! Health of live objects: gitops-engine's pkg/health, and Argo CD's health.lua for Rollouts.

use super::{
    app::App,
    cluster::{Job, Live},
    pod::{Pod, PodState},
    rollout::{Phase, Rollout},
    workload::{Workload, WorkloadKind},
};

/// A health with what is said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Health {
    pub(super) status: &'static str,
    pub(super) message: String,
}

impl Health {
    pub(super) fn new(status: &'static str, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// The JSON of types.go: an empty message is left out.
    pub(super) fn json(&self) -> serde_json::Value {
        let mut json = serde_json::json!({ "status": self.status });
        if !self.message.is_empty() {
            json["message"] = serde_json::json!(self.message);
        }
        json
    }
}

/// From good to bad: `healthOrder` of gitops-engine's health.go.
const ORDER: [&str; 6] = ["Healthy", "Suspended", "Progressing", "Missing", "Degraded", "Unknown"];

/// Returns the worst.
pub(super) fn worst(all: impl Iterator<Item = &'static str>) -> &'static str {
    let rank = |status: &&'static str| ORDER.iter().position(|one| one == status);
    all.max_by_key(rank).unwrap_or("Healthy")
}

/// Whether an object of this kind has a health, so that it counts when it is missing.
pub(super) fn is_checked(kind: &str) -> bool {
    ["Rollout", "Deployment", "Service", "Ingress", "Job", "Pod", "ReplicaSet"].contains(&kind)
}

/// The health of a live object; none if its kind has none.
pub(super) fn of(app: &App, live: &Live) -> Option<Health> {
    if !is_checked(&live.object.key.kind) {
        return None;
    }
    let is_played = live.object.key.name == app.rollout.name;
    if let Some(workload) = Workload::of(&live.object).filter(|_| is_played) {
        return Some(match workload.kind {
            WorkloadKind::Rollout => of_rollout(&app.rollout),
            WorkloadKind::Deployment => of_deployment(&app.rollout, workload.replicas),
        });
    }
    Some(match &live.job {
        Some(Job::Running) => Health::new("Progressing", ""),
        Some(Job::Failed(message)) => Health::new("Degraded", message.clone()),
        Some(Job::Complete) => Health::new("Healthy", "Reached expected number of succeeded pods"),
        None => Health::new("Healthy", ""),
    })
}

/// `status.phase` and `status.message` of the Rollout; Paused is Suspended.
fn of_rollout(rollout: &Rollout) -> Health {
    let status = match rollout.phase {
        Phase::Progressing => "Progressing",
        Phase::Paused => "Suspended",
        Phase::Healthy => "Healthy",
        Phase::Degraded => "Degraded",
    };
    Health::new(status, rollout.message.clone())
}

/// `getAppsv1DeploymentHealth` of health_deployment.go. Pods that are leaving do not count as replicas.
fn of_deployment(rollout: &Rollout, wanted: usize) -> Health {
    let waiting = |text: String| Health::new("Progressing", format!("Waiting for rollout to finish: {text}"));
    if rollout.phase == Phase::Degraded {
        return Health::new(
            "Degraded",
            format!("Deployment {:?} exceeded its progress deadline", rollout.name),
        );
    }
    let there = |pod: &&Pod| pod.state != PodState::Terminating;
    let is_new = |hash: &String| rollout.current.as_ref() == Some(hash);
    let updated: Vec<&Pod> =
        rollout.sets.iter().filter(|set| is_new(&set.hash)).flat_map(|set| &set.pods).filter(there).collect();
    let all = rollout.sets.iter().flat_map(|set| &set.pods).filter(there).count();
    let available = updated.iter().filter(|pod| pod.state == PodState::Running).count();
    let updated = updated.len();
    if updated < wanted {
        return waiting(format!("{updated} out of {wanted} new replicas have been updated..."));
    }
    if all > updated {
        return waiting(format!("{} old replicas are pending termination...", all - updated));
    }
    if available < updated {
        return waiting(format!("{available} of {updated} updated replicas are available..."));
    }
    Health::new("Healthy", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_health_counts() {
        assert_eq!(worst(["Healthy", "Missing", "Progressing"].into_iter()), "Missing");
        assert_eq!(worst(["Suspended", "Healthy"].into_iter()), "Suspended");
        assert_eq!(worst([].into_iter()), "Healthy");
    }
}
