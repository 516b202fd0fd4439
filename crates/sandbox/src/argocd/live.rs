//! Live objects as the Kubernetes API has them, as far as somebody reads them.

use serde_json::{Value, json};

use super::{
    app::App,
    cluster::Live,
    pod::{Pod, PodState},
    rollout::{Phase, ReplicaSet, Rollout},
    tree,
    workload::{Workload, WorkloadKind},
};
use crate::{oidc::now, sts::time::iso};

/// The live object of a kind and name.
pub(super) fn object(app: &App, kind: &str, name: &str) -> Option<Value> {
    let rollout = &app.rollout;
    let set_name = |set: &ReplicaSet| format!("{}-{}", rollout.name, set.hash);
    match kind {
        "ReplicaSet" => rollout.sets.iter().find(|set| set_name(set) == name).map(|set| {
            let live = set.pods.iter().filter(|pod| pod.state != PodState::Terminating).count();
            let mut object = meta(app, "apps/v1", kind, name);
            object["metadata"]["annotations"] =
                json!({ "rollout.argoproj.io/revision": set.revision.to_string() });
            object["spec"] = json!({ "replicas": live, "template": template(&set.image) });
            object["status"] = json!({ "replicas": live });
            object
        }),
        "Pod" => rollout.sets.iter().find_map(|set| {
            let pod = set.pods.iter().find(|pod| pod.name == name)?;
            Some(pod_object(app, set, pod))
        }),
        _ => app
            .live
            .values()
            .find(|live| live.object.key.kind == kind && live.object.key.name == name)
            .map(|live| managed(app, live)),
    }
}

/// An object as it was applied, with what the cluster adds.
fn managed(app: &App, live: &Live) -> Value {
    let rollout = &app.rollout;
    let key = &live.object.key;
    let mut object = live.object.manifest.clone();
    object["metadata"]["uid"] = json!(live.uid);
    object["metadata"]["creationTimestamp"] = json!(iso(live.created));
    object["metadata"]["resourceVersion"] = json!(app.version.to_string());
    if let Some(workload) = Workload::of(&live.object).filter(|workload| workload.name == rollout.name) {
        object["metadata"]["uid"] = json!(rollout.uid);
        object["metadata"]["generation"] = json!(rollout.generation);
        object["status"] = match workload.kind {
            WorkloadKind::Rollout => rollout_status(rollout),
            WorkloadKind::Deployment => deployment_status(rollout),
        };
    }
    if key.kind == "Service" && key.name.starts_with(rollout.name.as_str()) {
        let selected = if key.name.ends_with("-preview") { &rollout.current } else { &rollout.active };
        object["spec"]["selector"] = json!({ "rollouts-pod-template-hash": selected });
    }
    object
}

fn meta(app: &App, api_version: &str, kind: &str, name: &str) -> Value {
    json!({
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {
            "name": name,
            "namespace": app.spec.destination_namespace,
            "creationTimestamp": iso(app.rollout.created),
            "resourceVersion": app.version.to_string(),
        },
    })
}

fn template(image: &str) -> Value {
    json!({ "spec": { "containers": [{ "name": "product", "image": image }] } })
}

/// How many pods of a ReplicaSet run.
fn running(rollout: &Rollout, hash: Option<&String>) -> usize {
    let set = rollout.sets.iter().find(|set| Some(&set.hash) == hash);
    set.map_or(0, |set| set.pods.iter().filter(|pod| pod.state == PodState::Running).count())
}

/// `status` of a Rollout. What is false or empty is left out, as Go leaves it out.
fn rollout_status(rollout: &Rollout) -> Value {
    let phase = match rollout.phase {
        Phase::Progressing => "Progressing",
        Phase::Paused => "Paused",
        Phase::Healthy => "Healthy",
        Phase::Degraded => "Degraded",
    };
    let pods: usize = rollout.sets.iter().map(|set| set.pods.len()).sum();
    let mut status = json!({
        "observedGeneration": rollout.generation.to_string(),
        "phase": phase,
        "currentPodHash": rollout.current,
        "stableRS": rollout.active,
        "blueGreen": { "activeSelector": rollout.active, "previewSelector": rollout.current },
        "replicas": pods,
        "updatedReplicas": running(rollout, rollout.current.as_ref()),
        "availableReplicas": running(rollout, rollout.active.as_ref()),
    });
    for (name, is_on) in [("abort", rollout.aborted), ("promoteFull", rollout.promotes_fully)] {
        if is_on {
            status[name] = json!(true);
        }
    }
    if rollout.aborted {
        status["abortedAt"] = json!(iso(now()));
    }
    if !rollout.message.is_empty() {
        status["message"] = json!(rollout.message);
    }
    if rollout.phase == Phase::Paused {
        status["pauseConditions"] = json!([{ "reason": "BlueGreenPause", "startTime": iso(now()) }]);
    }
    status
}

fn deployment_status(rollout: &Rollout) -> Value {
    let all: usize = rollout.sets.iter().map(|set| running(rollout, Some(&set.hash))).sum();
    json!({
        "observedGeneration": rollout.generation,
        "replicas": all,
        "updatedReplicas": running(rollout, rollout.current.as_ref()),
        "availableReplicas": all,
    })
}

fn pod_object(app: &App, set: &ReplicaSet, pod: &Pod) -> Value {
    let mut object = meta(app, "v1", "Pod", &pod.name);
    object["metadata"]["uid"] = json!(pod.uid);
    object["metadata"]["creationTimestamp"] = json!(iso(pod.created));
    object["spec"] = template(&set.image)["spec"].clone();
    let state = match pod.state {
        PodState::Running | PodState::Terminating => json!({ "running": { "startedAt": iso(pod.created) } }),
        waiting => json!({ "waiting": {
            "reason": waiting.reason(),
            "message": tree::message(waiting, &set.image, &pod.name),
        } }),
    };
    let phase =
        if matches!(pod.state, PodState::Running | PodState::Terminating) { "Running" } else { "Pending" };
    object["status"] = json!({ "phase": phase, "containerStatuses": [{
        "name": "product",
        "image": set.image,
        "ready": pod.state == PodState::Running,
        "restartCount": pod.restarts,
        "state": state,
    }] });
    object
}
