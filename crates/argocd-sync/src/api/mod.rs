//! Argo CD's REST interface, as far as it is used: one function per call
//! (`assets/swagger.json` of argoproj/argo-cd; HTTP/1.1 and JSON, so that no proxy needs to know gRPC).

mod calls;
mod error;
mod explain;
mod sign_in;
mod sync_body;

use std::time::Duration;

use model::{Deadline, Failure, Secret, codes};
use reqwest::{
    Method, RequestBuilder, Response,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue},
};
use serde::de::DeserializeOwned;
use toolkit::http;
use url::Url;

pub(crate) use calls::Refresh;
pub(crate) use error::{ApiError, RefusalKind, refusal};
pub(crate) use sync_body::SyncBody;

use crate::request::{ApplicationName, Server};

/// A call that takes longer has lost its reply; a refresh may wait for the controller this long as well.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// One application on one Argo CD server.
#[derive(Debug, Clone)]
pub(crate) struct ArgoCd {
    client: reqwest::Client,
    url: Url,
    headers: HeaderMap,
    application: ApplicationName,
    deadline: Deadline,
}

impl ArgoCd {
    /// Sets the client up. The private authority's file is read here.
    fn new(
        server: &Server,
        application: &ApplicationName,
        token: Option<&Secret>,
        deadline: Deadline,
    ) -> Result<Self, Failure> {
        let ca_pem = server.ca_file.as_ref().map(|path| {
            std::fs::read(path).map_err(|error| {
                Failure::new(&codes::FILE_ACCESS, format!("cannot read `{}`: {error}", path.display()))
                    .with_remedy("Check the input `ca-file`.")
            })
        });
        let options = http::ClientOptions { ca_pem: ca_pem.transpose()?, ..http::ClientOptions::default() };
        let mut headers = HeaderMap::new();
        for (name, value) in &server.headers {
            headers.append(name, secret_header(value)?);
        }
        if let Some(token) = token {
            let bearer = Secret::new(format!("Bearer {}", token.expose()));
            headers.insert(AUTHORIZATION, secret_header(&bearer)?);
        }
        Ok(Self {
            client: http::client(&options)?,
            url: server.url.clone(),
            headers,
            application: application.clone(),
            deadline,
        })
    }

    /// Returns the moment by which all must have ended.
    pub(crate) fn deadline(&self) -> Deadline {
        self.deadline
    }

    /// Builds a request for a path below the base URL. Values of `query` that are empty are left out.
    fn request(&self, method: &Method, path: &[&str], query: &[(&str, &str)]) -> RequestBuilder {
        let mut url = self.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        let given = || query.iter().filter(|(_, value)| !value.is_empty());
        if given().next().is_some() {
            url.query_pairs_mut().extend_pairs(given());
        }
        let request = self.client.request(method.clone(), url).headers(self.headers.clone());
        // Argo CD answers 415 to a call that changes something without this header, a DELETE included.
        if *method == Method::GET { request } else { request.header(CONTENT_TYPE, "application/json") }
    }

    /// Sends a request and reads the whole reply.
    async fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, ApiError> {
        let text = self.text(request).await?;
        serde_json::from_str(&text).map_err(|error| ApiError::Malformed(error.to_string()))
    }

    /// Sends a request and reads the whole reply as text.
    async fn text(&self, request: RequestBuilder) -> Result<String, ApiError> {
        let deadline = Deadline::after(self.deadline.cap(CALL_TIMEOUT));
        let reply = self.send(request.header(ACCEPT, "application/json"), deadline).await?;
        let body = tokio::time::timeout_at(deadline.instant().into(), reply.text()).await;
        body.map_err(|_| ApiError::Cut("the reply's body did not end in time".to_owned()))?
            .map_err(|error| ApiError::Cut(error.without_url().to_string()))
    }

    /// Sends a request and returns the head of a good reply.
    async fn send(&self, request: RequestBuilder, deadline: Deadline) -> Result<Response, ApiError> {
        let reply = http::send(&self.client, request, deadline).await?;
        let (status, headers) = (reply.status().as_u16(), reply.headers());
        let header = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let is_html = header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
        let location = header("location").and_then(|location| origin(&self.url, location));
        if reply.status().is_success() && !is_html {
            return Ok(reply);
        }
        let body = tokio::time::timeout_at(deadline.instant().into(), reply.text()).await;
        let body = body.ok().and_then(Result::ok).unwrap_or_default();
        Err(error::read(status, is_html, location, &body))
    }
}

/// A header's value that `Debug` does not show.
fn secret_header(value: &Secret) -> Result<HeaderValue, Failure> {
    let mut header = HeaderValue::from_str(value.expose()).map_err(|_| {
        Failure::new(&codes::INVALID_INPUT, "a header's value holds characters that HTTP does not allow")
    })?;
    header.set_sensitive(true);
    Ok(header)
}

/// The host that a redirect leads to; the rest of such an address may hold a state that is secret.
fn origin(base: &Url, location: &str) -> Option<String> {
    Some(base.join(location).ok()?.host_str()?.to_owned())
}
