//! The HTTP client that the actions share: TLS by rustls with ring, the platform's trust anchors, proxies from
//! the environment, HTTP/1.1, and one debug line per call.

mod early;

pub use self::early::connect_early;

use std::{sync::Once, time::Duration};

use model::{Deadline, Failure, Secret, codes};
use reqwest::{Certificate, Client, Identity, RequestBuilder, Response, Url, redirect};

/// What differs between the clients of the actions.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// How long a connection may take to be made.
    pub connect_timeout: Duration,
    /// PEM certificates of private authorities to trust as well.
    pub ca_pem: Option<Vec<u8>>,
    /// A certificate, its chain, and its private key, all PEM, by which servers and proxies know this client.
    pub identity_pem: Option<Secret>,
    /// Whether redirects are followed by the client; if not, a 3xx reaches the caller.
    pub follow_redirects: bool,
    /// Whether the proxies of the environment are used; an agent on the machine itself must be asked without them.
    pub use_proxies: bool,
    /// Whether [`connect_early`] will be used.
    pub connects_early: bool,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            ca_pem: None,
            identity_pem: None,
            follow_redirects: false,
            use_proxies: true,
            connects_early: false,
        }
    }
}

/// Makes ring the process's TLS provider. May be called any number of times.
pub fn install_tls_provider() {
    static ONCE: Once = Once::new();
    // It fails only if a provider is installed already, which then is ours.
    ONCE.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
}

/// Builds a client.
pub fn client(options: &ClientOptions) -> Result<Client, Failure> {
    install_tls_provider();
    let mut builder = Client::builder()
        .user_agent(concat!("day2-actions/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(options.connect_timeout)
        .http1_only()
        .tcp_nodelay(true)
        .redirect(if options.follow_redirects {
            redirect::Policy::limited(5)
        } else {
            redirect::Policy::none()
        });
    if options.connects_early {
        builder = builder.connector_layer(early::Early::default());
    }
    if !options.use_proxies {
        builder = builder.no_proxy();
    }
    if let Some(pem) = &options.ca_pem {
        for certificate in Certificate::from_pem_bundle(pem).map_err(|error| {
            Failure::new(&codes::INVALID_INPUT, format!("the CA file holds no PEM certificates: {error}"))
        })? {
            builder = builder.add_root_certificate(certificate);
        }
    }
    if let Some(pem) = &options.identity_pem {
        let identity = Identity::from_pem(pem.expose().as_bytes()).map_err(|error| {
            Failure::new(
                &codes::INVALID_INPUT,
                format!("the client certificate and its key cannot be read: {}", chain(&error)),
            )
        })?;
        builder = builder.identity(identity);
    }
    builder.build().map_err(|error| {
        Failure::new(&codes::UNREACHABLE, format!("cannot set up the HTTP client: {}", chain(&error)))
            .with_remedy("Install the system's CA certificates (the package `ca-certificates`).")
    })
}

/// Why a call got no reply.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SendError {
    /// The deadline passed first.
    #[error("no reply from {origin} within {} ms", .after.as_millis())]
    Timeout {
        /// Scheme, host and port.
        origin: String,
        /// How long was waited.
        after: Duration,
    },
    /// No connection could be made.
    #[error("cannot connect to {origin}: {reason}")]
    Connect {
        /// Scheme, host and port.
        origin: String,
        /// What the system said.
        reason: String,
    },
    /// The connection broke, or the request could not be sent.
    #[error("the connection to {origin} broke: {reason}")]
    Broken {
        /// Scheme, host and port.
        origin: String,
        /// What the system said.
        reason: String,
    },
}

impl SendError {
    /// Whether TLS failed because one side does not accept the other's certificate, which will not pass. rustls has
    /// only texts for it behind reqwest's error.
    pub fn is_about_certificates(&self) -> bool {
        match self {
            Self::Timeout { .. } => false,
            Self::Connect { reason, .. } | Self::Broken { reason, .. } => {
                reason.contains("invalid peer certificate") || reason.contains("received fatal alert")
            }
        }
    }

    /// Whether the server cannot have seen the call, so that even a write may be repeated.
    pub fn is_before_effect(&self) -> bool {
        matches!(self, Self::Connect { .. })
    }
}

impl From<SendError> for Failure {
    fn from(error: SendError) -> Self {
        let code = match &error {
            SendError::Timeout { .. } => &codes::DEADLINE_PASSED,
            SendError::Connect { .. } | SendError::Broken { .. } => &codes::UNREACHABLE,
        };
        Failure::new(code, error.to_string())
    }
}

/// Sends a request and returns the reply's head, whatever its status, within what is left of the deadline.
///
/// The body is read by the caller, under a timeout of its own: a stream may last.
pub async fn send(
    client: &Client,
    request: RequestBuilder,
    deadline: Deadline,
) -> Result<Response, SendError> {
    let request = request.build().map_err(|error| SendError::Broken {
        origin: error.url().map(origin).unwrap_or_default(),
        reason: chain(&error.without_url()),
    })?;
    let (method, url) = (request.method().clone(), request.url().clone());
    let start = std::time::Instant::now();
    let reply = early::with_early(&url, client.execute(request));
    let result = tokio::time::timeout_at(deadline.instant().into(), reply).await;
    let millis = start.elapsed().as_millis();
    match result {
        Ok(Ok(reply)) => {
            let id = request_id(&reply);
            tracing::debug!("{method} {} {} {millis} ms {id}", redacted(&url), reply.status().as_u16());
            Ok(reply)
        }
        Ok(Err(error)) => {
            let origin = origin(&url);
            let (is_connect, is_timeout) = (error.is_connect(), error.is_timeout());
            let reason = chain(&error.without_url());
            tracing::debug!("{method} {} failed after {millis} ms: {reason}", redacted(&url));
            Err(match (is_connect, is_timeout) {
                (true, _) => SendError::Connect { origin, reason },
                (false, true) => SendError::Timeout { origin, after: start.elapsed() },
                (false, false) => SendError::Broken { origin, reason },
            })
        }
        Err(_) => {
            tracing::debug!("{method} {} no reply after {millis} ms", redacted(&url));
            Err(SendError::Timeout { origin: origin(&url), after: start.elapsed() })
        }
    }
}

/// Returns a URL for a log: no user, no password, and values of unknown query parameters replaced.
///
/// An allowlist, as in google/go-containerregistry `internal/redact`: a signed URL's parameters are secrets.
pub fn redacted(url: &Url) -> String {
    const HARMLESS: &[&str] = &[
        "page",
        "per_page",
        "sha",
        "path",
        "mount",
        "from",
        "digest",
        "n",
        "fields",
        "name",
        "project",
        "appNamespace",
        "resourceVersion",
        "refresh",
        "audience",
        "ref",
        "head",
        "base",
        "state",
    ];
    let mut shown = format!("{}{}", origin(url), url.path());
    for (index, (name, value)) in url.query_pairs().enumerate() {
        shown.push(if index == 0 { '?' } else { '&' });
        shown.push_str(&name);
        shown.push('=');
        shown.push_str(if HARMLESS.contains(&name.as_ref()) { &value } else { "***" });
    }
    shown
}

/// Returns scheme, host and port.
fn origin(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default())
}

/// Returns the server's own id of a request, for a report to its operators.
fn request_id(reply: &Response) -> String {
    ["x-github-request-id", "x-amzn-requestid", "x-amz-request-id", "x-request-id"]
        .iter()
        .find_map(|name| reply.headers().get(*name)?.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}

/// Returns an error's sources, since reqwest's own text says only "error sending request" and hyper's "client error".
fn chain(error: &dyn std::error::Error) -> String {
    const SAY_NOTHING: &[&str] = &["error sending request", "client error (Connect)", "tcp connect error"];
    let mut texts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(inner) = source {
        let text = inner.to_string();
        if texts.last() != Some(&text) {
            texts.push(text);
        }
        source = inner.source();
    }
    if texts.len() > 1 && texts.iter().any(|text| !SAY_NOTHING.contains(&text.as_str())) {
        texts.retain(|text| !SAY_NOTHING.contains(&text.as_str()));
    }
    texts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_in_a_log_has_no_secrets() {
        let url = Url::parse("https://u:p@h.example:8443/a?digest=sha256:1&X-Amz-Signature=abc").unwrap();
        assert_eq!(redacted(&url), "https://h.example:8443/a?digest=sha256:1&X-Amz-Signature=***");
    }

    #[tokio::test]
    async fn a_refused_connection_is_told_apart() {
        let client = client(&ClientOptions::default()).unwrap();
        // Port 9 (discard) is not served on loopback.
        let request = client.get("http://127.0.0.1:9/");
        let error = send(&client, request, Deadline::after(Duration::from_secs(5))).await.unwrap_err();
        assert!(error.is_before_effect(), "{error}");
        assert!(error.to_string().contains("127.0.0.1:9"), "{error}");
    }
}
