//! Logs of pods.

use std::sync::Arc;

use axum::{
    extract::{Path, Query, State},
    http::HeaderMap,
    response::Response,
};
use serde_json::{Value, json};

use super::{
    Parameters,
    access::{self, Target},
    stream::Format,
};
use crate::{
    World,
    argocd::{
        app::App,
        pod::{Pod, PodState},
        refusal::Refusal,
        rollout::ReplicaSet,
    },
    oidc::now,
    sts::time::iso,
};

/// `GET …/logs?podName=` or by `kind` and `resourceName` of an owner.
pub(super) async fn of_application(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    Query(query): Query<Parameters>,
    headers: HeaderMap,
) -> Response {
    answer(&world, &name, query.text("podName"), &query, &headers)
}

/// `GET …/pods/{pod}/logs`.
pub(super) async fn of_pod(
    State(world): State<Arc<World>>,
    Path((name, pod)): Path<(String, String)>,
    Query(query): Query<Parameters>,
    headers: HeaderMap,
) -> Response {
    answer(&world, &name, &pod, &query, &headers)
}

fn answer(world: &World, name: &str, pod: &str, query: &Parameters, headers: &HeaderMap) -> Response {
    let format = Format::new(headers, query);
    match collect(world, name, pod, query, headers) {
        Ok(entries) => format.whole(entries),
        Err(refusal) => format.refuse(&refusal),
    }
}

fn collect(
    world: &World,
    name: &str,
    pod: &str,
    query: &Parameters,
    headers: &HeaderMap,
) -> Result<Vec<Value>, Refusal> {
    let (account, app) = access::application(world, headers, Target::new(name, query)?, "get")?;
    account.enforce("logs", "get", &app.spec.rbac_name())?;
    let previous = query.text("previous") == "true";
    let tail = query.text("tailLines").parse().ok().filter(|lines| *lines > 0).unwrap_or(usize::MAX);
    let mut entries = Vec::new();
    for (set, pod) in selected(&app, pod, query) {
        let lines = lines(world, set, pod, previous);
        let skipped = lines.len().saturating_sub(tail);
        entries
            .extend(lines.into_iter().skip(skipped).map(|line| entry(&line, &pod.name, pod.created, false)));
    }
    if !entries.is_empty() {
        entries.push(entry("", "", now(), true));
    }
    Ok(entries)
}

/// Pods by their name, or all pods below an owner.
fn selected<'a>(app: &'a App, pod: &str, query: &Parameters) -> Vec<(&'a ReplicaSet, &'a Pod)> {
    let (kind, owner) = (query.text("kind"), query.text("resourceName"));
    let pods = app.rollout.sets.iter().flat_map(|set| set.pods.iter().map(move |pod| (set, pod)));
    pods.filter(|(set, found)| match (pod, kind) {
        ("", "ReplicaSet") => format!("{}-{}", app.rollout.name, set.hash) == owner,
        ("", "Pod") => found.name == owner,
        ("", _) => owner.is_empty() || owner == app.rollout.name,
        (name, _) => found.name == name,
    })
    .collect()
}

/// What the API server has for a container; a refusal of Kubernetes is a line like any other.
fn lines(world: &World, set: &ReplicaSet, pod: &Pod, previous: bool) -> Vec<String> {
    let name = &pod.name;
    match pod.state {
        _ if previous && pod.restarts == 0 => {
            vec![format!("previous terminated container \"product\" in pod \"{name}\" not found")]
        }
        PodState::Creating => {
            vec![format!("container \"product\" in pod \"{name}\" is waiting to start: ContainerCreating")]
        }
        PodState::PullError | PodState::PullBackOff => vec![format!(
            "container \"product\" in pod \"{name}\" is waiting to start: trying and failing to pull image"
        )],
        PodState::InvalidImage => {
            vec![format!("container \"product\" in pod \"{name}\" is waiting to start: InvalidImageName")]
        }
        PodState::Running | PodState::CrashLoop | PodState::Terminating => world.argocd.log(&set.image),
    }
}

fn entry(content: &str, pod: &str, time: i64, last: bool) -> Value {
    let time = iso(time);
    json!({ "content": content, "timeStamp": time, "timeStampStr": time, "last": last, "podName": pod })
}
