//! Sessions, settings, version, and what the caller may do.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::HeaderMap,
};
use serde_json::{Value, json};

use crate::{
    World,
    argocd::refusal::{Code, Refusal},
};

type Reply = Result<Json<Value>, Refusal>;

pub(super) async fn version() -> Json<Value> {
    Json(json!({
        "Version": "v3.2.11+sandbox",
        "BuildDate": "2026-01-01T00:00:00Z",
        "GitTreeState": "clean",
        "GoVersion": "go1.25.0",
        "Compiler": "gc",
        "Platform": "linux/amd64",
    }))
}

pub(super) async fn create(State(world): State<Arc<World>>, body: String) -> Reply {
    let body = parse(&body)?;
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    let token = world.argocd.accounts.sign_in(text("username"), text("password"))?;
    Ok(Json(json!({ "token": token })))
}

pub(super) async fn delete() -> Json<Value> {
    Json(json!({ "token": "" }))
}

/// Answers strangers too: `loggedIn` is left out, as Go leaves out `false`.
pub(super) async fn user_info(State(world): State<Arc<World>>, headers: HeaderMap) -> Json<Value> {
    Json(match world.argocd.accounts.caller(&headers, &world.urls.argocd) {
        Ok(account) => json!({ "loggedIn": true, "username": account.username, "iss": account.issuer }),
        Err(_) => json!({}),
    })
}

/// The settings, of which strangers see a little less. What is false is left out, as Go leaves it out.
pub(super) async fn settings(State(world): State<Arc<World>>, headers: HeaderMap) -> Json<Value> {
    let mut settings = json!({
        "url": world.urls.argocd,
        "appLabelKey": "app.kubernetes.io/instance",
        "trackingMethod": "annotation",
        "googleAnalytics": { "anonymizeUsers": true },
        "help": { "chatText": "Chat now!" },
        "kustomizeOptions": {},
    });
    world.argocd.accounts.sso().put_settings(&mut settings);
    if world.argocd.accounts.caller(&headers, &world.urls.argocd).is_ok() {
        settings["controllerNamespace"] = json!("argocd");
        settings["passwordPattern"] = json!("^.{8,32}$");
    }
    Json(settings)
}

pub(super) async fn can_i(
    State(world): State<Arc<World>>,
    Path((resource, action, object)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Reply {
    let account = world.argocd.accounts.caller(&headers, &world.urls.argocd)?;
    let may = account.may(&resource, &action, &object);
    Ok(Json(json!({ "value": if may { "yes" } else { "no" } })))
}

/// Reads a JSON body; an empty one counts as an empty object.
pub(super) fn parse(body: &str) -> Result<Value, Refusal> {
    let body = if body.trim().is_empty() { "{}" } else { body };
    match serde_json::from_str(body) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => {
            Err(Refusal::new(Code::InvalidArgument, "json: cannot unmarshal into Go value of a message type"))
        }
        Err(error) => Err(Refusal::new(Code::InvalidArgument, error.to_string())),
    }
}
