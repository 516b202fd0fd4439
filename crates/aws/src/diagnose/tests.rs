//! AWS's texts, and what is made of each.

use super::*;
use crate::Verdict;

fn about() -> About {
    About {
        role: Some("arn:aws:iam::123456789012:role/day2-dev".into()),
        region: "eu-central-1".into(),
        audience: "sts.amazonaws.com".into(),
        claims: Some(serde_json::json!({ "iss": "https://token.actions.githubusercontent.com" })),
        ..About::default()
    }
}

fn reply(call: &'static str, status: u16, code: &str, message: &str) -> CallError {
    let kind = Kind::Reply {
        status,
        code: code.into(),
        message: message.into(),
        request_id: String::new(),
        retry_after: None,
    };
    let (service, operation) = match call {
        "agent" => (container::SERVICE, ""),
        "token" => ("ECR", "GetAuthorizationToken"),
        "public" => (public::SERVICE, "GetAuthorizationToken"),
        "CreateRepository" => ("ECR", call),
        operation => ("STS", operation),
    };
    CallError { service, operation, kind }
}

/// Every refusal that is known: the call, AWS's reply, our code and what is done about it.
const TEXTS: &[(&str, u16, &str, &str, &str, Verdict)] = {
    use Verdict::{Again, AgainWithNewToken, Final};
    const BY_TOKEN: &str = "AssumeRoleWithWebIdentity";
    const BY_KEYS: &str = "AssumeRole";
    &[
        (
            BY_TOKEN,
            403,
            "AccessDenied",
            "Not authorized to perform sts:AssumeRoleWithWebIdentity",
            "oidc-trust-denied",
            Final,
        ),
        (
            BY_TOKEN,
            400,
            "InvalidIdentityToken",
            "No OpenIDConnect provider found in your account for https://token.actions.githubusercontent.com",
            "oidc-provider-missing",
            Final,
        ),
        (BY_TOKEN, 400, "InvalidIdentityToken", "Incorrect token audience", "oidc-audience-rejected", Final),
        (
            BY_TOKEN,
            400,
            "InvalidIdentityToken",
            "The ID Token provided is not a valid JWT.",
            "oidc-token-rejected",
            Final,
        ),
        (
            BY_TOKEN,
            400,
            "ExpiredTokenException",
            "Token expired: current date/time 7",
            "oidc-token-expired",
            AgainWithNewToken,
        ),
        (BY_TOKEN, 400, "IDPCommunicationError", "", "oidc-issuer-unreachable", Again),
        (
            BY_TOKEN,
            400,
            "InvalidIdentityToken",
            "Couldn't retrieve verification key from your identity provider, please reference \
             AssumeRoleWithWebIdentity documentation for requirements",
            "oidc-issuer-unreachable",
            Again,
        ),
        (BY_TOKEN, 403, "IDPRejectedClaim", "", "oidc-token-rejected", Final),
        (BY_TOKEN, 403, "RegionDisabledException", "STS is not activated", "aws-region-disabled", Final),
        (
            BY_TOKEN,
            400,
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
            "role-duration-rejected",
            Final,
        ),
        (
            BY_KEYS,
            400,
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
            "role-duration-rejected",
            Final,
        ),
        (BY_TOKEN, 400, "ValidationError", "1 validation error detected", "aws-request-rejected", Final),
        (
            BY_TOKEN,
            400,
            "PackedPolicyTooLarge",
            "Packed policy consumes 112% of allotted space",
            "session-policy-too-large",
            Final,
        ),
        (
            BY_TOKEN,
            400,
            "MalformedPolicyDocument",
            "Syntax errors in policy.",
            "session-policy-rejected",
            Final,
        ),
        (BY_TOKEN, 400, "Throttling", "Rate exceeded", "aws-throttled", Again),
        (BY_TOKEN, 503, "ServiceUnavailable", "", "aws-unavailable", Again),
        (
            BY_KEYS,
            403,
            "AccessDenied",
            "User: arn:aws:sts::1:assumed-role/a/b is not authorized to perform: sts:AssumeRole on resource: r",
            "role-assume-denied",
            Final,
        ),
        (
            BY_KEYS,
            403,
            "AccessDenied",
            "User: arn:aws:sts::1:assumed-role/a/b is not authorized to perform: sts:TagSession on resource: r",
            "role-assume-denied",
            Final,
        ),
        (
            BY_KEYS,
            400,
            "InvalidParameterValue",
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from \
             the calling session.",
            "session-tags-rejected",
            Final,
        ),
        (
            BY_KEYS,
            403,
            "ExpiredToken",
            "The security token included in the request is expired",
            "aws-credentials-expired",
            Final,
        ),
        (
            "GetCallerIdentity",
            403,
            "InvalidClientTokenId",
            "The security token is invalid.",
            "aws-credentials-rejected",
            Final,
        ),
        (
            "GetCallerIdentity",
            403,
            "SignatureDoesNotMatch",
            "Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z",
            "aws-clock-wrong",
            Final,
        ),
        (
            "GetCallerIdentity",
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated",
            "aws-credentials-rejected",
            Final,
        ),
        ("token", 400, "AccessDeniedException", "User: arn is not authorized", "ecr-access-denied", Final),
        ("token", 400, "UnrecognizedClientException", "", "aws-credentials-rejected", Final),
        ("token", 400, "ExpiredTokenException", "", "aws-credentials-expired", Final),
        (
            "token",
            400,
            "InvalidParameterException",
            "Invalid parameter at 'registryIds' failed to satisfy constraint: 'Member must satisfy regular expression \
             pattern: [0-9]{12}'",
            "aws-request-rejected",
            Final,
        ),
        ("token", 429, "", "", "aws-throttled", Again),
        ("token", 400, "ThrottlingException", "Rate exceeded", "aws-throttled", Again),
        ("token", 500, "ServerException", "", "aws-unavailable", Again),
        ("token", 502, "", "", "aws-unavailable", Again),
        ("token", 301, "", "", "unexpected-reply", Final),
        (
            "public",
            400,
            "AccessDeniedException",
            "User: arn is not authorized to perform: sts:GetServiceBearerToken on resource: arn",
            "ecr-access-denied",
            Final,
        ),
        (
            "CreateRepository",
            400,
            "LimitExceededException",
            "The quota of repositories",
            "ecr-quota-reached",
            Final,
        ),
        (
            "CreateRepository",
            400,
            "RepositoryNotFoundException",
            "The repository with name 'r'",
            "ecr-repository-missing",
            Final,
        ),
        (
            "CreateRepository",
            400,
            "InvalidParameterException",
            "'repositoryName'",
            "aws-request-rejected",
            Final,
        ),
        ("agent", 403, "", "AccessDenied: Unauthorized", "container-credentials-refused", Final),
        ("agent", 500, "InternalServerException", "", "aws-unavailable", Again),
    ]
};

#[test]
fn every_text_has_its_code_and_its_verdict() {
    for (call, status, code, message, expected, verdict) in TEXTS {
        let error = reply(call, *status, code, message);
        let failure = failure(&error, 1, &about());
        assert_eq!(failure.code.id, *expected, "{call} {status} {code} {message}");
        assert_eq!(error.verdict(), *verdict, "{call} {status} {code} {message}");
        assert!(!failure.cause.is_empty() && !failure.remedy.is_empty());
    }
}

#[test]
fn the_kind_of_policy_that_denies_is_said() {
    for (ending, expected) in [
        ("because no session policy allows the ecr:GetAuthorizationToken action", "narrowed down"),
        ("with an explicit deny in a service control policy", "organisation"),
        ("because no permissions boundary allows the action", "permissions boundary"),
        ("because no VPC endpoint policy allows the action", "VPC endpoint"),
        ("with an explicit deny in an identity-based policy", "denies it explicitly"),
    ] {
        let error =
            reply("token", 400, "AccessDeniedException", &format!("User: x is not authorized {ending}"));
        let failure = failure(&error, 1, &about());
        assert!(failure.notes.iter().any(|note| note.contains(expected)), "{ending}: {:?}", failure.notes);
    }
}

#[test]
fn a_role_that_keys_may_not_assume_gets_the_statement_that_it_needs() {
    let step = RoleStep {
        external_id: Some("ci".into()),
        tags: vec![("team".into(), "a".into())],
        ..RoleStep::plain("arn:aws:iam::210987654321:role/deploy".parse().unwrap())
    };
    let about = About {
        caller: Some("arn:aws:sts::123456789012:assumed-role/hub/day2-product-7-1".into()),
        step: Some(step),
        ..about()
    };
    let denied = failure(&reply("AssumeRole", 403, "AccessDenied", "User: x is not authorized"), 1, &about);
    insta::assert_snapshot!(denied.notes.join("\n"), @r#"
    The statement that the role's trust policy needs (a caller of another account needs the same actions in its own policy as well):
    {
      "Effect": "Allow",
      "Principal": {
        "AWS": "arn:aws:iam::123456789012:role/hub"
      },
      "Action": [
        "sts:AssumeRole",
        "sts:TagSession"
      ],
      "Condition": {
        "StringEquals": {
          "sts:ExternalId": "ci"
        }
      }
    }
    "#);
}

#[test]
fn what_to_do_is_said() {
    let error = reply(
        "AssumeRoleWithWebIdentity",
        400,
        "InvalidIdentityToken",
        "No OpenIDConnect provider found in your account for x",
    );
    let missing = failure(&error, 1, &about());
    insta::assert_snapshot!(format!("{}\n{}", missing.cause, missing.remedy), @r"
    account 123456789012 has no OIDC identity provider for https://token.actions.githubusercontent.com
    Check that 123456789012 is the right account, or create the provider in it: `aws iam create-open-id-connect-provider --url https://token.actions.githubusercontent.com --client-id-list sts.amazonaws.com`.
    ");
    let error = reply("AssumeRoleWithWebIdentity", 400, "InvalidIdentityToken", "Incorrect token audience");
    let audience = failure(&error, 1, &about());
    insta::assert_snapshot!(format!("{}\n{}", audience.cause, audience.remedy), @r"
    the identity provider of account 123456789012 does not list the audience `sts.amazonaws.com`
    Set `audience` to one that the provider lists, or add this one: `aws iam add-client-id-to-open-id-connect-provider --client-id sts.amazonaws.com`.
    ");
    let error = reply("token", 400, "ThrottlingException", "Rate exceeded");
    let throttled = failure(&error, 4, &about());
    insta::assert_snapshot!(format!("{}\n{}", throttled.cause, throttled.notes.join("\n")), @r"
    ECR in eu-central-1 limits the rate of calls: ThrottlingException: Rate exceeded
    Tried 4 times.
    ");
}
