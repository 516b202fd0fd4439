//! From a failed call to a failure that says what to do.

mod denial;
mod ecr;
mod sts;
#[cfg(test)]
mod tests;

use model::{Failure, codes as general};
use serde_json::Value;

use crate::{
    CallError, Kind, RoleStep, codes, container, public,
    retry::{GaveUp, Stop},
};

/// What the calls were about.
#[derive(Debug, Clone, Default)]
pub(crate) struct About {
    /// The role, if one was to be assumed.
    pub(crate) role: Option<String>,
    /// Whose keys the call was made with, if they were some role's.
    pub(crate) caller: Option<String>,
    /// How the role was to be assumed with keys.
    pub(crate) step: Option<RoleStep>,
    /// The region of the call.
    pub(crate) region: String,
    /// The audience of the token.
    pub(crate) audience: String,
    /// The token's claims.
    pub(crate) claims: Option<Value>,
}

/// Explains why calls were given up.
pub(crate) fn explained(gave_up: GaveUp, about: &About) -> Failure {
    match gave_up.stop {
        Stop::Call(error) => failure(&error, gave_up.tries, about),
        Stop::Failure(failure) => *failure,
    }
}

/// Explains why the calls of one kind ended without success.
pub(crate) fn failure(error: &CallError, tries: u32, about: &About) -> Failure {
    let place = place(error, about);
    let failure = match &error.kind {
        Kind::Timeout(text) => Failure::new(&general::DEADLINE_PASSED, format!("{place}: {text}")),
        Kind::Unreachable(text) | Kind::Cut(text) => {
            Failure::new(&codes::AWS_UNREACHABLE, format!("{place}: {text}"))
        }
        Kind::Nonsense(text) => Failure::new(&general::UNEXPECTED_REPLY, format!("{place}: {text}")),
        Kind::Reply { status, code, message, request_id, .. } => {
            let said = said(*status, code, message);
            let failure = match error.service {
                "STS" => sts::explain(error, code, message, &said, about),
                container::SERVICE => agent(*status, &said),
                _ => ecr::explain(error, code, message, &said, about),
            };
            let failure = failure
                .or_else(|| credentials(error, code, message, &said))
                .unwrap_or_else(|| other(error, *status, &said, &place));
            if request_id.is_empty() {
                failure
            } else {
                failure.with_note(format!("AWS request id: {request_id}"))
            }
        }
    };
    if tries > 1 { failure.with_note(format!("Tried {tries} times.")) } else { failure }
}

fn place(error: &CallError, about: &About) -> String {
    if error.service == container::SERVICE {
        return error.service.to_owned();
    }
    format!("{} in {}", error.service, about.region)
}

fn said(status: u16, code: &str, message: &str) -> String {
    match (code, message) {
        ("", "") => format!("HTTP {status}"),
        ("", message) => format!("HTTP {status}: {message}"),
        (code, "") => format!("HTTP {status} {code}"),
        (code, message) => format!("{code}: {message}"),
    }
}

/// The agents refuse a token, or a pod that no role is associated with.
fn agent(status: u16, said: &str) -> Option<Failure> {
    (400..500)
        .contains(&status)
        .then(|| Failure::new(&codes::AGENT_REFUSED, format!("the container's agent gave no keys: {said}")))
}

/// What is wrong with the keys, whichever service says so.
fn credentials(error: &CallError, code: &str, message: &str, said: &str) -> Option<Failure> {
    const REJECTED: &[&str] = &[
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
    ];
    let service = error.service;
    // The sentence of a signature that is wrong only by its time: `Signature expired: … is now earlier than …`.
    let is_clock = matches!(code, "RequestExpired" | "RequestTimeTooSkewed")
        || message.starts_with("Signature expired")
        || message.starts_with("Signature not yet current");
    if is_clock {
        return Some(Failure::new(
            &codes::CLOCK_WRONG,
            format!("{service} does not accept the time of the request: {said}"),
        ));
    }
    if matches!(code, "ExpiredToken" | "ExpiredTokenException") {
        return Some(Failure::new(
            &codes::CREDENTIALS_EXPIRED,
            format!("the session of the AWS keys is over for {service}: {said}"),
        ));
    }
    REJECTED.contains(&code).then(|| {
        Failure::new(&codes::CREDENTIALS_REJECTED, format!("{service} does not accept the AWS keys: {said}"))
    })
}

fn other(error: &CallError, status: u16, said: &str, place: &str) -> Failure {
    if error.is_throttling() {
        return Failure::new(&codes::THROTTLED, format!("{place} limits the rate of calls: {said}"));
    }
    match status {
        500.. => Failure::new(&codes::UNAVAILABLE, format!("{place} answered {said}")),
        400..500 => Failure::new(&codes::REQUEST_REJECTED, format!("{place} refused the request: {said}")),
        _ => Failure::new(&general::UNEXPECTED_REPLY, format!("{place} answered {said}")),
    }
}

/// Whether the call was one of ECR's, private or public.
fn is_public(error: &CallError) -> bool {
    error.service == public::SERVICE
}
