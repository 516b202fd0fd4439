//! A failed call, freed from the SDK's types: what was asked, what came back, and whether to ask again.

use std::{error::Error, time::Duration};

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::{
    DateTime,
    date_time::Format,
    error::{display::DisplayErrorContext, metadata::ProvideErrorMetadata},
};
use model::Secret;
use toolkit::{http::SendError, retry_after_of};

/// How STS says that it could not fetch the issuer's keys (aws/aws-cli#7194).
pub(crate) const NO_VERIFICATION_KEY: &str = "Couldn't retrieve verification key";

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// No reply in time.
    Timeout(String),
    /// No connection, or a broken one.
    Unreachable(String),
    /// No connection, for a reason that hardly passes: a name that does not exist, a certificate.
    Cut(String),
    /// A reply that says no.
    Reply {
        /// The HTTP status.
        status: u16,
        /// AWS's code, such as `AccessDenied`; empty if there was none.
        code: String,
        /// AWS's sentence.
        message: String,
        /// AWS's id of the request, for its support.
        request_id: String,
        /// How long it asks to be left alone, in seconds.
        retry_after: Option<u32>,
    },
    /// A reply, or a request, that makes no sense.
    Nonsense(String),
}

impl From<&SendError> for Kind {
    fn from(error: &SendError) -> Self {
        let text = error.to_string();
        match error {
            SendError::Timeout { .. } => Self::Timeout(text),
            // hyper has no other mark of a name that cannot be resolved.
            _ if error.is_about_certificates() || text.contains("dns error") => Self::Cut(text),
            SendError::Connect { .. } | SendError::Broken { .. } => Self::Unreachable(text),
        }
    }
}

/// What a failed call calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A refusal: the same call would be refused again.
    Final,
    /// It may work the next time.
    Again,
    /// It may work the next time with a new OIDC token.
    AgainWithNewToken,
    /// It may work the next time, but not many times: a name that does not exist stays away.
    AgainFewTimes,
}

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CallError {
    /// `STS`, `ECR`, `ECR Public`, or the agent beside a container.
    pub(crate) service: &'static str,
    /// The name of the call; empty for the agent, which has one only.
    pub(crate) operation: &'static str,
    /// Why.
    pub(crate) kind: Kind,
}

impl CallError {
    /// Takes the SDK's error apart.
    pub(crate) fn new<E>(
        service: &'static str,
        operation: &'static str,
        error: &SdkError<E, HttpResponse>,
    ) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let kind = match error {
            SdkError::TimeoutError(_) => Kind::Timeout(format!("no reply from {service} in time")),
            SdkError::DispatchFailure(failure) => {
                let source = failure.as_connector_error().and_then(|error| error.source());
                let text = || source.map_or_else(|| "the connection failed".to_owned(), ToString::to_string);
                match source.and_then(|source| source.downcast_ref::<SendError>()) {
                    Some(error) => error.into(),
                    None if failure.is_timeout() => Kind::Timeout(text()),
                    None => Kind::Unreachable(text()),
                }
            }
            SdkError::ServiceError(context) => reply(context.raw(), context.err().meta()),
            SdkError::ResponseError(context) => {
                reply(context.raw(), &aws_smithy_types::error::ErrorMetadata::builder().build())
            }
            other => Kind::Nonsense(DisplayErrorContext(other).to_string()),
        };
        Self { service, operation, kind }
    }

    /// A success that lacks what it should hold.
    pub(crate) fn incomplete(service: &'static str, operation: &'static str) -> Self {
        let kind = Kind::Nonsense(format!("the reply to {operation} lacks fields"));
        Self { service, operation, kind }
    }

    /// Takes `secret` out of the message.
    pub(crate) fn without(mut self, secret: &Secret) -> Self {
        if let Kind::Reply { message, .. } = &mut self.kind {
            *message = message.replace(secret.expose(), "***");
        }
        self
    }

    /// Whether the call is worth another try.
    pub(crate) fn verdict(&self) -> Verdict {
        match &self.kind {
            Kind::Timeout(_) | Kind::Unreachable(_) => Verdict::Again,
            Kind::Cut(_) => Verdict::AgainFewTimes,
            Kind::Nonsense(_) => Verdict::Final,
            Kind::Reply { status, code, message, .. } => match code.as_str() {
                // Of the token that a role is assumed with; expired keys stay expired.
                "ExpiredTokenException" | "ExpiredToken" if self.is_by_token() => Verdict::AgainWithNewToken,
                // STS could not reach the issuer, and says it by one more code.
                "InvalidIdentityToken" if message.contains(NO_VERIFICATION_KEY) => Verdict::Again,
                // The quota of repositories, which is no rate.
                "LimitExceededException" if self.operation == "CreateRepository" => Verdict::Final,
                // Both are marked as retryable in the models of the services.
                "IDPCommunicationError" | "RequestTimeout" | "RequestTimeoutException" => Verdict::Again,
                _ if self.is_throttling() || *status >= 500 => Verdict::Again,
                _ => Verdict::Final,
            },
        }
    }

    /// How long the server asks to be left alone.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        let Kind::Reply { retry_after: Some(seconds), .. } = &self.kind else { return None };
        Some(Duration::from_secs(u64::from(*seconds)))
    }

    /// Whether it is the call that is made with an OIDC token instead of keys.
    pub(crate) fn is_by_token(&self) -> bool {
        self.operation == "AssumeRoleWithWebIdentity"
    }

    /// Whether AWS limits the rate; the codes are those of the SDK's own retry policy
    /// (`aws-runtime`, `retries/classifiers.rs`).
    pub(crate) fn is_throttling(&self) -> bool {
        const CODES: &[&str] = &[
            "Throttling",
            "ThrottlingException",
            "ThrottledException",
            "RequestThrottledException",
            "TooManyRequestsException",
            "ProvisionedThroughputExceededException",
            "TransactionInProgressException",
            "RequestLimitExceeded",
            "BandwidthLimitExceeded",
            "LimitExceededException",
            "RequestThrottled",
            "SlowDown",
            "PriorRequestNotComplete",
            "EC2ThrottledException",
        ];
        matches!(&self.kind, Kind::Reply { status, code, .. } if *status == 429 || CODES.contains(&code.as_str()))
    }
}

fn reply(raw: &HttpResponse, meta: &aws_smithy_types::error::ErrorMetadata) -> Kind {
    let header = |name| raw.headers().get(name).unwrap_or_default().to_owned();
    Kind::Reply {
        status: raw.status().as_u16(),
        code: meta.code().unwrap_or_default().to_owned(),
        message: meta.message().unwrap_or_default().to_owned(),
        request_id: meta.extra("aws_request_id").map_or_else(|| header("x-amzn-requestid"), str::to_owned),
        retry_after: retry_after_of(&header("retry-after")).map(seconds),
    }
}

/// Returns whole seconds; more than fit are as good as for ever.
pub(crate) fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(u32::MAX)
}

/// Writes a point in time as RFC 3339.
pub(crate) fn time(time: &DateTime) -> String {
    time.fmt(Format::DateTime).unwrap_or_default()
}
