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

/// Sends every state of the application that is newer than `resource_version`, until an error comes that will not
/// pass. The observer ends it.
pub(crate) async fn watch(argocd: ArgoCd, resource_version: String, sender: Sender<News>) {
    let mut watch = Watch { argocd, resource_version, sender, silent_until: Instant::now() + SILENCE };
    let mut backoff = new_backoff();
    loop {
        match watch.stream_once().await {
            // A stream that brought something was a good one: begin anew with short delays.
            Ok(Brought::Events) => backoff = new_backoff(),
            Ok(Brought::Nothing) => {}
            Err(error) if error.may_pass() => tracing::debug!("the stream ended: {error}"),
            Err(error) => {
                if let Err(error) = watch.argocd.renew_after(error).await {
                    return watch.tell(News::Error(error)).await;
                }
            }
        }
        let pause = Instant::now() + backoff.next_delay();
        if pause > watch.silent_until {
            watch.read().await;
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

/// What one connection brought before it ended.
enum Brought {
    Events,
    Nothing,
}

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
    async fn stream_once(&mut self) -> Result<Brought, ApiError> {
        let mut reply = self.connect().await?;
        let mut parser = Parser::default();
        let mut brought = Brought::Nothing;
        loop {
            let Ok(chunk) = tokio::time::timeout_at(self.silent_until, reply.chunk()).await else {
                self.read().await;
                continue;
            };
            let chunk = chunk.map_err(|error| ApiError::Cut(error.without_url().to_string()))?;
            let Some(chunk) = chunk else {
                // What was cut off in the middle is read again after the reconnection; an error is whole.
                if let Some(rest) = parser.finish().filter(|rest| serde_json::from_str::<Line>(rest).is_ok())
                {
                    self.event(&rest).await?;
                }
                return Ok(brought);
            };
            let events = parser.feed(&chunk).map_err(|error| ApiError::Malformed(error.to_string()))?;
            for event in events {
                self.event(&event).await?;
                brought = Brought::Events;
            }
        }
    }

    /// Connects. The server may send no head before the first event, so that silence counts here as well.
    async fn connect(&mut self) -> Result<Response, ApiError> {
        let (argocd, resource_version) = (self.argocd.clone(), self.resource_version.clone());
        let mut connecting = pin!(argocd.stream(&resource_version));
        loop {
            match tokio::time::timeout_at(self.silent_until, connecting.as_mut()).await {
                Ok(reply) => return reply,
                Err(_) => self.read().await,
            }
        }
    }

    /// Takes one event. An error inside of the stream, which comes with HTTP 200, ends it.
    async fn event(&mut self, text: &str) -> Result<(), ApiError> {
        let line: Line =
            serde_json::from_str(text).map_err(|error| ApiError::Malformed(error.to_string()))?;
        match (line.error, line.result) {
            (Some(error), _) => return Err(refusal(error)),
            (None, Some(event)) if event.kind == "DELETED" => self.tell(News::Deleted).await,
            (None, Some(event)) => self.application(event.application).await,
            (None, None) => {}
        }
        Ok(())
    }

    /// Reads the application after silence. What may pass is left to the next time.
    async fn read(&mut self) {
        self.silent_until = Instant::now() + SILENCE;
        match self.argocd.read(Refresh::No).await {
            Ok(application) => self.application(application).await,
            Err(error) if error.may_pass() => tracing::debug!("the read after silence failed: {error}"),
            Err(error) => self.tell(News::Error(error)).await,
        }
    }

    /// Passes a state on, unless a newer one was seen.
    async fn application(&mut self, application: Application) {
        if application.is_not_older_than(&self.resource_version) {
            self.silent_until = Instant::now() + SILENCE;
            self.resource_version.clone_from(&application.metadata.resource_version);
            self.tell(News::Application(Box::new(application))).await;
        }
    }

    async fn tell(&self, news: News) {
        // The receiver is gone only with the observer, which ends this task as well.
        let _ = self.sender.send(news).await;
    }
}
