//! The SDK's connections: the HTTP client that all actions share, so that proxies, private authorities, debug lines
//! and the deadline are the same everywhere, and the binary has one HTTP stack.

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
use toolkit::http::{self, SendError};

/// How long one call may take before it is tried again: the calls here take a few hundred milliseconds.
pub(crate) const PER_CALL: std::time::Duration = std::time::Duration::from_secs(5);

/// Makes `client` the SDK's client; every call ends by `deadline`.
pub(crate) fn client(client: reqwest::Client, deadline: Deadline) -> SharedHttpClient {
    let connector = SharedHttpConnector::new(Connector { client, deadline });
    http_client_fn(move |_, _| connector.clone())
}

#[derive(Debug, Clone)]
struct Connector {
    client: reqwest::Client,
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
        let request = self.converted(&request)?;
        let deadline = Deadline::after(self.deadline.cap(PER_CALL));
        let reply = http::send(&self.client, request, deadline).await.map_err(|error| match error {
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

    fn converted(&self, request: &HttpRequest) -> Result<reqwest::RequestBuilder, ConnectorError> {
        let method = reqwest::Method::from_bytes(request.method().as_bytes())
            .map_err(|error| ConnectorError::user(error.into()))?;
        let body =
            request.body().bytes().ok_or_else(|| ConnectorError::user("a body without bytes".into()))?;
        let builder = self.client.request(method, request.uri()).body(body.to_vec());
        Ok(request.headers().iter().fold(builder, |builder, (name, value)| builder.header(name, value)))
    }
}
