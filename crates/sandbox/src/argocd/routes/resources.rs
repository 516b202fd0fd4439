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
        tree as resource_tree, window,
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
    window::json(&world.argocd.windows(&name)).map(Json).map_err(|error| Refusal::new(Code::Unknown, error))
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
    let items: Vec<Value> = app
        .resources
        .iter()
        .map(|status| &status.key)
        .filter(|key| {
            is("kind", &key.kind)
                && is("group", &key.group)
                && is("name", &key.name)
                && is("namespace", &key.namespace)
        })
        .map(|key| {
            let text =
                |object: Option<Value>| object.map_or_else(|| "null".to_owned(), |object| object.to_string());
            let live = text(live::object(&app, &key.kind, &key.name));
            let target = app.target.iter().find(|object| object.key == *key);
            let mut item = json!({
                "kind": key.kind,
                "name": key.name,
                "targetState": text(target.map(|object| object.manifest.clone())),
                "liveState": live,
                "normalizedLiveState": live,
                "predictedLiveState": live,
                "resourceVersion": app.version.to_string(),
            });
            for (name, text) in [("group", &key.group), ("namespace", &key.namespace)] {
                if !text.is_empty() {
                    item[name] = json!(text);
                }
            }
            item
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

/// What a revision would make.
pub(super) async fn manifests(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    Query(query): Query<Parameters>,
    headers: HeaderMap,
) -> Reply {
    let (_, app) = access::application(&world, &headers, Target::new(&name, &query)?, "get")?;
    let mut origin = app.spec.origin();
    origin.revisions.extend(query.get("revision").map(str::to_owned));
    let compared = controller::compare(&world, &name, origin).await;
    let target = compared.map_err(|error| Refusal::new(Code::Unknown, error))?;
    let manifests: Vec<String> = target.objects.iter().map(|object| object.manifest.to_string()).collect();
    let kind = target.types.first().copied().unwrap_or_default();
    Ok(Json(json!({ "manifests": manifests, "revision": target.origin.revision(), "sourceType": kind })))
}

pub(super) async fn metadata(
    State(world): State<Arc<World>>,
    Path((name, revision)): Path<(String, String)>,
    Query(query): Query<Parameters>,
    headers: HeaderMap,
) -> Reply {
    let (_, app) = access::application(&world, &headers, Target::new(&name, &query)?, "get")?;
    let index: usize = query.text("sourceIndex").parse().unwrap_or_default();
    let source = app.spec.origin().sources.into_iter().nth(index);
    let directory = source.and_then(|source| world.github.git_dir(&source.slug()?));
    let directory = directory.ok_or_else(|| Refusal::new(Code::Unknown, "repository not found"))?;
    let found = git::metadata(&directory, &revision).await;
    let (author, date, message) = found.map_err(|error| Refusal::new(Code::Unknown, error))?;
    Ok(Json(json!({ "author": author, "date": date, "message": message })))
}

pub(super) fn not_a_part(kind: &str, group: &str, resource: &str, app: &str) -> Refusal {
    let text = format!("{kind} {group} {resource} not found as part of application {app}");
    Refusal::new(Code::InvalidArgument, text)
}
