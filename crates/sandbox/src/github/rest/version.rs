//! What version 2026-03-10 of the interface drops from replies
//! (<https://docs.github.com/en/rest/about-the-rest-api/breaking-changes?apiVersion=2026-03-10>).

use std::sync::{Arc, atomic::Ordering};

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderValue, header};
use serde_json::Value;

use crate::World;

/// Of those that are dropped, the fields that replies here can have.
const DROPPED: &[&str] =
    &["assignee", "has_downloads", "merge_commit_sha", "rate", "use_squash_pr_title_as_default"];

pub(super) async fn apply(State(world): State<Arc<World>>, request: Request, next: Next) -> Response {
    let is_rest = request.uri().path() != "/graphql";
    let reply = next.run(request).await;
    let is_json = reply.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    if !(is_rest && is_json && world.github.is_next_version.load(Ordering::Relaxed)) {
        return reply;
    }
    let (mut parts, body) = reply.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let Ok(mut value) = serde_json::from_slice::<Value>(&bytes) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    drop_fields(&mut value);
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert("x-github-api-version-selected", HeaderValue::from_static("2026-03-10"));
    Response::from_parts(parts, Body::from(value.to_string()))
}

fn drop_fields(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !DROPPED.contains(&name.as_str()));
            fields.values_mut().for_each(drop_fields);
        }
        Value::Array(list) => list.iter_mut().for_each(drop_fields),
        _ => {}
    }
}
