//! Why a call did not do what it should.

use model::Failure;
use serde::Deserialize;
use toolkit::http::SendError;

use super::transport::Head;

/// A call's error.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum ApiError {
    /// No reply.
    #[error(transparent)]
    Send(#[from] SendError),
    /// Argo CD refused, and says why.
    #[error("{}", .0.message)]
    Refused(Refusal),
    /// Something else than Argo CD answered with a page for people.
    #[error("HTTP {status} with a web page")]
    WebPage {
        /// The HTTP status.
        status: u16,
        /// The host that a redirect leads to.
        location: Option<String>,
    },
    /// A gateway in front cannot reach Argo CD.
    #[error("HTTP {status} from a gateway")]
    Gateway {
        /// The HTTP status.
        status: u16,
    },
    /// The reply broke off.
    #[error("the reply broke off: {0}")]
    Cut(String),
    /// The reply is none that the interface knows.
    #[error("a reply that cannot be read: {0}")]
    Malformed(String),
    /// The token was no longer accepted, and there is no new one.
    #[error("{0}")]
    SignIn(Box<Failure>),
}

/// Argo CD's own error, `{"error":…,"code":…,"message":…}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The gRPC code (<https://grpc.io/docs/guides/status-codes/>).
    pub(crate) code: i64,
    /// The text.
    pub(crate) message: String,
}

/// What a refusal means. Argo CD has no finer codes, so that the text decides where the code does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefusalKind {
    /// The token is not accepted.
    Unauthorized,
    /// RBAC; or an application that does not exist, asked for without its project.
    Forbidden,
    /// A sync window is closed.
    SyncWindow,
    /// No such application.
    NotFound,
    /// Another operation is asked for or runs.
    Busy,
    /// A revision was named for an application with auto-sync.
    AutoSync,
    /// The application is being deleted.
    Deleting,
    /// There is no operation to terminate.
    NoOperation,
    /// The server or what it needs is not there; may pass.
    Unavailable,
    /// The server failed inside, for example because its Redis restarts; may pass.
    Internal,
    /// Something else.
    Other,
}

impl Refusal {
    /// Tells what it means.
    pub(crate) fn kind(&self) -> RefusalKind {
        let says = |part: &str| self.message.contains(part);
        if says("another operation is already in progress") {
            RefusalKind::Busy
        } else if says("auto-sync currently set to") {
            RefusalKind::AutoSync
        } else if says("blocked by sync window") {
            RefusalKind::SyncWindow
        } else if says("application is deleting") {
            RefusalKind::Deleting
        } else if says("No operation is in progress") {
            RefusalKind::NoOperation
        } else {
            match (self.code, self.status) {
                // What the server needs for the call was not there: its own code says something else.
                (3 | 9, _) if says("code = Unavailable") || says("code = DeadlineExceeded") => {
                    RefusalKind::Unavailable
                }
                (16, _) | (_, 401) => RefusalKind::Unauthorized,
                (7, _) | (_, 403) => RefusalKind::Forbidden,
                (5, _) | (_, 404) => RefusalKind::NotFound,
                (4 | 8 | 10 | 14, _) | (_, 429 | 502..=504) => RefusalKind::Unavailable,
                (2 | 13, _) | (_, 500..) => RefusalKind::Internal,
                _ => RefusalKind::Other,
            }
        }
    }

    /// What could not be found out of a source's repository, if it is about that: the server looks revisions up there
    /// before it takes a sync, whatever goes wrong has the code FailedPrecondition (server/application
    /// `resolveRevision`).
    pub(super) fn about_repository(&self) -> Option<&str> {
        let beginnings = [
            "error resolving repo revision: ",
            "error getting repository by URL: ",
            "error getting repo server client: ",
        ];
        beginnings.iter().find_map(|beginning| Some(self.message.split_once(beginning)?.1))
    }
}

impl ApiError {
    /// Whether the same read may succeed a moment later.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Send(error) => !error.is_about_certificates(),
            Self::Gateway { .. } | Self::Cut(_) => true,
            Self::Refused(refusal) => {
                matches!(refusal.kind(), RefusalKind::Unavailable | RefusalKind::Internal)
            }
            Self::WebPage { .. } | Self::Malformed(_) | Self::SignIn(_) => false,
        }
    }

    /// Returns what a refusal means, if it is one.
    pub(crate) fn refusal_kind(&self) -> Option<RefusalKind> {
        match self {
            Self::Refused(refusal) => Some(refusal.kind()),
            _ => None,
        }
    }
}

/// The body of an error, from grpc-gateway or inside of a stream.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Body {
    code: i64,
    grpc_code: i64,
    http_code: u16,
    message: String,
    error: serde_json::Value,
}

/// Reads the `error` of a stream's line, `{"grpc_code":16,"http_code":401,"message":…}`: it comes with HTTP 200
/// behind other events.
pub(crate) fn refusal(error: serde_json::Value) -> ApiError {
    match serde_json::from_value::<Body>(error) {
        Ok(body) => ApiError::Refused(Refusal {
            status: body.http_code,
            code: if body.grpc_code == 0 { body.code } else { body.grpc_code },
            message: body.message,
        }),
        Err(error) => ApiError::Malformed(error.to_string()),
    }
}

/// Reads a reply that is not good.
pub(super) fn read(head: Head, body: &str) -> ApiError {
    let Head { status, location, is_html } = head;
    // A stream that is refused before its first event has the refusal's status, and an event as its body.
    let body = body.trim_start().strip_prefix("data:").unwrap_or(body);
    if let Ok(parsed) = serde_json::from_str::<Body>(body) {
        if parsed.error.is_object() {
            return refusal(parsed.error);
        }
        let message = match parsed.error.as_str() {
            Some(error) if parsed.message.is_empty() => error.to_owned(),
            _ if parsed.message.is_empty() => format!("HTTP {status} without a message"),
            _ => parsed.message,
        };
        return ApiError::Refused(Refusal { status, code: parsed.code, message });
    }
    match status {
        // Cloudflare has numbers of its own from 520 on, all with pages, and says 500 too.
        429 | 500.. => ApiError::Gateway { status },
        _ if is_html || (300..400).contains(&status) || body.trim_start().starts_with('<') => {
            ApiError::WebPage { status, location }
        }
        // Argo CD's own plain texts, such as `Invalid content type` with 415.
        _ => ApiError::Malformed(format!(
            "HTTP {status}: {}",
            body.chars().take(200).collect::<String>().trim()
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(status: u16, is_html: bool, location: Option<String>, body: &str) -> ApiError {
        super::read(Head { status, location, is_html }, body)
    }

    fn kind(status: u16, body: &str) -> Option<RefusalKind> {
        read(status, false, None, body).refusal_kind()
    }

    #[test]
    fn refusals_are_told_apart() {
        for (status, body, expected) in [
            (
                401,
                r#"{"error":"no session information","code":16,"message":"no session information"}"#,
                RefusalKind::Unauthorized,
            ),
            (
                401,
                r#"{"error":"invalid session: token has invalid claims: token is expired","code":16}"#,
                RefusalKind::Unauthorized,
            ),
            (
                403,
                r#"{"error":"permission denied","code":7,"message":"permission denied"}"#,
                RefusalKind::Forbidden,
            ),
            (403, r#"{"code":7,"message":"cannot sync: blocked by sync window"}"#, RefusalKind::SyncWindow),
            (
                404,
                r#"{"code":5,"message":"applications.argoproj.io \"x\" not found"}"#,
                RefusalKind::NotFound,
            ),
            (400, r#"{"code":9,"message":"another operation is already in progress"}"#, RefusalKind::Busy),
            (
                400,
                r#"{"code":9,"message":"Cannot sync to a94a8fe: auto-sync currently set to dev"}"#,
                RefusalKind::AutoSync,
            ),
            (400, r#"{"code":9,"message":"application is deleting"}"#, RefusalKind::Deleting),
            (
                400,
                r#"{"code":3,"message":"Unable to terminate operation. No operation is in progress"}"#,
                RefusalKind::NoOperation,
            ),
            (503, r#"{"code":14,"message":"connection refused"}"#, RefusalKind::Unavailable),
            (
                504,
                r#"{"code":4,"message":"application refresh deadline exceeded"}"#,
                RefusalKind::Unavailable,
            ),
            (500, r#"{"code":13,"message":"boom"}"#, RefusalKind::Internal),
            (400, r#"{"code":3,"message":"invalid"}"#, RefusalKind::Other),
            (
                400,
                r#"{"code":9,"message":"error resolving repo revision: rpc error: code = Unavailable desc = connection refused"}"#,
                RefusalKind::Unavailable,
            ),
            (
                400,
                r#"{"code":9,"message":"error resolving repo revision: rpc error: code = DeadlineExceeded desc = context deadline exceeded"}"#,
                RefusalKind::Unavailable,
            ),
            (
                400,
                r#"{"code":9,"message":"error resolving repo revision: rpc error: code = Unknown desc = authentication required"}"#,
                RefusalKind::Other,
            ),
        ] {
            assert_eq!(kind(status, body), Some(expected), "{body}");
        }
    }

    #[test]
    fn pages_and_gateways_are_told_apart() {
        for status in [500, 502, 520, 522, 530] {
            let error = read(status, true, None, "<html>Web server is down</html>");
            assert!(matches!(error, ApiError::Gateway { .. }) && error.may_pass(), "{status}: {error}");
        }
        assert!(matches!(
            read(200, true, None, "<html>Sign in</html>"),
            ApiError::WebPage { status: 200, .. }
        ));
        assert!(matches!(read(302, false, Some("sso.example.com".into()), ""), ApiError::WebPage { .. }));
        assert!(matches!(read(403, false, None, "<!DOCTYPE html>"), ApiError::WebPage { .. }));
        assert!(matches!(read(415, false, None, "Invalid content type"), ApiError::Malformed(_)));
    }

    #[test]
    fn a_certificate_that_is_not_accepted_will_not_be_later() {
        let broken = |reason: &str| {
            ApiError::Send(SendError::Broken { origin: "https://a.example".into(), reason: reason.into() })
        };
        assert!(!broken("received fatal alert: CertificateRequired").may_pass());
        assert!(!broken("invalid peer certificate: UnknownIssuer").may_pass());
        assert!(broken("connection reset by peer").may_pass());
    }

    #[test]
    fn an_error_inside_of_a_stream_is_a_refusal() {
        let error = json!({"grpc_code": 16, "http_code": 401, "message": "no session information", "http_status": "Unauthorized"});
        assert_eq!(refusal(error).refusal_kind(), Some(RefusalKind::Unauthorized));
        assert!(refusal(json!({"grpc_code": 14, "message": "closing"})).may_pass());
        let event = r#"data: {"error":{"grpc_code":16,"http_code":401,"message":"token is expired"}} "#;
        assert_eq!(kind(401, event), Some(RefusalKind::Unauthorized));
    }
}
