//! Live objects as the Kubernetes API has them, as far as somebody reads them.

use serde_json::{Value, json};

use super::{
    app::App,
    pod::{Pod, PodState},
    rollout::{Phase, ReplicaSet},
    tree,
};
use crate::sts::time::iso;

/// The live object of a kind and name.
pub(super) fn object(app: &App, kind: &str, name: &str) -> Option<Value> {
    let rollout = &app.rollout;
    let set_name = |set: &ReplicaSet| format!("{}-{}", rollout.name, set.hash);
    match kind {
        "Rollout" if name == rollout.name => Some(rollout_object(app)),
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
        "Service" if name.starts_with(rollout.name.as_str()) => {
            let selected = if name.ends_with("-preview") { &rollout.current } else { &rollout.active };
            let mut object = meta(app, "v1", kind, name);
            object["spec"] = json!({ "selector": { "rollouts-pod-template-hash": selected } });
            Some(object)
        }
        "Ingress" => Some(meta(app, "networking.k8s.io/v1", kind, name)),
        _ => None,
    }
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

fn rollout_object(app: &App) -> Value {
    let rollout = &app.rollout;
    let applied = app.applied.as_ref();
    let running = |hash: Option<&String>| {
        let set = rollout.sets.iter().find(|set| Some(&set.hash) == hash);
        set.map_or(0, |set| set.pods.iter().filter(|pod| pod.state == PodState::Running).count())
    };
    let pods: usize = rollout.sets.iter().map(|set| set.pods.len()).sum();
    let phase = match rollout.phase {
        Phase::Progressing => "Progressing",
        Phase::Paused => "Paused",
        Phase::Healthy => "Healthy",
        Phase::Degraded => "Degraded",
    };
    let mut object = meta(app, "argoproj.io/v1alpha1", "Rollout", &rollout.name);
    object["metadata"]["uid"] = json!(rollout.uid);
    object["metadata"]["generation"] = json!(rollout.generation);
    object["spec"] = json!({
        "replicas": applied.map_or(0, |applied| applied.replicas),
        "strategy": { "blueGreen": {
            "activeService": rollout.name,
            "previewService": format!("{}-preview", rollout.name),
            "autoPromotionEnabled": app.spec.auto_promotion,
            "scaleDownDelaySeconds": applied.map_or(30, |applied| applied.scale_down_delay_seconds),
        } },
        "template": template(applied.map(|applied| applied.image.as_str()).unwrap_or_default()),
    });
    object["status"] = json!({
        "observedGeneration": rollout.generation.to_string(),
        "phase": phase,
        "message": rollout.message,
        "abort": rollout.aborted,
        "currentPodHash": rollout.current,
        "stableRS": rollout.active,
        "blueGreen": { "activeSelector": rollout.active, "previewSelector": rollout.current },
        "replicas": pods,
        "updatedReplicas": running(rollout.current.as_ref()),
        "availableReplicas": running(rollout.active.as_ref()),
    });
    object
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
