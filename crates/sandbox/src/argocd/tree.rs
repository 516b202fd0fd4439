//! The resource tree: managed resources, ReplicaSets, pods.

use serde_json::{Value, json};

use super::{
    app::App,
    cluster::Live,
    health,
    object::Object,
    pod::{Pod, PodState},
    rollout::ReplicaSet,
};
use crate::sts::time::iso;

/// `GET …/resource-tree`.
pub(super) fn json(app: &App) -> Value {
    let mut nodes: Vec<Value> = app.live.values().map(|live| root(app, live)).collect();
    let is_missing = |object: &&Object| !object.is_hook() && !app.live.contains_key(&object.key);
    nodes.extend(app.target.iter().filter(is_missing).map(missing));
    if nodes.is_empty() {
        return json!({ "shardsCount": 1 });
    }
    for set in &app.rollout.sets {
        nodes.push(replica_set(app, set));
        nodes.extend(set.pods.iter().map(|pod| pod_node(app, set, pod)));
    }
    let hosts =
        json!([{ "name": "node-1", "systemInfo": { "architecture": "amd64", "operatingSystem": "linux" } }]);
    json!({ "nodes": nodes, "hosts": hosts, "shardsCount": 1 })
}

/// The fields of a node that every object has.
fn reference(object: &Object) -> Value {
    let mut node = json!({ "version": object.version, "kind": object.key.kind, "name": object.key.name });
    for (name, text) in [("group", &object.key.group), ("namespace", &object.key.namespace)] {
        if !text.is_empty() {
            node[name] = json!(text);
        }
    }
    node
}

/// What Git has and the cluster has not: a node without a life.
fn missing(object: &Object) -> Value {
    let mut node = reference(object);
    node["health"] = json!({ "status": "Missing" });
    node
}

fn root(app: &App, live: &Live) -> Value {
    let is_played =
        live.object.key.name == app.rollout.name && live.object.key.kind == app.rollout.kind.names().1;
    let mut node = reference(&live.object);
    node["uid"] = json!(if is_played { &app.rollout.uid } else { &live.uid });
    node["resourceVersion"] = json!(app.version.to_string());
    node["createdAt"] = json!(iso(live.created));
    if let Some(health) = health::of(app, live) {
        node["health"] = health.json();
    }
    if is_played {
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
            "group": rollout.kind.names().0,
            "kind": rollout.kind.names().1,
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
