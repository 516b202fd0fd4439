//! The failures that only this action has.

use model::{Code, Exit};

/// The role's trust policy does not admit the token.
pub const TRUST_DENIED: Code = Code {
    id: "oidc-trust-denied",
    exit: Exit::Refused,
    meaning: "STS refused to let the job assume the role: the role does not exist, or its trust policy does not \
              match the token's claims.",
    remedy: "Compare the role's trust policy with the claims that are printed, and put in the `Condition` that is \
             printed with them.",
};
/// The account does not know the issuer.
pub const PROVIDER_MISSING: Code = Code {
    id: "oidc-provider-missing",
    exit: Exit::Input,
    meaning: "The role's account has no OIDC identity provider for the token's issuer.",
    remedy: "Create the provider in the role's account, or check that the role ARN names the right account.",
};
/// The provider does not list the audience.
pub const AUDIENCE_REJECTED: Code = Code {
    id: "oidc-audience-rejected",
    exit: Exit::Input,
    meaning: "The account's OIDC identity provider does not list the token's audience.",
    remedy: "Add the audience to the provider's client ids, or set `audience` to one that it lists.",
};
/// The token was refused for another reason.
pub const TOKEN_REJECTED: Code = Code {
    id: "oidc-token-rejected",
    exit: Exit::Remote,
    meaning: "STS did not accept the OIDC token as one of the issuer's.",
    remedy: "Run the job again; if it persists, check that the identity provider's URL is the token's issuer.",
};
/// The token's time is over for STS.
pub const TOKEN_EXPIRED: Code = Code {
    id: "oidc-token-expired",
    exit: Exit::Remote,
    meaning: "STS says that the OIDC token has expired, though it was made a moment ago.",
    remedy: "Check the clocks: of the runner, and of the issuer if it is one of your own.",
};
/// STS could not ask the issuer for its keys.
pub const ISSUER_UNREACHABLE: Code = Code {
    id: "oidc-issuer-unreachable",
    exit: Exit::Remote,
    meaning: "STS could not reach the token's issuer to fetch its keys.",
    remedy: "Run the job again; for an issuer of your own, check that AWS can reach it.",
};
/// The duration is outside of what the role allows.
pub const DURATION_REJECTED: Code = Code {
    id: "role-duration-rejected",
    exit: Exit::Input,
    meaning: "The role does not allow sessions as long as `role-duration-seconds`.",
    remedy: "Lower `role-duration-seconds`, or raise the role's maximum session duration.",
};
/// The account is not one that was allowed.
pub const ACCOUNT_NOT_ALLOWED: Code = Code {
    id: "account-not-allowed",
    exit: Exit::Refused,
    meaning: "The credentials belong to an account that `allowed-account-ids` does not list.",
    remedy: "Check the role ARN, or add the account to `allowed-account-ids`.",
};
/// The identity may not ask for a registry token.
pub const ECR_ACCESS_DENIED: Code = Code {
    id: "ecr-access-denied",
    exit: Exit::Refused,
    meaning: "The role's permissions do not include `ecr:GetAuthorizationToken`.",
    remedy: "Attach the statement that is printed to the role; this action cannot be limited to one repository.",
};
/// AWS does not accept the keys.
pub const CREDENTIALS_REJECTED: Code = Code {
    id: "aws-credentials-rejected",
    exit: Exit::Remote,
    meaning: "AWS did not accept the keys: unknown, expired, or signed at a wrong time.",
    remedy: "Check the keys in the environment and the runner's clock.",
};
/// STS is off in the region.
pub const REGION_DISABLED: Code = Code {
    id: "aws-region-disabled",
    exit: Exit::Input,
    meaning: "STS is not activated for the account in this region.",
    remedy: "Activate the region's STS endpoint in the account's IAM settings, or use another `aws-region`.",
};
/// Too many calls.
pub const THROTTLED: Code = Code {
    id: "aws-throttled",
    exit: Exit::Remote,
    meaning: "AWS kept limiting the rate of calls until the deadline.",
    remedy: "Raise `timeout`, or start fewer jobs at once; the limits are per account and region.",
};
/// AWS itself fails.
pub const UNAVAILABLE: Code = Code {
    id: "aws-unavailable",
    exit: Exit::Remote,
    meaning: "AWS kept answering with server errors until the deadline.",
    remedy: "Run the job again; if it persists, see the AWS health dashboard for the region.",
};
/// AWS cannot be reached.
pub const AWS_UNREACHABLE: Code = Code {
    id: "aws-unreachable",
    exit: Exit::Remote,
    meaning: "No connection to the AWS endpoint could be made.",
    remedy: "Check `aws-region`, the runner's route to AWS (VPC endpoints, `NO_PROXY`), and `AWS_ENDPOINT_URL*`.",
};
/// AWS refused the request as such.
pub const REQUEST_REJECTED: Code = Code {
    id: "aws-request-rejected",
    exit: Exit::Input,
    meaning: "AWS refused the request as invalid.",
    remedy: "See AWS's message in the cause; correct the input that it names.",
};

/// All of them, for docs/errors.md.
pub const ALL: &[&Code] = &[
    &TRUST_DENIED,
    &PROVIDER_MISSING,
    &AUDIENCE_REJECTED,
    &TOKEN_REJECTED,
    &TOKEN_EXPIRED,
    &ISSUER_UNREACHABLE,
    &DURATION_REJECTED,
    &ACCOUNT_NOT_ALLOWED,
    &ECR_ACCESS_DENIED,
    &CREDENTIALS_REJECTED,
    &REGION_DISABLED,
    &THROTTLED,
    &UNAVAILABLE,
    &AWS_UNREACHABLE,
    &REQUEST_REJECTED,
];
