//! The resource tree: managed resources, ReplicaSets, pods.

use serde_json::{Value, json};

use super::{
    app::App,
    pod::{Pod, PodState},
    resources::{self, Managed},
    rollout::ReplicaSet,
};
use crate::sts::time::iso;

/// `GET …/resource-tree`.
pub(super) fn json(app: &App) -> Value {
    if app.applied.is_none() {
        return json!({ "shardsCount": 1 });
    }
    let mut nodes: Vec<Value> = resources::managed(app).iter().map(|resource| root(app, resource)).collect();
    for set in &app.rollout.sets {
        nodes.push(replica_set(app, set));
        nodes.extend(set.pods.iter().map(|pod| pod_node(app, set, pod)));
    }
    let hosts =
        json!([{ "name": "node-1", "systemInfo": { "architecture": "amd64", "operatingSystem": "linux" } }]);
    json!({ "nodes": nodes, "hosts": hosts, "shardsCount": 1 })
}

fn root(app: &App, resource: &Managed) -> Value {
    let is_rollout = resource.kind == "Rollout";
    let mut node = json!({
        "version": resource.version,
        "kind": resource.kind,
        "namespace": app.spec.destination_namespace,
        "name": resource.name,
        "uid": if is_rollout { app.rollout.uid.clone() } else { format!("{}-{}", app.uid, resource.name) },
        "resourceVersion": app.version.to_string(),
        "health": resources::health(app, resource),
        "createdAt": iso(if is_rollout { app.rollout.created } else { app.created }),
    });
    if !resource.group.is_empty() {
        node["group"] = json!(resource.group);
    }
    if is_rollout {
        let revision = app.rollout.sets.iter().map(|set| set.revision).max().unwrap_or_default();
        node["info"] = json!([{ "name": "Revision", "value": format!("Rev:{revision}") }]);
    }
    node
}

fn replica_set(app: &App, set: &ReplicaSet) -> Value {
    let rollout = &app.rollout;
    let live: Vec<&Pod> = set.pods.iter().filter(|pod| pod.state != PodState::Terminating).collect();
    let is_ready = live.iter().all(|pod| pod.state == PodState::Running);
    let mut health = json!({ "status": if is_ready { "Healthy" } else { "Progressing" } });
    if !is_ready {
        let ready = live.iter().filter(|pod| pod.state == PodState::Running).count();
        let text = format!(
            "Waiting for rollout to finish: {ready} out of {} new replicas are available...",
            live.len()
        );
        health["message"] = json!(text);
    }
    json!({
        "group": "apps",
        "version": "v1",
        "kind": "ReplicaSet",
        "namespace": app.spec.destination_namespace,
        "name": format!("{}-{}", rollout.name, set.hash),
        "uid": set.uid,
        "parentRefs": [{
            "group": "argoproj.io",
            "kind": "Rollout",
            "namespace": app.spec.destination_namespace,
            "name": rollout.name,
            "uid": rollout.uid,
        }],
        "info": [{ "name": "Revision", "value": format!("Rev:{}", set.revision) }],
        "resourceVersion": app.version.to_string(),
        "health": health,
        "createdAt": iso(set.created),
    })
}

fn pod_node(app: &App, set: &ReplicaSet, pod: &Pod) -> Value {
    let ready = u8::from(matches!(pod.state, PodState::Running));
    let mut info = vec![
        json!({ "name": "Status Reason", "value": pod.state.reason() }),
        json!({ "name": "Node", "value": "node-1" }),
        json!({ "name": "Containers", "value": format!("{ready}/1") }),
    ];
    if pod.restarts > 0 {
        info.push(json!({ "name": "Restart Count", "value": pod.restarts.to_string() }));
    }
    let mut health = json!({ "status": pod.state.health() });
    if let Some(message) = message(pod.state, &set.image, &pod.name) {
        health["message"] = json!(message);
    }
    json!({
        "version": "v1",
        "kind": "Pod",
        "namespace": app.spec.destination_namespace,
        "name": pod.name,
        "uid": pod.uid,
        "parentRefs": [{
            "group": "apps",
            "kind": "ReplicaSet",
            "namespace": app.spec.destination_namespace,
            "name": format!("{}-{}", app.rollout.name, set.hash),
            "uid": set.uid,
        }],
        "info": info,
        "images": [set.image],
        "resourceVersion": app.version.to_string(),
        "health": health,
        "createdAt": iso(pod.created),
    })
}

/// What the kubelet says about a container that waits.
pub(super) fn message(state: PodState, image: &str, pod: &str) -> Option<String> {
    match state {
        PodState::PullError => Some(format!(
            "rpc error: code = NotFound desc = failed to pull and unpack image \"{image}\": failed to resolve \
             reference \"{image}\": {image}: not found"
        )),
        PodState::PullBackOff => Some(format!("Back-off pulling image \"{image}\"")),
        PodState::InvalidImage => Some(format!(
            "Failed to apply default image tag \"{image}\": couldn't parse image name \"{image}\": invalid reference \
             format"
        )),
        PodState::CrashLoop => {
            Some(format!("back-off 10s restarting failed container=product pod={pod}_app"))
        }
        PodState::Creating | PodState::Running | PodState::Terminating => None,
    }
}
