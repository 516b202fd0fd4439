//! octocrab as a transport: its service stack over our own HTTP client, with only the layers that we want.
//!
//! octocrab's ready-made stack replays writes, names itself in `User-Agent` beside us and has no proxies; its parts
//! can be put together without those (docs/decisions/0010-github-transport.md).

use std::{error::Error, sync::Arc, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, Uri, header};
use http_body_util::BodyExt as _;
use model::{Failure, Secret, codes};
use octocrab::{
    AuthState, OctoBody, Octocrab, OctocrabBuilder,
    service::middleware::{
        auth_header::AuthHeaderLayer, extra_headers::ExtraHeadersLayer, reqwest_connector::ReqwestConnector,
    },
};
use serde_json::Value;

use crate::{
    client::Endpoints,
    codes::TOKEN_REJECTED,
    error::{ApiError, Call},
};

/// The version of the interface that we were written for. Nothing that 2026-03-10 drops is read, which tests show.
const API_VERSION: HeaderValue = HeaderValue::from_static("2022-11-28");
const ACCEPT: HeaderValue = HeaderValue::from_static("application/vnd.github+json");
const USER_AGENT: HeaderValue = HeaderValue::from_static(concat!("day2-actions/", env!("CARGO_PKG_VERSION")));
/// GitHub answers a connection attempt in milliseconds; a network that drops packets is found out early.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Builds the service: our client, our headers, and the token for GitHub's hosts only.
pub(crate) fn build(endpoints: &Endpoints, token: &Secret) -> Result<Octocrab, Failure> {
    let api = base(&endpoints.api)?;
    let graphql = base(&endpoints.graphql)?;
    let headers = vec![
        (header::ACCEPT, ACCEPT),
        (header::USER_AGENT, USER_AGENT),
        (HeaderName::from_static("x-github-api-version"), API_VERSION),
    ];
    let mut authorization = HeaderValue::from_str(&format!("Bearer {}", token.expose())).map_err(|_| {
        Failure::new(&TOKEN_REJECTED, "the token has characters in it that no GitHub token has")
            .with_remedy("Pass the token alone: no line break, no quotes, no `Bearer`.")
    })?;
    authorization.set_sensitive(true);
    let client = http_client([&api, &graphql])?;
    // The last layer is the outermost.
    let built = OctocrabBuilder::new_empty()
        .with_service(ReqwestConnector::new(client))
        .with_layer(&ExtraHeadersLayer::new(Arc::new(headers)))
        .with_layer(&AuthHeaderLayer::new(Some(authorization), api, graphql))
        .with_auth(AuthState::None)
        .build();
    match built {
        Ok(service) => Ok(service),
        Err(never) => match never {},
    }
}

/// Our HTTP client: trust anchors of the platform, proxies from the environment, no retry, no redirect.
fn http_client(places: [&Uri; 2]) -> Result<reqwest::Client, Failure> {
    // Another client of this process may have installed it; both mean the same provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder();
    // A platform's anchors are a hundred files: nobody reads them where nothing is encrypted.
    let is_plain = places.iter().all(|place| place.scheme_str() == Some("http"));
    let builder = if is_plain { builder.tls_certs_only([]) } else { builder };
    builder
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .http1_only()
        .build()
        .map_err(|error| Failure::new(&codes::INTERNAL, format!("cannot set up TLS: {}", root_cause(&error))))
}

fn base(url: &str) -> Result<Uri, Failure> {
    url.parse::<Uri>()
        .ok()
        .filter(|uri| matches!(uri.scheme_str(), Some("https" | "http")) && uri.authority().is_some())
        .ok_or_else(|| {
            Failure::new(&codes::INVALID_INPUT, format!("`{url}` is not the address of a GitHub interface"))
                .with_remedy("Give an address such as `https://api.github.com` (GITHUB_API_URL).")
        })
}

/// Sends one request and reads the whole reply.
pub(crate) async fn exchange(
    service: &Octocrab,
    url: &str,
    call: &Call,
    body: Option<&Value>,
) -> Result<(StatusCode, HeaderMap, Vec<u8>), ApiError> {
    let builder = Request::builder().method(call.method.clone()).uri(url);
    let request = match body {
        Some(body) => {
            builder.header(header::CONTENT_TYPE, "application/json").body(OctoBody::from(body.to_string()))
        }
        None => builder.body(OctoBody::empty()),
    };
    let request =
        request.map_err(|error| ApiError::Malformed { call: call.clone(), cause: error.to_string() })?;
    let response = service.execute(request).await.map_err(|error| transport_error(call, &error))?;
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.map_err(|error| transport_error(call, &error))?.to_bytes();
    Ok((parts.status, parts.headers, bytes.to_vec()))
}

/// Tells "never sent" from "sent, and then the connection broke": only the first leaves no doubt about a write.
fn transport_error(call: &Call, error: &octocrab::Error) -> ApiError {
    let cause = root_cause(error);
    let mut next: Option<&dyn Error> = Some(error);
    while let Some(current) = next {
        if current.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_connect) {
            return ApiError::Unreachable { call: call.clone(), cause };
        }
        next = current.source();
    }
    ApiError::Interrupted { call: call.clone(), cause }
}

/// The innermost error: the outer ones repeat the URL.
fn root_cause(error: &dyn Error) -> String {
    let mut current = error;
    while let Some(source) = current.source() {
        current = source;
    }
    current.to_string()
}

/// A header as text.
pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
