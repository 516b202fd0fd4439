//! Records what Argo CD's API was asked and what it answered, for the check against Argo CD's published swagger. Each
//! chunk of a stream is a reply of its own.

use std::sync::{Arc, LazyLock};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    middleware::{self, Next},
    response::Response,
};
use futures_util::StreamExt as _;
use http::{Method, Uri, header};
use serde_json::{Value, json};

use crate::record::{self, Recorder, parsed, shape};

/// Names the directory; nothing is recorded without it.
const VARIABLE: &str = "DAY2_RECORD_ARGOCD";

/// Headers of a request that the check looks at.
const HEADERS: &[&str] = &["accept", "content-type", "user-agent"];

/// Fields of a session that are credentials.
const SECRETS: &[&str] = &["password", "token"];

static RECORDER: LazyLock<Option<Recorder>> = LazyLock::new(|| Recorder::from_env(VARIABLE));

/// Puts the recorder before the API if one is wanted.
pub(super) fn layer<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    if RECORDER.is_some() { router.layer(middleware::from_fn(apply)) } else { router }
}

async fn apply(request: Request, next: Next) -> Response {
    let Some(recorder) = RECORDER.as_ref() else { return next.run(request).await };
    let (parts, body) = request.into_parts();
    let sent = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let call = Call {
        method: parts.method.clone(),
        uri: parts.uri.clone(),
        headers: record::headers(&parts.headers, HEADERS),
        request: without_secrets(parsed(&sent)),
    };
    let reply = next.run(Request::from_parts(parts, Body::from(sent))).await;
    let (parts, body) = reply.into_parts();
    let status = parts.status.as_u16();
    if call.is_stream() {
        let call = Arc::new(call);
        let chunks = body.into_data_stream().inspect(move |chunk| {
            for line in chunk.iter().flat_map(lines) {
                call.note(recorder, status, &line);
            }
        });
        return Response::from_parts(parts, Body::from_stream(chunks));
    }
    let answered = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let is_json = parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    if is_json {
        call.note(recorder, status, &without_secrets(parsed(&answered)));
    } else {
        // What no handler of the API has answered.
        call.note(recorder, status, &Value::Null);
    }
    Response::from_parts(parts, Body::from(answered))
}

/// The documents of a chunk: events, or lines. Signs of life have none.
fn lines(chunk: &Bytes) -> Vec<Value> {
    let text = String::from_utf8_lossy(chunk).into_owned();
    let lines = text.lines().map(|line| line.strip_prefix("data:").unwrap_or(line).trim());
    lines.filter(|line| line.starts_with('{')).map(|line| parsed(&Bytes::from(line.to_owned()))).collect()
}

fn without_secrets(mut value: Value) -> Value {
    for name in SECRETS {
        if let Some(secret) = value.get_mut(*name).filter(|secret| secret.is_string()) {
            *secret = json!("***");
        }
    }
    value
}

struct Call {
    method: Method,
    uri: Uri,
    headers: Value,
    request: Value,
}

impl Call {
    fn is_stream(&self) -> bool {
        let path = self.uri.path();
        path.starts_with("/api/v1/stream/") || path.ends_with("/logs")
    }

    fn note(&self, recorder: &Recorder, status: u16, reply: &Value) {
        let (path, query) = (self.uri.path(), self.uri.query().unwrap_or_default());
        let route = shape::of_path(path);
        let key = format!("{} {route}?{} {status}", self.method, shape::of_query(query));
        let line = json!({
            "method": self.method.as_str(),
            "path": path,
            "query": query,
            "headers": self.headers,
            "request": self.request,
            "status": status,
            "reply": reply,
        });
        recorder.add(&key, &[&self.headers, &self.request, reply], line);
    }
}
