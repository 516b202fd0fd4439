//! Connections that are opened before there is anything to ask: name lookup, TCP and TLS take their round trips while
//! another server is still waited for.
//!
//! A request is started, so that the client's own connector runs, with its proxies and its TLS; what it connects is set
//! aside for the next request to the same server, and the one that began it is dropped before it is sent.

use std::{
    any::Any,
    collections::HashMap,
    future::{Future, pending},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use reqwest::{Client, Url};
use tokio::{sync::Notify, task::JoinHandle};
use tower_layer::Layer;
use tower_service::Service;

tokio::task_local! {
    /// Which server the request of this task is for: a connector is not told in a way that it could read.
    static PURPOSE: Purpose;
}

#[derive(Clone)]
struct Purpose {
    origin: String,
    /// Told when the connection has been set aside; none for a request that uses it.
    set_aside: Option<Arc<Notify>>,
}

/// A connection of a type that only reqwest can name; none if there was an error, which whoever connects again sees.
type Kept = JoinHandle<Option<Box<dyn Any + Send>>>;

/// Begins to connect to the server of `url`, without waiting for it. Whether that works is for the next request to find out.
pub async fn connect_early(client: &Client, url: &str) {
    let Ok(url) = Url::parse(url) else { return };
    let notify = Arc::new(Notify::new());
    let purpose = Purpose { origin: super::origin(&url), set_aside: Some(notify.clone()) };
    let never_sent = client.get(url).send();
    let begun = async {
        tokio::select! {
            // Only if there is a connection already, or none can even be begun.
            _ = never_sent => {}
            () = notify.notified() => {}
        }
    };
    PURPOSE.scope(purpose, begun).await;
}

/// Runs a request that may use a connection that was opened early.
pub(super) async fn with_early<T>(url: &Url, request: impl Future<Output = T>) -> T {
    let purpose = Purpose { origin: super::origin(url), set_aside: None };
    PURPOSE.scope(purpose, request).await
}

/// Between a client and its connector.
#[derive(Clone, Default)]
pub(super) struct Early {
    kept: Arc<Mutex<HashMap<String, Vec<Kept>>>>,
}

impl Early {
    fn put(&self, origin: String, kept: Kept) {
        let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(origin).or_default().push(kept);
    }

    fn take(&self, origin: &str) -> Option<Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).get_mut(origin)?.pop()
    }
}

impl<S> Layer<S> for Early {
    type Service = Connecting<S>;

    fn layer(&self, inner: S) -> Connecting<S> {
        Connecting { inner, early: self.clone() }
    }
}

/// The connector.
#[derive(Clone)]
pub(super) struct Connecting<S> {
    inner: S,
    early: Early,
}

impl<S, R> Service<R> for Connecting<S>
where
    S: Service<R>,
    S::Response: Send + 'static,
    S::Error: Send + 'static,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let connecting = self.inner.call(request);
        let Ok(Purpose { origin, set_aside }) = PURPOSE.try_with(Clone::clone) else {
            return Box::pin(connecting);
        };
        if let Some(notify) = set_aside {
            let kept = async { Some(Box::new(connecting.await.ok()?) as Box<dyn Any + Send>) };
            self.early.put(origin, tokio::spawn(kept));
            notify.notify_one();
            return Box::pin(pending());
        }
        let kept = self.early.take(&origin);
        Box::pin(async move {
            if let Some(kept) = kept
                && let Ok(Some(connection)) = kept.await
                && let Ok(connection) = connection.downcast()
            {
                return Ok(*connection);
            }
            connecting.await
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use model::Deadline;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use crate::http::{ClientOptions, client, send};

    use super::*;

    #[tokio::test]
    async fn a_connection_is_there_before_the_request_that_uses_it() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let client = client(&ClientOptions { connects_early: true, ..ClientOptions::default() }).unwrap();
        connect_early(&client, &url).await;
        let (mut stream, _) = listener.accept().await.unwrap();
        let asked = tokio::spawn({
            let (client, url) = (client.clone(), url.clone());
            async move {
                let request = client.get(format!("{url}a"));
                send(&client, request, Deadline::after(Duration::from_secs(5))).await.unwrap().status()
            }
        });
        let mut said = vec![0; 6];
        stream.read_exact(&mut said).await.unwrap();
        assert_eq!(said, b"GET /a", "what began the connection is not sent");
        stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").await.unwrap();
        assert_eq!(asked.await.unwrap(), 204);
        // The next request has a connection of its own.
        let again = client.get(&url).send();
        assert!(tokio::select! { _ = again => false, accepted = listener.accept() => accepted.is_ok() });
    }

    #[tokio::test]
    async fn one_that_could_not_be_opened_is_tried_again() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let url = format!("http://{address}/");
        let client = client(&ClientOptions { connects_early: true, ..ClientOptions::default() }).unwrap();
        connect_early(&client, &url).await;
        connect_early(&client, "no URL").await;
        let error =
            send(&client, client.get(&url), Deadline::after(Duration::from_secs(5))).await.unwrap_err();
        assert!(error.is_before_effect(), "{error}");
    }
}
