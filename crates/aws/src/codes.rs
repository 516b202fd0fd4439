//! Why AWS gives no session, token or repository.

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
    meaning: "The identity's permissions do not include the call of ECR's interface, such as `ecr:GetAuthorizationToken`.",
    remedy: "Attach the statement that is printed to the role; a registry token cannot be limited to one repository there.",
};
/// The role's trust policy does not admit the caller's keys.
pub const ASSUME_DENIED: Code = Code {
    id: "role-assume-denied",
    exit: Exit::Refused,
    meaning: "STS refused to let the keys assume the role: its trust policy does not name the caller, or the caller's \
              own policy does not allow it.",
    remedy: "Put the statement that is printed into the role's trust policy.",
};
/// The session policies are too large for STS.
pub const POLICY_TOO_LARGE: Code = Code {
    id: "session-policy-too-large",
    exit: Exit::Input,
    meaning: "The session policies and tags are larger than STS takes once it has packed them.",
    remedy: "Name fewer repositories, or patterns such as `team/*`; give fewer session tags.",
};
/// A session policy is none.
pub const POLICY_REJECTED: Code = Code {
    id: "session-policy-rejected",
    exit: Exit::Input,
    meaning: "STS does not accept the session policy as a policy document.",
    remedy: "Correct `inline-session-policy` or `managed-session-policies`; see AWS's message in the cause.",
};
/// The session tags are not accepted.
pub const TAGS_REJECTED: Code = Code {
    id: "session-tags-rejected",
    exit: Exit::Input,
    meaning: "STS does not accept the session tags.",
    remedy: "Correct `session-tags`: a tag that an earlier role of the chain made transitive cannot be set again.",
};
/// No keys were found.
pub const NO_CREDENTIALS: Code = Code {
    id: "aws-no-credentials",
    exit: Exit::Input,
    meaning: "The chosen source has no AWS keys.",
    remedy: "Choose with `auth` where the identity comes from, and check that the source is set up on this runner.",
};
/// The container's agent gives no keys.
pub const AGENT_REFUSED: Code = Code {
    id: "container-credentials-refused",
    exit: Exit::Refused,
    meaning: "The agent beside the container (EKS Pod Identity or ECS) gave no keys.",
    remedy: "Check that the runner's service account is associated with a role in this cluster, and start the pod anew.",
};
/// The session of the keys is over.
pub const CREDENTIALS_EXPIRED: Code = Code {
    id: "aws-credentials-expired",
    exit: Exit::Remote,
    meaning: "The session of the AWS keys is over.",
    remedy: "Sign in again shortly before this step, or raise `role-duration-seconds`.",
};
/// The clock is wrong.
pub const CLOCK_WRONG: Code = Code {
    id: "aws-clock-wrong",
    exit: Exit::Remote,
    meaning: "AWS did not accept the time of a request: the runner's clock is more than minutes off.",
    remedy: "Set the runner's clock (NTP).",
};
/// There is no such repository.
pub const REPOSITORY_MISSING: Code = Code {
    id: "ecr-repository-missing",
    exit: Exit::Input,
    meaning: "ECR has no repository of this name in the account and region.",
    remedy: "Create the repository, or correct its name, the account or the region.",
};
/// The account has as many repositories as it may.
pub const ECR_QUOTA: Code = Code {
    id: "ecr-quota-reached",
    exit: Exit::Refused,
    meaning: "A quota of ECR is reached, so that nothing can be made.",
    remedy: "Delete what is not needed, or ask for a higher quota (Service Quotas, Amazon ECR).",
};
/// AWS does not accept the keys.
pub const CREDENTIALS_REJECTED: Code = Code {
    id: "aws-credentials-rejected",
    exit: Exit::Remote,
    meaning: "AWS did not accept the keys: unknown, deleted, or with another secret.",
    remedy: "Check the keys in the environment, and that the account has the region enabled.",
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
    &ASSUME_DENIED,
    &POLICY_TOO_LARGE,
    &POLICY_REJECTED,
    &TAGS_REJECTED,
    &NO_CREDENTIALS,
    &AGENT_REFUSED,
    &CREDENTIALS_EXPIRED,
    &CLOCK_WRONG,
    &REPOSITORY_MISSING,
    &ECR_QUOTA,
    &CREDENTIALS_REJECTED,
    &REGION_DISABLED,
    &THROTTLED,
    &UNAVAILABLE,
    &AWS_UNREACHABLE,
    &REQUEST_REJECTED,
];
