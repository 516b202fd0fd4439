//! Listing and reading applications.

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
    selector::Selector,
};
use crate::{
    World,
    argocd::{controller, refusal::Refusal, store::document},
};

pub(super) async fn list(
    State(world): State<Arc<World>>,
    Query(query): Query<Parameters>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let account = world.argocd.accounts.caller(&headers, &world.urls.argocd)?;
    let projects = query.projects();
    let selector = Selector::parse(query.text("selector"))?;
    let fields = Fields::new(query.text("fields"));
    let is = |wanted: &str, found: &str| wanted.is_empty() || wanted == found;
    let apps = world.argocd.store.all();
    let newest = apps.iter().map(|app| app.version).max().unwrap_or_default();
    let items: Vec<Value> = apps
        .iter()
        .filter(|app| {
            let spec = &app.spec;
            is(query.text("name"), &spec.name)
                && is(query.text("repo"), &spec.repo_url)
                && is(query.text("appNamespace"), &spec.namespace)
                && (projects.is_empty() || projects.contains(&spec.project.as_str()))
                && selector.matches(&spec.labels)
                && account.may("applications", "get", &spec.rbac_name())
        })
        .map(|app| fields.list_item(&document(app)))
        .collect();
    // A list that has nothing in it is null in Go's JSON.
    let items = if items.is_empty() { Value::Null } else { json!(items) };
    Ok(Json(json!({ "metadata": { "resourceVersion": newest.to_string() }, "items": items })))
}

pub(super) async fn get(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    Query(query): Query<Parameters>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let target = Target::new(&name, &query)?;
    let (_, app) = access::application(&world, &headers, target, "get")?;
    let Some(refresh) = query.get("refresh") else { return Ok(Json(document(&app))) };
    controller::refresh(&world, &name, refresh == "hard").await;
    let app = world.argocd.store.get(&name).ok_or_else(|| Refusal::no_application(&name))?;
    Ok(Json(document(&app)))
}
