//! The application's event stream, kept up: resumed where it broke off, and backed by a plain read when silent.

use std::{pin::pin, time::Duration};

use reqwest::Response;
use serde::Deserialize;
use serde_json::Value;
use tokio::{
    sync::mpsc::Sender,
    time::{Instant, timeout_at},
};
use toolkit::Backoff;

use crate::{
    api::{ApiError, ArgoCd, Refresh, refusal},
    observer::News,
    sse::Parser,
    wire::Application,
};

/// How long nothing may come.
#[derive(Debug, Clone, Copy)]
struct Patience {
    /// The server lists before it subscribes, so that an event can fall in between: after this much silence the
    /// application is read.
    event: Duration,
    /// A stream without a byte for so long is dead, whatever the connection says: the server sends a line every 15
    /// seconds (argoproj/pkg grpc/http/forwarders.go).
    byte: Duration,
}

const PATIENCE: Patience = Patience { event: Duration::from_secs(5), byte: Duration::from_secs(3 * 15) };

/// Sends every state of the application that is newer than `resource_version`, until an error comes that will not
/// pass. The observer ends it.
pub(crate) async fn watch(argocd: ArgoCd, resource_version: String, sender: Sender<News>) {
    Watch::new(argocd, resource_version, sender, PATIENCE).run().await;
}

fn new_backoff() -> Backoff {
    Backoff::new(Duration::from_millis(200), Duration::from_secs(2))
}

struct Watch {
    argocd: ArgoCd,
    resource_version: String,
    sender: Sender<News>,
    silent_until: Instant,
    patience: Patience,
    /// Whether the connection was a good one: an event came.
    is_good: bool,
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
    fn new(argocd: ArgoCd, resource_version: String, sender: Sender<News>, patience: Patience) -> Self {
        let silent_until = Instant::now() + patience.event;
        Self { argocd, resource_version, sender, silent_until, patience, is_good: false }
    }

    /// Streams until an error comes that will not pass.
    async fn run(mut self) {
        let mut backoff = new_backoff();
        loop {
            match self.stream_once().await {
                Ok(()) => tracing::debug!("the stream ended"),
                Err(error) if error.may_pass() => tracing::debug!("the stream ended: {error}"),
                Err(error) => {
                    if let Err(error) = self.argocd.renew_after(error).await {
                        return self.tell(News::Error(error)).await;
                    }
                }
            }
            if std::mem::take(&mut self.is_good) {
                backoff = new_backoff();
            }
            let pause = Instant::now() + backoff.next_delay();
            if pause > self.silent_until {
                self.read().await;
            }
            tokio::time::sleep_until(pause).await;
        }
    }

    /// Reads one connection to its end.
    async fn stream_once(&mut self) -> Result<(), ApiError> {
        let mut reply = self.connect().await?;
        let mut dead_at = self.dead_at();
        let mut parser = Parser::default();
        loop {
            let Ok(chunk) = timeout_at(self.silent_until.min(dead_at), reply.chunk()).await else {
                self.endure(dead_at).await?;
                continue;
            };
            dead_at = self.dead_at();
            let chunk = chunk.map_err(|error| ApiError::Cut(error.without_url().to_string()))?;
            let Some(chunk) = chunk else {
                // What was cut off in the middle is read again after the reconnection; an error is whole.
                if let Some(rest) = parser.finish().filter(|rest| serde_json::from_str::<Line>(rest).is_ok())
                {
                    self.event(&rest).await?;
                }
                return Ok(());
            };
            let events = parser.feed(&chunk).map_err(|error| ApiError::Malformed(error.to_string()))?;
            for event in events {
                self.event(&event).await?;
                self.is_good = true;
            }
        }
    }

    /// Connects. The server may send no head before the first event, so that silence counts here as well.
    async fn connect(&mut self) -> Result<Response, ApiError> {
        let (argocd, resource_version) = (self.argocd.clone(), self.resource_version.clone());
        let mut connecting = pin!(argocd.stream(&resource_version));
        let dead_at = self.dead_at();
        loop {
            match timeout_at(self.silent_until.min(dead_at), connecting.as_mut()).await {
                Ok(reply) => return reply,
                Err(_) => self.endure(dead_at).await?,
            }
        }
    }

    fn dead_at(&self) -> Instant {
        Instant::now() + self.patience.byte
    }

    /// Makes up for silence, until the stream is dead.
    async fn endure(&mut self, dead_at: Instant) -> Result<(), ApiError> {
        if Instant::now() >= dead_at {
            return Err(ApiError::Cut(format!("no byte for {} s", self.patience.byte.as_secs_f32())));
        }
        self.read().await;
        Ok(())
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
        self.silent_until = Instant::now() + self.patience.event;
        match self.argocd.read(Refresh::No).await {
            Ok(application) => self.application(application).await,
            Err(error) if error.may_pass() => tracing::debug!("the read after silence failed: {error}"),
            Err(error) => self.tell(News::Error(error)).await,
        }
    }

    /// Passes a state on, unless a newer one was seen.
    async fn application(&mut self, application: Application) {
        if application.is_not_older_than(&self.resource_version) {
            self.silent_until = Instant::now() + self.patience.event;
            self.resource_version.clone_from(&application.metadata.resource_version);
            self.tell(News::Application(Box::new(application))).await;
        }
    }

    async fn tell(&self, news: News) {
        // The receiver is gone only with the observer, which ends this task as well.
        let _ = self.sender.send(news).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use model::{Deadline, Secret};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
        sync::mpsc,
    };
    use toolkit::{Env, Host};

    use super::*;
    use crate::{api::Session, credential::Credential, fixtures, request::Server};

    /// Serves a stream that is dead, and one with an event after it.
    async fn serve(listener: TcpListener) {
        const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
        const EVENT: &str = "data: {\"result\":{\"type\":\"MODIFIED\",\"application\":{\"metadata\":{\"resourceVersion\":\"9\"}}}}\n\n";
        let mut open = Vec::new();
        for text in [HEAD.to_owned(), format!("{HEAD}{EVENT}")] {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            assert!(socket.read(&mut request).await.unwrap() > 0);
            socket.write_all(text.as_bytes()).await.unwrap();
            open.push(socket);
        }
        std::future::pending::<()>().await;
    }

    #[tokio::test]
    async fn a_stream_without_a_byte_is_left_for_another_one() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Server {
            url: format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap(),
            credential: Credential::Token(Secret::new("t0ken")),
            headers: Vec::new(),
            ca_file: None,
            client_certificate: None,
        };
        let serving = tokio::spawn(serve(listener));
        let deadline = Deadline::after(Duration::from_secs(60));
        let session = Session::sign_in(&server, &Host::new(Env::default()), deadline).await.unwrap();
        let argocd = ArgoCd::new(&Arc::new(session), &fixtures::request().application);
        let (sender, mut receiver) = mpsc::channel(1);
        // No read makes up for it.
        let patience = Patience { event: Duration::from_secs(600), byte: Duration::from_millis(200) };
        let watch = tokio::spawn(Watch::new(argocd, "1".to_owned(), sender, patience).run());
        let Some(News::Application(app)) = receiver.recv().await else { panic!("no event") };
        assert_eq!(app.metadata.resource_version, "9");
        watch.abort();
        serving.abort();
    }
}
