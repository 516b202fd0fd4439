//! Writes down what GitHub's API was asked and what it answered, for the check against GitHub's published schemas
//! (`tests/schema`).
//!
//! On when the environment variable [`VARIABLE`] names a directory: each process appends JSON lines to a file of its
//! own. An exchange of a shape that is there already is left out: a thousand polls are one line. Faults come before
//! this layer, so that the replies that tests make up are not taken for the sandbox's. The credentials of a call are
//! never written.

mod shape;

use std::{
    collections::HashSet,
    fs::{File, OpenOptions},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io::Write as _,
    path::{Path, PathBuf},
    sync::{LazyLock, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    middleware::{self, Next},
    response::Response,
};
use http::{HeaderMap, Method, Uri};
use serde_json::{Value, json};

use super::{journal::WebhookEvent, smart_http};
use crate::faults::lock;

/// Names the directory; nothing is recorded without it.
const VARIABLE: &str = "DAY2_RECORD_GITHUB";

/// Headers of a request that the check looks at.
const HEADERS: &[&str] = &["accept", "content-type", "user-agent", "x-github-api-version"];

static RECORDER: LazyLock<Option<Recorder>> = LazyLock::new(|| {
    #[expect(clippy::disallowed_methods, reason = "the sandbox is no action and has no snapshot")]
    let directory = std::env::var_os(VARIABLE).filter(|value| !value.is_empty())?;
    match Recorder::in_directory(Path::new(&directory)) {
        Ok(recorder) => Some(recorder),
        Err(error) => {
            tracing::error!(%error, "cannot record");
            None
        }
    }
});

/// A file that grows.
#[derive(Debug)]
struct Recorder {
    file: Mutex<File>,
    seen: Mutex<HashSet<u64>>,
    process: String,
}

impl Recorder {
    fn in_directory(directory: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(directory)?;
        let process = process_name();
        let path = directory.join(format!("{process}-{}.jsonl", std::process::id()));
        Ok(Self {
            file: Mutex::new(OpenOptions::new().create(true).append(true).open(path)?),
            seen: Mutex::default(),
            process,
        })
    }

    /// Writes `line` unless one of the same shape is there.
    fn add(&self, key: &str, parts: &[&Value], mut line: Value) {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        for part in parts {
            shape::of(part).hash(&mut hasher);
        }
        if !lock(&self.seen).insert(hasher.finish()) {
            return;
        }
        line["by"] = Value::String(self.by());
        let written = lock(&self.file).write_all(format!("{line}\n").as_bytes());
        if let Err(error) = written {
            tracing::error!(%error, "cannot record");
        }
    }

    /// The process, and the test if the runtime runs on the test's own thread.
    fn by(&self) -> String {
        let thread = std::thread::current();
        match thread.name() {
            Some(name) if name != "main" && !name.starts_with("tokio") => format!("{} {name}", self.process),
            _ => self.process.clone(),
        }
    }
}

/// The crate whose test this is, or the program's name without the hash that cargo puts behind a test's.
fn process_name() -> String {
    #[expect(clippy::disallowed_methods, reason = "the sandbox is no action and has no snapshot")]
    if let Ok(package) = std::env::var("CARGO_PKG_NAME") {
        return package;
    }
    let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("sandbox"));
    let stem = program.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    match stem.rsplit_once('-') {
        Some((name, hash)) if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            name.to_owned()
        }
        _ => stem,
    }
}

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
    record(recorder, &Call { method, uri, headers, sent: &sent }, parts.status.as_u16(), &answered);
    Response::from_parts(parts, Body::from(answered))
}

struct Call<'a> {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    sent: &'a Bytes,
}

fn record(recorder: &Recorder, call: &Call<'_>, status: u16, answered: &Bytes) {
    let (path, query) = (call.uri.path(), call.uri.query().unwrap_or_default());
    let headers: serde_json::Map<String, Value> = HEADERS
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), call.headers.get(*name)?.to_str().ok()?.into())))
        .collect();
    let (request, reply) = (parsed(call.sent), parsed(answered));
    let headers = Value::Object(headers);
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

/// The body as JSON; null when there is none, and text that is no JSON as such.
fn parsed(body: &Bytes) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(body)
        .unwrap_or_else(|_| json!({ "not JSON": String::from_utf8_lossy(body).into_owned() }))
}

/// Writes a webhook's payload down.
pub(super) fn event(event: &WebhookEvent) {
    if let Some(recorder) = RECORDER.as_ref() {
        let line = json!({ "event": event.name, "action": event.action, "payload": event.payload });
        recorder.add(&format!("{} {}", event.name, event.action), &[&event.payload], line);
    }
}
