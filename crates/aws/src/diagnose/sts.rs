//! What STS refuses. Its sentences are those that users of `aws-actions/configure-aws-credentials` quote in its
//! issues; its codes are in its API reference.

use model::{Code, Failure};
use serde_json::json;

use super::{About, denial};
use crate::{CallError, codes, error::NO_VERIFICATION_KEY, trust};

pub(super) fn explain(
    error: &CallError,
    code: &str,
    message: &str,
    said: &str,
    about: &About,
) -> Option<Failure> {
    let role = about.role.as_deref().unwrap_or("the identity");
    let plain = |code: &'static Code| Some(Failure::new(code, format!("STS refused {role}: {said}")));
    match code {
        "AccessDenied" | "AccessDeniedException" if error.is_by_token() => {
            Some(trust_denied(role, message, about))
        }
        "AccessDenied" | "AccessDeniedException" => Some(assume_denied(role, message, about)),
        "InvalidIdentityToken" if message.contains("No OpenIDConnect provider") => {
            Some(provider_missing(role, about))
        }
        "InvalidIdentityToken" if message.contains("audience") => Some(audience_rejected(role, about)),
        "InvalidIdentityToken" if message.contains(NO_VERIFICATION_KEY) => plain(&codes::ISSUER_UNREACHABLE),
        "InvalidIdentityToken" | "IDPRejectedClaim" => plain(&codes::TOKEN_REJECTED),
        "ExpiredTokenException" | "ExpiredToken" if error.is_by_token() => plain(&codes::TOKEN_EXPIRED),
        "IDPCommunicationError" => plain(&codes::ISSUER_UNREACHABLE),
        "RegionDisabledException" => plain(&codes::REGION_DISABLED),
        "PackedPolicyTooLarge" | "PackedPolicyTooLargeException" => plain(&codes::POLICY_TOO_LARGE),
        "MalformedPolicyDocument" | "MalformedPolicyDocumentException" => plain(&codes::POLICY_REJECTED),
        "ValidationError" if message.contains("role chaining") => {
            Some(Failure::new(&codes::DURATION_REJECTED, format!("STS refused {role}: {said}")).with_remedy(
                "Set `role-duration-seconds` to 3600 or less: AWS caps chained roles at one hour.",
            ))
        }
        "ValidationError" if message.contains("DurationSeconds") || message.contains("durationSeconds") => {
            plain(&codes::DURATION_REJECTED)
        }
        "ValidationError" if message.contains("ession tag") || message.contains("ag key") => {
            plain(&codes::TAGS_REJECTED)
        }
        "InvalidParameterValue" if message.contains("tag") => plain(&codes::TAGS_REJECTED),
        _ => None,
    }
}

fn trust_denied(role: &str, message: &str, about: &About) -> Failure {
    let failure =
        Failure::new(&codes::TRUST_DENIED, format!("{role} cannot be assumed by this job: {message}"));
    let notes = about.claims.as_ref().map(trust::explain).unwrap_or_default();
    notes.into_iter().chain(denial::reason(message).map(str::to_owned)).fold(failure, Failure::with_note)
}

/// A role that keys may not assume, with the statement of its trust policy that would let them.
fn assume_denied(role: &str, message: &str, about: &About) -> Failure {
    let failure = Failure::new(&codes::ASSUME_DENIED, format!("{role} cannot be assumed: {message}"));
    let failure = denial::reason(message).map(str::to_owned).into_iter().fold(failure, Failure::with_note);
    let (Some(step), Some(caller)) = (&about.step, &about.caller) else { return failure };
    let mut actions = vec!["sts:AssumeRole"];
    if !step.tags.is_empty() {
        actions.push("sts:TagSession");
    }
    let mut statement = json!({
        "Effect": "Allow",
        "Principal": { "AWS": principal(caller) },
        "Action": actions,
    });
    if let Some(id) = &step.external_id {
        statement["Condition"] = json!({ "StringEquals": { "sts:ExternalId": id } });
    }
    let text = serde_json::to_string_pretty(&statement).unwrap_or_default();
    let failure = failure.with_note(format!(
        "The statement that the role's trust policy needs (a caller of another account needs the same actions in its \
         own policy as well):\n{text}"
    ));
    if step.external_id.is_none() {
        failure.with_note(
            "No external id was given; a trust policy that asks for one does not match without it.",
        )
    } else {
        failure
    }
}

/// Returns the role of a session, as policies name it. The path of the role is not part of the session's ARN.
fn principal(caller: &str) -> String {
    let parts: Vec<&str> = caller.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", partition, "sts", _, account, resource] => {
            let name = resource.split('/').nth(1).unwrap_or_default();
            format!("arn:{partition}:iam::{account}:role/{name}")
        }
        _ => caller.to_owned(),
    }
}

fn provider_missing(role: &str, about: &About) -> Failure {
    let (issuer, account) = (issuer(about), account(role));
    Failure::new(
        &codes::PROVIDER_MISSING,
        format!("account {account} has no OIDC identity provider for {issuer}"),
    )
    .with_remedy(format!(
        "Check that {account} is the right account, or create the provider in it: \
         `aws iam create-open-id-connect-provider --url {issuer} --client-id-list {}`.",
        about.audience
    ))
}

fn audience_rejected(role: &str, about: &About) -> Failure {
    Failure::new(
        &codes::AUDIENCE_REJECTED,
        format!(
            "the identity provider of account {} does not list the audience `{}`",
            account(role),
            about.audience
        ),
    )
    .with_remedy(format!(
        "Set `audience` to one that the provider lists, or add this one: \
         `aws iam add-client-id-to-open-id-connect-provider --client-id {}`.",
        about.audience
    ))
}

fn issuer(about: &About) -> &str {
    let issuer = about.claims.as_ref().and_then(|claims| claims["iss"].as_str());
    issuer.unwrap_or("https://token.actions.githubusercontent.com")
}

fn account(role: &str) -> &str {
    role.split(':').nth(4).unwrap_or("?")
}
