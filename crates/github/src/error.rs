//! What can go wrong with any call.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;

use crate::transport::text;

/// Which call it was: `PUT /repos/org/x/pulls/7/merge`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// The path with its query, without the host.
    pub path: String,
}

impl fmt::Display for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.method, self.path)
    }
}

/// Why there is no reply of 2xx. [`ApiError::into_failure`] gives it a code and a remedy.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// GitHub answered with another status.
    #[error(transparent)]
    Rejected(Box<Rejection>),
    /// No connection: nothing was sent.
    #[error("{call}: cannot connect: {cause}")]
    Unreachable {
        /// The call.
        call: Call,
        /// The innermost error.
        cause: String,
    },
    /// The connection broke after the request was sent: a write may have taken effect.
    #[error("{call}: the connection broke: {cause}")]
    Interrupted {
        /// The call.
        call: Call,
        /// The innermost error.
        cause: String,
    },
    /// A write was given up so that there is still time to look: it may have taken effect.
    #[error("{call}: no answer within {:.1} s", waited.as_secs_f64())]
    GivenUp {
        /// The call.
        call: Call,
        /// How long it was waited for.
        waited: Duration,
    },
    /// The action's deadline passed while waiting for the answer: a write may have taken effect.
    #[error("{call}: no answer before the deadline")]
    Deadline {
        /// The call.
        call: Call,
    },
    /// A reply of 2xx without what the interface promises.
    #[error("{call}: {cause}")]
    Malformed {
        /// The call.
        call: Call,
        /// What is missing or wrong.
        cause: String,
    },
}

impl ApiError {
    /// GitHub's status, if it answered.
    pub fn status(&self) -> Option<u16> {
        self.rejection().map(|rejection| rejection.status)
    }

    /// GitHub's refusal, if it answered.
    pub fn rejection(&self) -> Option<&Rejection> {
        match self {
            Self::Rejected(rejection) => Some(rejection),
            _ => None,
        }
    }

    /// Whether a write may have taken effect although it was not confirmed.
    pub fn is_in_doubt(&self) -> bool {
        match self {
            Self::Rejected(rejection) => rejection.status >= 500,
            Self::Interrupted { .. }
            | Self::GivenUp { .. }
            | Self::Deadline { .. }
            | Self::Malformed { .. } => true,
            Self::Unreachable { .. } => false,
        }
    }

    /// Which call it was.
    pub fn call(&self) -> &Call {
        match self {
            Self::Rejected(rejection) => &rejection.call,
            Self::Unreachable { call, .. }
            | Self::Interrupted { call, .. }
            | Self::GivenUp { call, .. }
            | Self::Deadline { call }
            | Self::Malformed { call, .. } => call,
        }
    }
}

/// A reply outside 2xx, read by <https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api>.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{call}: GitHub answered {status}: {}", self.text())]
pub struct Rejection {
    /// The call.
    pub call: Call,
    /// The status.
    pub status: u16,
    /// GitHub's `message`, or the start of a body that is no JSON.
    pub message: String,
    /// GitHub's `errors`, as texts.
    pub errors: Vec<String>,
    /// GitHub's `documentation_url`.
    pub documentation_url: Option<String>,
    /// `X-GitHub-Request-Id`, which GitHub's support asks for.
    pub request_id: Option<String>,
    /// How long to wait before any call, by `Retry-After` or `X-RateLimit-Reset`.
    pub retry_after: Option<Duration>,
    /// `X-Accepted-GitHub-Permissions`: what a token of an App needs for this call.
    pub accepted_permissions: Option<String>,
    /// Whether a primary or secondary rate limit is the reason.
    pub rate_limited: bool,
}

impl Rejection {
    /// Whether message or errors contain `needle`, letter case aside.
    pub fn says(&self, needle: &str) -> bool {
        let needle = needle.to_lowercase();
        std::iter::once(&self.message).chain(&self.errors).any(|text| text.to_lowercase().contains(&needle))
    }

    /// The message and the errors in one line.
    pub fn text(&self) -> String {
        if self.errors.is_empty() {
            return self.message.clone();
        }
        format!("{} ({})", self.message, self.errors.join("; "))
    }

    pub(crate) fn read(call: Call, status: StatusCode, headers: &HeaderMap, bytes: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(bytes).unwrap_or(Value::Null);
        let message = match body["message"].as_str() {
            Some(message) => message.trim().to_owned(),
            None => start_of(bytes, status),
        };
        let has_none_left = text(headers, "x-ratelimit-remaining") == Some("0");
        let refused = matches!(status.as_u16(), 403 | 429);
        let rate_limited = status.as_u16() == 429
            || refused && (has_none_left || message.to_lowercase().contains("rate limit"));
        Self {
            call,
            status: status.as_u16(),
            message,
            errors: errors(&body["errors"]),
            documentation_url: body["documentation_url"].as_str().map(str::to_owned),
            request_id: text(headers, "x-github-request-id").map(str::to_owned),
            retry_after: retry_after(headers, rate_limited),
            accepted_permissions: text(headers, "x-accepted-github-permissions").map(str::to_owned),
            rate_limited,
        }
    }
}

/// A proxy's error page says who answered; a few words of it are enough.
fn start_of(bytes: &[u8], status: StatusCode) -> String {
    let body = String::from_utf8_lossy(bytes);
    let line: String = body.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect();
    if line.is_empty() { status.canonical_reason().unwrap_or("no message").to_owned() } else { line }
}

/// Entries are texts, or objects with a `message`, or with `resource`, `field` and `code`; some calls send one text.
fn errors(errors: &Value) -> Vec<String> {
    let entry = |error: &Value| match (error.as_str(), error["message"].as_str(), error["code"].as_str()) {
        (Some(text), _, _) | (None, Some(text), _) => text.to_owned(),
        (None, None, Some(code)) => {
            let word = |key: &str| error[key].as_str().unwrap_or("").to_owned();
            format!("{} {} {code}", word("resource"), word("field")).trim().to_owned()
        }
        _ => error.to_string(),
    };
    match errors {
        Value::Null => Vec::new(),
        Value::Array(entries) => entries.iter().map(entry).collect(),
        other => vec![entry(other)],
    }
}

/// <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit>
pub(crate) fn retry_after(headers: &HeaderMap, rate_limited: bool) -> Option<Duration> {
    let number = |name: &str| text(headers, name)?.trim().parse::<u64>().ok();
    if let Some(seconds) = number("retry-after") {
        return Some(Duration::from_secs(seconds));
    }
    let has_none_left = text(headers, "x-ratelimit-remaining") == Some("0");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    match number("x-ratelimit-reset") {
        Some(reset) if rate_limited && has_none_left => Some(Duration::from_secs(reset.saturating_sub(now))),
        _ => rate_limited.then_some(Duration::from_mins(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejection(status: u16, headers: &[(&'static str, &str)], body: &str) -> Rejection {
        let headers = headers
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()))
            .collect();
        let call = Call { method: Method::GET, path: "/x".to_owned() };
        Rejection::read(call, StatusCode::from_u16(status).unwrap(), &headers, body.as_bytes())
    }

    #[test]
    fn reads_every_form_of_errors() {
        let body = r#"{"message":"Validation Failed","errors":[{"resource":"PullRequest","field":"base","code":"invalid"},{"message":"No commits"},"x"]}"#;
        let rejection = rejection(422, &[], body);
        assert_eq!(rejection.text(), "Validation Failed (PullRequest base invalid; No commits; x)");
        assert!(rejection.says("no COMMITS"));
    }

    #[test]
    fn knows_both_rate_limits() {
        let secondary = rejection(
            403,
            &[("retry-after", "7")],
            r#"{"message":"You have exceeded a secondary rate limit"}"#,
        );
        assert!(secondary.rate_limited);
        assert_eq!(secondary.retry_after, Some(Duration::from_secs(7)));
        let primary = rejection(403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1")], "{}");
        assert_eq!((primary.rate_limited, primary.retry_after), (true, Some(Duration::ZERO)));
        assert!(!rejection(403, &[], r#"{"message":"Resource not accessible by integration"}"#).rate_limited);
    }

    #[test]
    fn a_body_that_is_no_json_is_shown_shortened() {
        let page = format!("<html>\n  <h1>Bad   gateway</h1>{}", "x".repeat(500));
        let message = rejection(502, &[], &page).message;
        assert!(message.starts_with("<html> <h1>Bad gateway</h1>xx"));
        assert_eq!(message.len(), 200);
        assert_eq!(rejection(502, &[], "").message, "Bad Gateway");
    }
}
