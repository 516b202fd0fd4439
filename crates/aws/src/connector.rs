//! The SDK's connections: the HTTP client that all actions share, so that proxies, private authorities, debug lines
//! and the deadline are the same everywhere, and the binary has one HTTP stack.

use std::net::IpAddr;

use aws_smithy_runtime_api::{
    client::{
        http::{HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn},
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use model::Deadline;
use reqwest::Url;
use toolkit::http::{self, SendError};

/// How long one call may take before it is tried again: the calls here take a few hundred milliseconds.
pub(crate) const PER_CALL: std::time::Duration = std::time::Duration::from_secs(5);

/// Makes `client` the SDK's client; every call ends by `deadline`.
pub(crate) fn client(client: reqwest::Client, deadline: Deadline) -> SharedHttpClient {
    shared(Connector { client, direct: None, deadline })
}

/// The same; addresses that lead no farther than the machine are asked by `direct`.
pub(crate) fn with_agents(
    client: reqwest::Client,
    direct: reqwest::Client,
    deadline: Deadline,
) -> SharedHttpClient {
    shared(Connector { client, direct: Some(direct), deadline })
}

fn shared(connector: Connector) -> SharedHttpClient {
    let connector = SharedHttpConnector::new(connector);
    http_client_fn(move |_, _| connector.clone())
}

#[derive(Debug, Clone)]
struct Connector {
    client: reqwest::Client,
    direct: Option<reqwest::Client>,
    deadline: Deadline,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move { this.send(request).await })
    }
}

impl Connector {
    async fn send(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let client = self.client_for(request.uri());
        let request = converted(client, &request)?;
        let deadline = Deadline::after(self.deadline.cap(PER_CALL));
        let reply = http::send(client, request, deadline).await.map_err(|error| match error {
            SendError::Timeout { .. } => ConnectorError::timeout(error.into()),
            SendError::Connect { .. } | SendError::Broken { .. } => ConnectorError::io(error.into()),
        })?;
        let status = StatusCode::try_from(reply.status().as_u16())
            .map_err(|error| ConnectorError::user(error.into()))?;
        let headers = reply.headers().clone();
        let body = tokio::time::timeout(deadline.remaining(), reply.bytes())
            .await
            .map_err(|elapsed| ConnectorError::timeout(elapsed.into()))?
            .map_err(|error| ConnectorError::io(error.without_url().into()))?;
        let mut response = HttpResponse::new(status, SdkBody::from(body));
        for (name, value) in &headers {
            if let Ok(value) = value.to_str() {
                // A header that the SDK cannot hold is one that it does not read.
                let _ = response.headers_mut().try_append(name.as_str().to_owned(), value.to_owned());
            }
        }
        Ok(response)
    }

    fn client_for(&self, uri: &str) -> &reqwest::Client {
        self.direct.as_ref().filter(|_| is_of_the_machine(uri)).unwrap_or(&self.client)
    }
}

fn converted(
    client: &reqwest::Client,
    request: &HttpRequest,
) -> Result<reqwest::RequestBuilder, ConnectorError> {
    let method = reqwest::Method::from_bytes(request.method().as_bytes())
        .map_err(|error| ConnectorError::user(error.into()))?;
    let body = request.body().bytes().ok_or_else(|| ConnectorError::user("a body without bytes".into()))?;
    let builder = client.request(method, request.uri()).body(body.to_vec());
    Ok(request.headers().iter().fold(builder, |builder, (name, value)| builder.header(name, value)))
}

/// Whether an address is loopback, link-local, or one of those that Amazon's agents have beside IPv6
/// (`fd00:ec2::/32`).
fn is_of_the_machine(uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else { return false };
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    match host.parse() {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_link_local(),
        Ok(IpAddr::V6(address)) => {
            address.is_loopback() || matches!(address.segments(), [0xfd00, 0x0ec2, ..])
        }
        Err(_) => host == "localhost",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_are_told_from_services() {
        for uri in [
            "http://169.254.169.254/latest/api/token",
            "http://169.254.170.23/v1/credentials",
            "http://[fd00:ec2::254]/latest",
            "http://localhost:8080/keys",
            "http://127.0.0.1/keys",
            "http://[::1]/keys",
        ] {
            assert!(is_of_the_machine(uri), "{uri}");
        }
        for uri in ["https://sts.eu-central-1.amazonaws.com/", "http://10.0.0.1/", "http://[fd01:ec2::1]/"] {
            assert!(!is_of_the_machine(uri), "{uri}");
        }
    }
}
