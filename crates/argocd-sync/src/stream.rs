//! The application's event stream, kept up: resumed where it broke off, and backed by a plain read when silent.

use std::{pin::pin, time::Duration};

use reqwest::Response;
use serde::Deserialize;
use serde_json::Value;
use tokio::{sync::mpsc::Sender, time::Instant};
use toolkit::Backoff;

use crate::{
    api::{ApiError, ArgoCd, Refresh, refusal},
    observer::News,
    sse::Parser,
    wire::Application,
};

/// The server lists before it subscribes, so that an event can fall in between: after this much silence the
/// application is read.
const SILENCE: Duration = Duration::from_secs(5);

/// Sends every state of the application that is newer than `resource_version`, until the receiver is gone or an
/// error comes that will not pass.
pub(crate) async fn watch(argocd: ArgoCd, resource_version: String, sender: Sender<News>) {
    let mut watch = Watch { argocd, resource_version, sender, silent_until: Instant::now() + SILENCE };
    let mut backoff = new_backoff();
    loop {
        match watch.stream_once().await {
            Ok(Ended::ReceiverGone) => return,
            // A stream that brought something was a good one: begin anew with short delays.
            Ok(Ended::AfterEvents) => backoff = new_backoff(),
            Ok(Ended::Silently) => {}
            Err(error) if error.may_pass() => tracing::debug!("the stream ended: {error}"),
            Err(error) => {
                // The receiver may have gone in between, which is just as well.
                let _ = watch.sender.send(News::Error(error)).await;
                return;
            }
        }
        let pause = Instant::now() + backoff.next_delay();
        if pause > watch.silent_until && watch.read().await.is_err() {
            return;
        }
        tokio::time::sleep_until(pause).await;
    }
}

fn new_backoff() -> Backoff {
    Backoff::new(Duration::from_millis(200), Duration::from_secs(2))
}

struct Watch {
    argocd: ArgoCd,
    resource_version: String,
    sender: Sender<News>,
    silent_until: Instant,
}

/// How one connection ended without an error.
enum Ended {
    ReceiverGone,
    AfterEvents,
    Silently,
}

/// Nobody listens any more.
struct ReceiverGone;

/// One line of the stream.
#[derive(Debug, Deserialize)]
struct Line {
    result: Option<Event>,
    error: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Event {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    application: Application,
}

impl Watch {
    /// Reads one connection to its end.
    async fn stream_once(&mut self) -> Result<Ended, ApiError> {
        let Some(mut reply) = self.connect().await? else { return Ok(Ended::ReceiverGone) };
        let mut parser = Parser::default();
        let mut ended = Ended::Silently;
        loop {
            let Ok(chunk) = tokio::time::timeout_at(self.silent_until, reply.chunk()).await else {
                if self.read().await.is_err() {
                    return Ok(Ended::ReceiverGone);
                }
                continue;
            };
            let chunk = chunk.map_err(|error| ApiError::Cut(error.without_url().to_string()))?;
            let Some(chunk) = chunk else { return Ok(ended) };
            let events = parser.feed(&chunk).map_err(|error| ApiError::Malformed(error.to_string()))?;
            for event in events {
                if self.event(&event).await?.is_err() {
                    return Ok(Ended::ReceiverGone);
                }
                ended = Ended::AfterEvents;
            }
        }
    }

    /// Connects. The server may send no head before the first event, so that silence counts here as well.
    async fn connect(&mut self) -> Result<Option<Response>, ApiError> {
        let (argocd, resource_version) = (self.argocd.clone(), self.resource_version.clone());
        let mut connecting = pin!(argocd.stream(&resource_version));
        loop {
            match tokio::time::timeout_at(self.silent_until, connecting.as_mut()).await {
                Ok(reply) => return reply.map(Some),
                Err(_) if self.read().await.is_err() => return Ok(None),
                Err(_) => {}
            }
        }
    }

    /// Takes one event. An error inside of the stream, which comes with HTTP 200, ends it.
    async fn event(&mut self, text: &str) -> Result<Result<(), ReceiverGone>, ApiError> {
        let line: Line =
            serde_json::from_str(text).map_err(|error| ApiError::Malformed(error.to_string()))?;
        if let Some(error) = line.error {
            return Err(refusal(error));
        }
        let Some(event) = line.result else { return Ok(Ok(())) };
        if event.kind == "DELETED" {
            return Ok(self.sender.send(News::Deleted).await.map_err(|_| ReceiverGone));
        }
        Ok(self.application(event.application).await)
    }

    /// Reads the application after silence. Errors are the stream's to report: it is connected again anyway.
    async fn read(&mut self) -> Result<(), ReceiverGone> {
        self.silent_until = Instant::now() + SILENCE;
        match self.argocd.read(Refresh::No).await {
            Ok(application) => self.application(application).await,
            Err(error) => {
                tracing::debug!("the read after silence failed: {error}");
                Ok(())
            }
        }
    }

    /// Passes a state on, unless a newer one was seen.
    async fn application(&mut self, application: Application) -> Result<(), ReceiverGone> {
        if !application.is_not_older_than(&self.resource_version) {
            return Ok(());
        }
        self.silent_until = Instant::now() + SILENCE;
        self.resource_version.clone_from(&application.metadata.resource_version);
        self.sender.send(News::Application(Box::new(application))).await.map_err(|_| ReceiverGone)
    }
}
