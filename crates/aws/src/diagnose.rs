//! From a failed call to a failure that says what to do.

use model::{Code, Failure, codes as general};
use serde_json::Value;

use crate::{CallError, Kind, codes, trust};

/// What the calls were about.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// The role, if one was to be assumed.
    pub role: Option<String>,
    /// The region of the call.
    pub region: String,
    /// The audience of the token.
    pub audience: String,
    /// The token's claims.
    pub claims: Option<Value>,
}

/// Explains why the calls of one kind ended without success.
pub fn failure(error: &CallError, tries: u32, about: &About) -> Failure {
    let service = error.service;
    let region = &about.region;
    let failure = match &error.kind {
        Kind::Timeout(text) => {
            Failure::new(&general::DEADLINE_PASSED, format!("{service} in {region}: {text}"))
        }
        Kind::Unreachable(text) => {
            Failure::new(&codes::AWS_UNREACHABLE, format!("{service} in {region}: {text}"))
        }
        Kind::Nonsense(text) => {
            Failure::new(&general::UNEXPECTED_REPLY, format!("{service} in {region}: {text}"))
        }
        Kind::Reply { status, code, message, request_id } => {
            let said = said(*status, code, message);
            let failure = match service {
                "STS" => sts(error, code, message, &said, about),
                _ => ecr(error, code, message, &said, about),
            };
            let failure = failure.unwrap_or_else(|| other(error, *status, &said, region));
            if request_id.is_empty() {
                failure
            } else {
                failure.with_note(format!("AWS request id: {request_id}"))
            }
        }
    };
    if tries > 1 { failure.with_note(format!("Tried {tries} times.")) } else { failure }
}

fn said(status: u16, code: &str, message: &str) -> String {
    match (code, message) {
        ("", "") => format!("HTTP {status}"),
        (code, "") => format!("HTTP {status} {code}"),
        (code, message) => format!("{code}: {message}"),
    }
}

fn sts(error: &CallError, code: &str, message: &str, said: &str, about: &About) -> Option<Failure> {
    let role = about.role.as_deref().unwrap_or("the identity");
    let plain = |code: &'static Code| Some(Failure::new(code, format!("STS refused {role}: {said}")));
    match code {
        "AccessDenied" | "AccessDeniedException" => {
            let mut failure = Failure::new(
                &codes::TRUST_DENIED,
                format!("{role} cannot be assumed by this job: {message}"),
            );
            failure.notes = about.claims.as_ref().map(trust::explain).unwrap_or_default();
            Some(failure)
        }
        "InvalidIdentityToken" if message.contains("No OpenIDConnect provider") => {
            let (issuer, account) = (issuer(about), account(role));
            Some(
                Failure::new(
                    &codes::PROVIDER_MISSING,
                    format!("account {account} has no OIDC identity provider for {issuer}"),
                )
                .with_remedy(format!(
                    "Check that {account} is the right account, or create the provider in it: \
                     `aws iam create-open-id-connect-provider --url {issuer} --client-id-list {}`.",
                    about.audience
                )),
            )
        }
        "InvalidIdentityToken" if message.contains("audience") => Some(
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
            )),
        ),
        "InvalidIdentityToken" | "IDPRejectedClaim" => plain(&codes::TOKEN_REJECTED),
        "ExpiredTokenException" if about.claims.is_some() => plain(&codes::TOKEN_EXPIRED),
        "IDPCommunicationError" => plain(&codes::ISSUER_UNREACHABLE),
        "RegionDisabledException" => plain(&codes::REGION_DISABLED),
        "ValidationError" if message.contains("DurationSeconds") || message.contains("durationSeconds") => {
            plain(&codes::DURATION_REJECTED)
        }
        _ => credentials(error, code, said),
    }
}

fn ecr(error: &CallError, code: &str, message: &str, said: &str, about: &About) -> Option<Failure> {
    if matches!(code, "AccessDeniedException" | "AccessDenied") {
        let role = about.role.as_deref().unwrap_or("the identity");
        let statement = "{\n  \"Effect\": \"Allow\",\n  \"Action\": \"ecr:GetAuthorizationToken\",\n  \"Resource\": \"*\"\n}";
        return Some(
            Failure::new(&codes::ECR_ACCESS_DENIED, format!("{role} may not ask ECR for a token: {message}"))
                .with_note(format!("The statement that is missing:\n{statement}")),
        );
    }
    credentials(error, code, said)
}

fn credentials(error: &CallError, code: &str, said: &str) -> Option<Failure> {
    const REJECTED: &[&str] = &[
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "ExpiredToken",
        "ExpiredTokenException",
        "RequestExpired",
    ];
    REJECTED.contains(&code).then(|| {
        Failure::new(
            &codes::CREDENTIALS_REJECTED,
            format!("{} does not accept the AWS keys: {said}", error.service),
        )
    })
}

fn other(error: &CallError, status: u16, said: &str, region: &str) -> Failure {
    let service = error.service;
    if error.is_throttling() {
        return Failure::new(
            &codes::THROTTLED,
            format!("{service} in {region} limits the rate of calls: {said}"),
        );
    }
    match status {
        500.. => Failure::new(&codes::UNAVAILABLE, format!("{service} in {region} answered {said}")),
        400..500 => Failure::new(
            &codes::REQUEST_REJECTED,
            format!("{service} in {region} refused the request: {said}"),
        ),
        _ => Failure::new(&general::UNEXPECTED_REPLY, format!("{service} in {region} answered {said}")),
    }
}

fn issuer(about: &About) -> &str {
    let issuer = about.claims.as_ref().and_then(|claims| claims["iss"].as_str());
    issuer.unwrap_or("https://token.actions.githubusercontent.com")
}

fn account(role: &str) -> &str {
    role.split(':').nth(4).unwrap_or("?")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about() -> About {
        About {
            role: Some("arn:aws:iam::123456789012:role/day2-dev".into()),
            region: "eu-central-1".into(),
            audience: "sts.amazonaws.com".into(),
            claims: Some(serde_json::json!({ "iss": "https://token.actions.githubusercontent.com" })),
        }
    }

    fn reply(service: &'static str, status: u16, code: &str, message: &str) -> CallError {
        let kind =
            Kind::Reply { status, code: code.into(), message: message.into(), request_id: String::new() };
        CallError { service, kind }
    }

    #[test]
    fn every_text_has_its_code() {
        let issuer = "https://token.actions.githubusercontent.com";
        let provider = format!("No OpenIDConnect provider found in your account for {issuer}");
        let duration = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        for (service, status, code, message, expected) in [
            (
                "STS",
                403,
                "AccessDenied",
                "Not authorized to perform sts:AssumeRoleWithWebIdentity",
                "oidc-trust-denied",
            ),
            ("STS", 400, "InvalidIdentityToken", provider.as_str(), "oidc-provider-missing"),
            ("STS", 400, "InvalidIdentityToken", "Incorrect token audience", "oidc-audience-rejected"),
            (
                "STS",
                400,
                "InvalidIdentityToken",
                "The ID Token provided is not a valid JWT.",
                "oidc-token-rejected",
            ),
            ("STS", 400, "ExpiredTokenException", "Token expired", "oidc-token-expired"),
            ("STS", 400, "IDPCommunicationError", "", "oidc-issuer-unreachable"),
            ("STS", 403, "RegionDisabledException", "STS is not activated", "aws-region-disabled"),
            ("STS", 400, "ValidationError", duration, "role-duration-rejected"),
            ("STS", 400, "ValidationError", "1 validation error detected", "aws-request-rejected"),
            ("STS", 400, "Throttling", "Rate exceeded", "aws-throttled"),
            ("STS", 503, "ServiceUnavailable", "", "aws-unavailable"),
            (
                "STS",
                403,
                "InvalidClientTokenId",
                "The security token included in the request is invalid.",
                "aws-credentials-rejected",
            ),
            ("ECR", 400, "AccessDeniedException", "User: arn is not authorized", "ecr-access-denied"),
            ("ECR", 400, "UnrecognizedClientException", "", "aws-credentials-rejected"),
            ("ECR", 400, "ExpiredTokenException", "", "aws-credentials-rejected"),
            ("ECR", 429, "", "", "aws-throttled"),
            ("ECR", 502, "", "", "aws-unavailable"),
            ("ECR", 301, "", "", "unexpected-reply"),
        ] {
            let failure = failure(&reply(service, status, code, message), 1, &about());
            assert_eq!(failure.code.id, expected, "{service} {status} {code} {message}");
        }
    }

    #[test]
    fn what_to_do_is_said() {
        let error = reply(
            "STS",
            400,
            "InvalidIdentityToken",
            "No OpenIDConnect provider found in your account for x",
        );
        let missing = failure(&error, 1, &about());
        insta::assert_snapshot!(format!("{}\n{}", missing.cause, missing.remedy), @r"
        account 123456789012 has no OIDC identity provider for https://token.actions.githubusercontent.com
        Check that 123456789012 is the right account, or create the provider in it: `aws iam create-open-id-connect-provider --url https://token.actions.githubusercontent.com --client-id-list sts.amazonaws.com`.
        ");
        let error = reply("STS", 400, "InvalidIdentityToken", "Incorrect token audience");
        let audience = failure(&error, 1, &about());
        insta::assert_snapshot!(format!("{}\n{}", audience.cause, audience.remedy), @r"
        the identity provider of account 123456789012 does not list the audience `sts.amazonaws.com`
        Set `audience` to one that the provider lists, or add this one: `aws iam add-client-id-to-open-id-connect-provider --client-id sts.amazonaws.com`.
        ");
        let error = reply("ECR", 400, "ThrottlingException", "Rate exceeded");
        let throttled = failure(&error, 4, &about());
        insta::assert_snapshot!(format!("{}\n{}", throttled.cause, throttled.notes.join("\n")), @r"
        ECR in eu-central-1 limits the rate of calls: ThrottlingException: Rate exceeded
        Tried 4 times.
        ");
    }
}
