//! Event streams: server-sent events, or one JSON document in a line.

use std::{
    collections::{HashMap, VecDeque},
    io,
    sync::Arc,
    time::Duration,
};

use axum::{
    body::Body,
    extract::{Path, Query, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Value, json};
use tokio::sync::broadcast::{self, error::RecvError};

use super::{
    Parameters,
    access::{self, Target},
    fields::Fields,
    selector::Selector,
};
use crate::{
    World,
    argocd::{
        app::App,
        refusal::Refusal,
        store::{Event, TREE, document},
        tree as resource_tree,
    },
};

/// What a stream says about a change, if anything: the key of the application and the result.
type Say = Box<dyn Fn(&Event) -> Option<(String, Value)> + Send + Sync>;

/// How a stream is written.
#[derive(Debug, Clone)]
pub(super) struct Format {
    is_sse: bool,
    fields: Fields,
}

impl Format {
    pub(super) fn new(headers: &HeaderMap, query: &Parameters) -> Self {
        let is_sse = headers.get(header::ACCEPT).is_some_and(|accept| accept == "text/event-stream");
        Self { is_sse, fields: Fields::new(query.text("fields")) }
    }

    /// Writes one chunk. grpc-gateway ends each with a line feed, behind what makes it an event.
    fn chunk(&self, value: Value) -> String {
        self.bare(value) + "\n"
    }

    fn bare(&self, mut value: Value) -> String {
        self.fields.filter(&mut value);
        if self.is_sse { format!("data: {value} \n\n") } else { value.to_string() }
    }

    /// Answers with a body of chunks.
    fn reply(&self, body: Body) -> Response {
        let kind = if self.is_sse { "text/event-stream" } else { "application/json" };
        ([(header::CONTENT_TYPE, kind)], body).into_response()
    }

    /// A refusal before anything else is one chunk, with a status of its own and no line feed.
    pub(super) fn refuse(&self, refusal: &Refusal) -> Response {
        let mut reply = self.reply(Body::from(self.bare(refusal.chunk())));
        *reply.status_mut() = refusal.status();
        reply
    }

    /// A stream that ends after these results.
    pub(super) fn whole(&self, results: Vec<Value>) -> Response {
        let text: String =
            results.into_iter().map(|result| self.chunk(json!({ "result": result }))).collect();
        self.reply(Body::from(text))
    }
}

/// `GET /api/v1/stream/applications`.
pub(super) async fn applications(
    State(world): State<Arc<World>>,
    Query(query): Query<Parameters>,
    headers: HeaderMap,
) -> Response {
    let format = Format::new(&headers, &query);
    let account = match world.argocd.accounts.caller(&headers, &world.urls.argocd) {
        Ok(account) => account,
        Err(refusal) => return format.refuse(&refusal),
    };
    let selector = match Selector::parse(query.text("selector")) {
        Ok(selector) => selector,
        Err(refusal) => {
            let message = refusal.message.replace("the selector", "labels with selectors");
            return format.refuse(&Refusal { message, ..refusal });
        }
    };
    let least: u64 = query.text("resourceVersion").parse().unwrap_or_default();
    let with_replay = query.text("resourceVersion").is_empty() || !query.text("name").is_empty();
    let say = move |event: &Event| {
        let spec = &event.app.spec;
        let (name, projects) = (query.text("name"), query.projects());
        let namespace =
            Some(query.text("appNamespace")).filter(|namespace| !namespace.is_empty()).unwrap_or("argocd");
        let is_wanted = event.kind != TREE
            && event.version >= least
            && (projects.is_empty() || projects.contains(&spec.project.as_str()))
            && (name.is_empty() || (name == spec.name && namespace == spec.namespace))
            && selector.matches(&spec.labels)
            && account.may("applications", "get", &spec.rbac_name());
        is_wanted
            .then(|| (spec.name.clone(), json!({ "type": event.kind, "application": document(&event.app) })))
    };
    Watch::open(&world, &format, Box::new(say), with_replay).await
}

/// `GET /api/v1/stream/applications/{name}/resource-tree`.
pub(super) async fn tree(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    Query(query): Query<Parameters>,
    headers: HeaderMap,
) -> Response {
    let format = Format::new(&headers, &query);
    let target = Target::new(&name, &query);
    if let Err(refusal) = target.and_then(|target| access::application(&world, &headers, target, "get")) {
        return format.refuse(&refusal);
    }
    let say = move |event: &Event| {
        (event.app.spec.name == name).then(|| (name.clone(), resource_tree::json(&event.app)))
    };
    Watch::open(&world, &format, Box::new(say), true).await
}

/// An open stream.
struct Watch {
    world: Arc<World>,
    format: Format,
    say: Say,
    events: broadcast::Receiver<Event>,
    cuts: broadcast::Receiver<()>,
    pending: VecDeque<String>,
    /// Only event streams are kept alive, and by the clock, whether events come or not.
    keepalive: tokio::time::Interval,
    /// The last chunk for each application: the same again is not sent, `fields` considered.
    sent: HashMap<String, String>,
}

impl Watch {
    /// The head of the reply comes with the first chunk, be it a sign of life.
    async fn open(world: &Arc<World>, format: &Format, say: Say, with_replay: bool) -> Response {
        let (events, cuts) = (world.argocd.store.subscribe(), world.argocd.cuts.subscribe());
        let (pending, sent) = (VecDeque::new(), HashMap::new());
        let quiet = Duration::from_millis(world.argocd.timing().keepalive_ms);
        let keepalive = tokio::time::interval_at(tokio::time::Instant::now() + quiet, quiet);
        let (world, shape) = (world.clone(), format.clone());
        let mut watch = Self { world, format: shape, say, events, cuts, pending, keepalive, sent };
        if with_replay {
            watch.replay();
        }
        match watch.next().await {
            Ok(first) => watch.pending.push_front(first),
            // Nothing was said, and nothing will be.
            Err(_) => return format.reply(Body::empty()),
        }
        let chunks = stream::try_unfold(watch, |mut watch| async move {
            let chunk = watch.next().await?;
            Ok::<_, io::Error>(Some((Bytes::from(chunk), watch)))
        });
        format.reply(Body::from_stream(chunks))
    }

    /// Tells every application as it is.
    fn replay(&mut self) {
        for app in self.world.argocd.store.all() {
            let App { version, .. } = app;
            self.take(&Event { kind: "ADDED", version, app });
        }
    }

    fn take(&mut self, event: &Event) {
        let Some((key, result)) = (self.say)(event) else { return };
        let chunk = self.format.chunk(json!({ "result": result }));
        if self.sent.get(&key) != Some(&chunk) {
            self.sent.insert(key, chunk.clone());
            self.pending.push_back(chunk);
        }
    }

    async fn next(&mut self) -> io::Result<String> {
        loop {
            if let Some(chunk) = self.pending.pop_front() {
                return Ok(chunk);
            }
            tokio::select! {
                event = self.events.recv() => match event {
                    Ok(event) => self.take(&event),
                    Err(RecvError::Lagged(_)) => self.replay(),
                    Err(RecvError::Closed) => return Err(io::Error::other("the sandbox has stopped")),
                },
                _ = self.cuts.recv() => return Err(io::Error::other("cut by a test")),
                _ = self.keepalive.tick(), if self.format.is_sse => return Ok(":\n".to_owned()),
            }
        }
    }
}
