//! Records what GitHub's API was asked and what it answered, for the check against GitHub's published schemas.

use std::sync::LazyLock;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    middleware::{self, Next},
    response::Response,
};
use http::{HeaderMap, Method, Uri};
use serde_json::json;

use super::{journal::WebhookEvent, smart_http};
use crate::record::{self, Recorder, parsed, shape};

/// Names the directory; nothing is recorded without it.
const VARIABLE: &str = "DAY2_RECORD_GITHUB";

/// Headers of a request that the check looks at.
const HEADERS: &[&str] = &["accept", "content-type", "user-agent", "x-github-api-version"];

static RECORDER: LazyLock<Option<Recorder>> = LazyLock::new(|| Recorder::from_env(VARIABLE));

/// Puts the recorder before the API if one is wanted.
pub(super) fn layer(router: Router) -> Router {
    if RECORDER.is_some() { router.layer(middleware::from_fn(apply)) } else { router }
}

async fn apply(request: Request, next: Next) -> Response {
    let Some(recorder) = RECORDER.as_ref() else { return next.run(request).await };
    if smart_http::service(request.uri().path()).is_some() {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let (method, uri, headers) = (parts.method.clone(), parts.uri.clone(), parts.headers.clone());
    let sent = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let reply = next.run(Request::from_parts(parts, Body::from(sent.clone()))).await;
    let (parts, body) = reply.into_parts();
    let answered = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    note(recorder, &Call { method, uri, headers, sent: &sent }, parts.status.as_u16(), &answered);
    Response::from_parts(parts, Body::from(answered))
}

struct Call<'a> {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    sent: &'a Bytes,
}

fn note(recorder: &Recorder, call: &Call<'_>, status: u16, answered: &Bytes) {
    let (path, query) = (call.uri.path(), call.uri.query().unwrap_or_default());
    let (request, reply) = (parsed(call.sent), parsed(answered));
    let headers = record::headers(&call.headers, HEADERS);
    let route = shape::of_path(path);
    let key = format!("{} {route}?{} {status}", call.method, shape::of_query(query));
    let line = json!({
        "method": call.method.as_str(),
        "path": path,
        "query": query,
        "headers": headers,
        "request": request,
        "status": status,
        "reply": reply,
    });
    recorder.add(&key, &[&headers, &request, &reply], line);
}

/// Writes a webhook's payload down.
pub(super) fn event(event: &WebhookEvent) {
    if let Some(recorder) = RECORDER.as_ref() {
        let line = json!({ "event": event.name, "action": event.action, "payload": event.payload });
        recorder.add(&format!("{} {}", event.name, event.action), &[&event.payload], line);
    }
}
