//! Requests to one server, and what their replies mean; who asks is not known here.

use std::{
    fs,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use model::{Deadline, Failure, Secret, codes};
use reqwest::{
    Method, RequestBuilder, Response,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue},
};
use serde::de::DeserializeOwned;
use toolkit::{http, retry_after};
use url::Url;

use super::{ApiError, error};
use crate::request::Server;

/// A call that takes longer has lost its reply; a refresh may wait for the controller this long as well.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// The way to one server.
#[derive(Debug)]
pub(super) struct Transport {
    client: reqwest::Client,
    url: Url,
    headers: HeaderMap,
    deadline: Deadline,
    /// Until when calls may be made beyond that.
    lingering: Mutex<Option<Deadline>>,
    /// The moment before which the server has asked not to be called, by `Retry-After`.
    not_before: Mutex<Option<Instant>>,
}

/// What a reply's head says.
#[derive(Debug)]
pub(super) struct Head {
    /// The HTTP status.
    pub(super) status: u16,
    /// The host that a redirect leads to.
    pub(super) location: Option<String>,
    /// Whether the body is a page for people.
    pub(super) is_html: bool,
}

impl Transport {
    /// Sets the client up. The files of certificates are read here.
    pub(super) fn new(server: &Server, deadline: Deadline) -> Result<Self, Failure> {
        let ca_pem = server.ca_file.as_deref().map(|path| read("ca-file", path)).transpose()?;
        let identity_pem = match &server.client_certificate {
            Some(files) => {
                let mut pem = read("client-cert-file", &files.certificate)?;
                pem.push(b'\n');
                pem.extend(read("client-key-file", &files.key)?);
                Some(Secret::new(String::from_utf8_lossy(&pem)))
            }
            None => None,
        };
        let options = http::ClientOptions { ca_pem, identity_pem, ..http::ClientOptions::default() };
        let mut headers = HeaderMap::new();
        for (name, value) in &server.headers {
            headers.append(name, secret_header(value)?);
        }
        Ok(Self {
            client: http::client(&options)?,
            url: server.url.clone(),
            headers,
            deadline,
            lingering: Mutex::default(),
            not_before: Mutex::default(),
        })
    }

    /// Returns the moment by which all must have ended.
    pub(super) fn deadline(&self) -> Deadline {
        self.deadline
    }

    /// Allows calls for this long from now, whatever the deadline: what a failure still needs.
    pub(super) fn linger(&self, time: Duration) {
        let mut lingering = lock(&self.lingering);
        *lingering = Some(later(*lingering, Deadline::after(time)));
    }

    /// Returns the server's address.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Builds a request for a path below the base URL. Values of `query` that are empty are left out.
    pub(super) fn request(&self, method: &Method, path: &[&str], query: &[(&str, &str)]) -> RequestBuilder {
        let mut url = self.url.clone();
        extend(&mut url, path);
        let given = || query.iter().filter(|(_, value)| !value.is_empty());
        if given().next().is_some() {
            url.query_pairs_mut().extend_pairs(given());
        }
        let request = self.client.request(method.clone(), url).headers(self.headers.clone());
        // Argo CD answers 415 to a call that changes something without this header, a DELETE included.
        if *method == Method::GET { request } else { request.header(CONTENT_TYPE, "application/json") }
    }

    /// Builds a request that posts a form.
    pub(super) fn form(&self, path: &[&str], form: &[(&str, &str)]) -> RequestBuilder {
        let mut url = self.url.clone();
        extend(&mut url, path);
        self.client.post(url).headers(self.headers.clone()).form(form)
    }

    /// Sends a request and reads the whole reply, which must be good.
    pub(super) async fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, ApiError> {
        parse(&self.text(request).await?)
    }

    /// Sends a request and reads the whole reply as text.
    pub(super) async fn text(&self, request: RequestBuilder) -> Result<String, ApiError> {
        let deadline = self.call().await;
        body(self.send(request.header(ACCEPT, "application/json"), deadline).await?, deadline).await
    }

    /// Sends a request and returns the head of a good reply.
    pub(super) async fn send(
        &self,
        request: RequestBuilder,
        deadline: Deadline,
    ) -> Result<Response, ApiError> {
        let reply = http::send(&self.client, request, deadline).await?;
        let head = self.head(&reply);
        if reply.status().is_success() && !head.is_html {
            return Ok(reply);
        }
        let body = body(reply, deadline).await.unwrap_or_default();
        Err(error::read(head, &body))
    }

    /// Sends a request and reads the whole reply, good or not.
    pub(super) async fn reply(&self, request: RequestBuilder) -> Result<(Head, String), ApiError> {
        let deadline = self.call().await;
        let reply = http::send(&self.client, request, deadline).await?;
        Ok((self.head(&reply), body(reply, deadline).await?))
    }

    /// Waits until the server may be called, and returns when a call that begins then must have ended. A time that is
    /// longer than what is left is not waited for: nothing is lost by the call.
    pub(super) async fn call(&self) -> Deadline {
        let end = self.end();
        let until = *lock(&self.not_before);
        if let Some(until) = until.filter(|until| *until < end.instant() && *until > Instant::now()) {
            tracing::debug!("{} asks to be left alone for a while", self.url.host_str().unwrap_or_default());
            tokio::time::sleep_until(until.into()).await;
        }
        Deadline::after(end.remaining().min(CALL_TIMEOUT))
    }

    /// The moment by which all must have ended that is still needed.
    fn end(&self) -> Deadline {
        later(*lock(&self.lingering), self.deadline)
    }

    fn head(&self, reply: &Response) -> Head {
        let header = |name| reply.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        if matches!(reply.status().as_u16(), 429 | 500..)
            && let Some(until) =
                retry_after(reply.headers()).and_then(|time| Instant::now().checked_add(time))
        {
            let mut not_before = lock(&self.not_before);
            *not_before = (*not_before).max(Some(until));
        }
        Head {
            status: reply.status().as_u16(),
            location: header("location").and_then(|location| host(&self.url, location)),
            is_html: header("content-type").is_some_and(|kind| kind.starts_with("text/html")),
        }
    }
}

/// The later of two moments: several applications share the way, and none shortens another one's time.
fn later(known: Option<Deadline>, end: Deadline) -> Deadline {
    known.filter(|known| known.instant() > end.instant()).unwrap_or(end)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads a JSON reply.
pub(super) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, ApiError> {
    serde_json::from_str(text).map_err(|error| ApiError::Malformed(error.to_string()))
}

/// Reads a reply's body to its end.
pub(super) async fn body(reply: Response, deadline: Deadline) -> Result<String, ApiError> {
    let body = tokio::time::timeout_at(deadline.instant().into(), reply.text()).await;
    body.map_err(|_| ApiError::Cut("the reply's body did not end in time".to_owned()))?
        .map_err(|error| ApiError::Cut(error.without_url().to_string()))
}

/// A header's value that `Debug` does not show.
pub(super) fn secret_header(value: &Secret) -> Result<HeaderValue, Failure> {
    let mut header = HeaderValue::from_str(value.expose()).map_err(|_| {
        Failure::new(&codes::INVALID_INPUT, "a header's value holds characters that HTTP does not allow")
    })?;
    header.set_sensitive(true);
    Ok(header)
}

fn read(input: &str, path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| {
        Failure::new(&codes::FILE_ACCESS, format!("cannot read `{}`: {error}", path.display()))
            .with_remedy(format!("Check the input `{input}`."))
    })
}

fn extend(url: &mut Url, path: &[&str]) {
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
}

/// The host that a redirect leads to; the rest of such an address may hold a state that is secret.
fn host(base: &Url, location: &str) -> Option<String> {
    Some(base.join(location).ok()?.host_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;
    use crate::credential::Credential;

    /// Answers one call after the other, and closes each connection.
    async fn answer(listener: TcpListener, replies: &[&str]) {
        for reply in replies {
            let (mut connection, _) = listener.accept().await.unwrap();
            let read = connection.read(&mut [0; 4096]).await.unwrap();
            assert!(read > 0);
            let text = format!("HTTP/1.1 {reply}\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}");
            connection.write_all(text.as_bytes()).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_server_that_asks_for_time_is_left_alone_for_so_long() {
        for (asked, is_waited_for) in [("1", true), ("3600", false)] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let server = Server {
                url: format!("http://{}", listener.local_addr().unwrap()).parse().unwrap(),
                credential: Credential::Token(Secret::new("t")),
                headers: Vec::new(),
                ca_file: None,
                client_certificate: None,
            };
            let transport = Transport::new(&server, Deadline::after(Duration::from_mins(1))).unwrap();
            let busy = format!("503 Busy\r\nretry-after: {asked}");
            let calls = async {
                let call = || transport.text(transport.request(&Method::GET, &["x"], &[]));
                assert!(call().await.is_err());
                let start = Instant::now();
                assert_eq!(call().await.unwrap(), "{}");
                start.elapsed()
            };
            let replies = [busy.as_str(), "200 OK"];
            let (waited, ()) = tokio::join!(calls, answer(listener, &replies));
            // What does not fit before the deadline is not waited for, so that the second call came at all.
            assert!(!is_waited_for || waited > Duration::from_millis(900), "{waited:?}");
        }
    }

    #[test]
    fn the_time_that_is_left_is_never_cut_short() {
        let (short, long) =
            (Deadline::after(Duration::from_secs(3)), Deadline::after(Duration::from_secs(15)));
        assert_eq!(later(None, short).instant(), short.instant());
        assert_eq!(later(Some(short), long).instant(), long.instant());
        assert_eq!(later(Some(long), short).instant(), long.instant());
    }
}
