//! Kubernetes events of a pod.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State},
    http::HeaderMap,
};
use serde_json::{Value, json};

use super::{
    Parameters,
    access::{self, Target},
};
use crate::{
    World,
    argocd::{
        app::App,
        pod::{Pod, PodState},
        refusal::Refusal,
        tree,
    },
    sts::time::iso,
};

pub(super) async fn list(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    Query(query): Query<Parameters>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let (_, app) = access::application(&world, &headers, Target::new(&name, &query)?, "get")?;
    let (name, uid) = (query.text("resourceName"), query.text("resourceUID"));
    let items: Vec<Value> = app
        .rollout
        .sets
        .iter()
        .flat_map(|set| set.pods.iter().map(move |pod| (set, pod)))
        .filter(|(_, pod)| pod.name == name && (uid.is_empty() || pod.uid == uid))
        .flat_map(|(set, pod)| of_pod(&app, &set.image, pod))
        .collect();
    Ok(Json(json!({ "metadata": {}, "items": items })))
}

fn of_pod(app: &App, image: &str, pod: &Pod) -> Vec<Value> {
    let namespace = &app.spec.destination_namespace;
    let event = |kind: &str, reason: &str, message: String| {
        json!({
            "metadata": { "name": format!("{}.{reason}", pod.name), "namespace": namespace },
            "involvedObject": { "kind": "Pod", "namespace": namespace, "name": pod.name, "uid": pod.uid },
            "reason": reason,
            "message": message,
            "source": { "component": "kubelet", "host": "node-1" },
            "firstTimestamp": iso(pod.created),
            "lastTimestamp": iso(pod.created),
            "count": pod.restarts.max(1),
            "type": kind,
        })
    };
    let scheduled = format!("Successfully assigned {namespace}/{} to node-1", pod.name);
    let mut events = vec![event("Normal", "Scheduled", scheduled)];
    let said = tree::message(pod.state, image, &pod.name);
    match (pod.state, said) {
        (PodState::PullError, Some(text)) => {
            events.push(event("Warning", "Failed", format!("Failed to pull image \"{image}\": {text}")));
        }
        (PodState::PullBackOff, Some(text)) => {
            let error = tree::message(PodState::PullError, image, &pod.name).unwrap_or_default();
            events.push(event("Warning", "Failed", format!("Failed to pull image \"{image}\": {error}")));
            events.push(event("Normal", "BackOff", text));
        }
        (PodState::InvalidImage, Some(text)) => events.push(event("Warning", "InspectFailed", text)),
        (PodState::CrashLoop, Some(text)) => events.push(event("Warning", "BackOff", text)),
        (PodState::Terminating, _) => {
            events.push(event("Normal", "Killing", "Stopping container product".into()));
        }
        _ => events.push(event("Normal", "Pulling", format!("Pulling image \"{image}\""))),
    }
    events
}
