//! The resource tree, live and target objects, revisions, sync windows.

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
    fields::Fields,
};
use crate::{
    World,
    argocd::{
        controller, git, live,
        refusal::{Code, Refusal},
        resources, tree as resource_tree, window,
    },
};

type Reply = Result<Json<Value>, Refusal>;

pub(super) async fn tree(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    Query(query): Query<Parameters>,
    headers: HeaderMap,
) -> Reply {
    let (_, app) = access::application(&world, &headers, Target::new(&name, &query)?, "get")?;
    Ok(Json(resource_tree::json(&app)))
}

pub(super) async fn windows(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    Query(query): Query<Parameters>,
    headers: HeaderMap,
) -> Reply {
    access::application(&world, &headers, Target::new(&name, &query)?, "get")?;
    Ok(Json(window::json(&world.argocd.windows(&name))))
}

/// Live and target state as JSON inside strings.
pub(super) async fn managed(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    Query(query): Query<Parameters>,
    headers: HeaderMap,
) -> Reply {
    let (_, app) = access::application(&world, &headers, Target::new(&name, &query)?, "get")?;
    let is = |parameter: &str, found: &str| query.get(parameter).is_none_or(|wanted| wanted == found);
    let items: Vec<Value> = resources::managed(&app)
        .iter()
        .filter(|resource| {
            is("kind", resource.kind) && is("group", resource.group) && is("name", &resource.name)
        })
        .map(|resource| {
            let object = live::object(&app, resource.kind, &resource.name);
            let text = object.map_or_else(|| "null".to_owned(), |object| object.to_string());
            json!({
                "group": resource.group,
                "kind": resource.kind,
                "namespace": app.spec.destination_namespace,
                "name": resource.name,
                "targetState": text,
                "liveState": text,
                "normalizedLiveState": text,
                "predictedLiveState": text,
                "resourceVersion": app.version.to_string(),
            })
        })
        .collect();
    let mut reply = json!({ "items": items });
    Fields::new(query.text("fields")).filter(&mut reply);
    Ok(Json(reply))
}

/// One live object, read now.
pub(super) async fn one(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    Query(query): Query<Parameters>,
    headers: HeaderMap,
) -> Reply {
    let (_, app) = access::application(&world, &headers, Target::new(&name, &query)?, "get")?;
    let (kind, resource) = (query.text("kind"), query.text("resourceName"));
    let object = live::object(&app, kind, resource);
    let object = object.ok_or_else(|| not_a_part(kind, query.text("group"), resource, &name))?;
    Ok(Json(json!({ "manifest": object.to_string() })))
}

/// What a revision would make: the Rollout with its image.
pub(super) async fn manifests(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    Query(query): Query<Parameters>,
    headers: HeaderMap,
) -> Reply {
    let (_, app) = access::application(&world, &headers, Target::new(&name, &query)?, "get")?;
    let wanted = query.get("revision").unwrap_or(&app.spec.target_revision);
    let compared = controller::compare(&world, &name, wanted).await;
    let (commit, target) = compared.map_err(|error| Refusal::new(Code::Unknown, error))?;
    let manifest = json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": { "name": app.spec.release_name, "namespace": app.spec.destination_namespace },
        "spec": {
            "replicas": target.replicas,
            "template": { "spec": { "containers": [{ "name": "product", "image": target.image }] } },
        },
    });
    Ok(Json(json!({ "manifests": [manifest.to_string()], "revision": commit, "sourceType": "Helm" })))
}

pub(super) async fn metadata(
    State(world): State<Arc<World>>,
    Path((name, revision)): Path<(String, String)>,
    Query(query): Query<Parameters>,
    headers: HeaderMap,
) -> Reply {
    let (_, app) = access::application(&world, &headers, Target::new(&name, &query)?, "get")?;
    let directory = app.spec.slug().and_then(|slug| world.github.git_dir(&slug));
    let directory = directory.ok_or_else(|| Refusal::new(Code::Unknown, "repository not found"))?;
    let found = git::metadata(&directory, &revision).await;
    let (author, date, message) = found.map_err(|error| Refusal::new(Code::Unknown, error))?;
    Ok(Json(json!({ "author": author, "date": date, "message": message })))
}

pub(super) fn not_a_part(kind: &str, group: &str, resource: &str, app: &str) -> Refusal {
    let text = format!("{kind} {group} {resource} not found as part of application {app}");
    Refusal::new(Code::InvalidArgument, text)
}
