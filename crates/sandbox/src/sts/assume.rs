//! `AssumeRoleWithWebIdentity`: the checks of STS, in its order, with its words.
//!
//! Codes are those of the API reference of STS; sentences are those that users of
//! `aws-actions/configure-aws-credentials` quote in its issues.

use std::collections::BTreeMap;

use jsonwebtoken::{Algorithm, Validation};
use serde_json::Value;

use super::{
    Role, Session, State,
    policy::{self, Caller},
    reply::StsError,
};
use crate::oidc::{Keys, now, random_hex};

/// The shortest and the longest session that the interface knows.
const DURATION: std::ops::RangeInclusive<i64> = 900..=43_200;
/// How long a session is if the request does not say.
const DEFAULT_DURATION: i64 = 3600;

/// A session and what the reply says beside its keys.
pub(super) struct Assumed {
    pub(super) session: Session,
    pub(super) subject: String,
    pub(super) audience: String,
    pub(super) provider_arn: String,
}

pub(super) fn assume(
    state: &State,
    issuer: &str,
    form: &BTreeMap<String, String>,
) -> Result<Assumed, StsError> {
    let wanted = Wanted::read(state, form)?;
    let token = needed(form, "WebIdentityToken", "webIdentityToken")?;
    let claims = verified_claims(state, issuer, token)?;
    let provider = issuer.split_once("://").map_or(issuer, |(_, host)| host);
    let denied =
        || StsError::new(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity");
    let role = state.role(wanted.role_arn).ok_or_else(denied)?;
    if !policy::admits(
        &role.trust_policy,
        &Caller { action: "sts:AssumeRoleWithWebIdentity", provider, claims: &claims, principals: &[] },
    ) {
        return Err(denied());
    }
    wanted.check_duration(&role)?;
    let text = |name: &str| first(&claims[name]).to_owned();
    Ok(Assumed {
        provider_arn: format!("arn:aws:iam::{}:oidc-provider/{provider}", role.account()),
        subject: text("sub"),
        audience: text("aud"),
        session: wanted.session(&role),
    })
}

/// A claim that may be a list, as a cluster writes `aud`.
fn first(claim: &Value) -> &str {
    claim.as_array().and_then(|all| all.first()).unwrap_or(claim).as_str().unwrap_or_default()
}

pub(super) fn needed<'a>(
    form: &'a BTreeMap<String, String>,
    name: &str,
    shown: &str,
) -> Result<&'a str, StsError> {
    form.get(name).map(String::as_str).ok_or_else(|| StsError::validation(None, shown, "must not be null"))
}

/// What both ways to assume a role are told.
pub(super) struct Wanted<'a> {
    pub(super) role_arn: &'a str,
    pub(super) session_name: &'a str,
    pub(super) duration: i64,
    policies: Vec<Value>,
}

impl<'a> Wanted<'a> {
    pub(super) fn read(state: &State, form: &'a BTreeMap<String, String>) -> Result<Self, StsError> {
        let role_arn = needed(form, "RoleArn", "roleArn")?;
        let session_name = needed(form, "RoleSessionName", "roleSessionName")?;
        check_session_name(session_name)?;
        let duration = duration(form.get("DurationSeconds").map(String::as_str))?;
        if !role_arn.starts_with("arn:") {
            return Err(StsError::new(400, "ValidationError", format!("{role_arn} is invalid")));
        }
        Ok(Self { role_arn, session_name, duration, policies: session_policies(state, form)? })
    }

    pub(super) fn check_duration(&self, role: &Role) -> Result<(), StsError> {
        if self.duration <= role.max_session {
            return Ok(());
        }
        let message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        Err(StsError::new(400, "ValidationError", message))
    }

    pub(super) fn session(&self, role: &Role) -> Session {
        Session { policies: self.policies.clone(), ..new_session(role, self.session_name, self.duration) }
    }
}

/// The inline and the managed policies of a call.
fn session_policies(state: &State, form: &BTreeMap<String, String>) -> Result<Vec<Value>, StsError> {
    let mut policies = Vec::new();
    if let Some(text) = form.get("Policy") {
        if text.chars().count() > 2048 {
            return Err(StsError::validation(
                Some(text),
                "policy",
                "must have length less than or equal to 2048",
            ));
        }
        let policy: Value = serde_json::from_str(text)
            .map_err(|_| StsError::new(400, "MalformedPolicyDocument", "Syntax errors in policy."))?;
        policies.push(policy);
    }
    for index in 1..=10 {
        let Some(arn) = form.get(&format!("PolicyArns.member.{index}.arn")) else { break };
        let missing = || StsError::new(400, "MalformedPolicyDocument", format!("{arn} does not exist"));
        policies.push(state.managed_policy(arn).ok_or_else(missing)?);
    }
    Ok(policies)
}

fn check_session_name(name: &str) -> Result<(), StsError> {
    let parameter = "roleSessionName";
    if name.chars().count() < 2 {
        return Err(StsError::validation(
            Some(name),
            parameter,
            "must have length greater than or equal to 2",
        ));
    }
    if name.chars().count() > 64 {
        return Err(StsError::validation(Some(name), parameter, "must have length less than or equal to 64"));
    }
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c)) {
        let constraint = "must satisfy regular expression pattern: [\\w+=,.@-]*";
        return Err(StsError::validation(Some(name), parameter, constraint));
    }
    Ok(())
}

fn duration(text: Option<&str>) -> Result<i64, StsError> {
    let Some(text) = text else { return Ok(DEFAULT_DURATION) };
    let seconds: i64 = text.parse().unwrap_or(0);
    let bound = |side: &str, bound: i64| {
        Err(StsError::validation(
            Some(text),
            "durationSeconds",
            &format!("must have value {side} than or equal to {bound}"),
        ))
    };
    if seconds < *DURATION.start() {
        bound("greater", *DURATION.start())
    } else if seconds > *DURATION.end() {
        bound("less", *DURATION.end())
    } else {
        Ok(seconds)
    }
}

/// Checks that the token is from a provider of the account, for its audience, signed, and in its time.
fn verified_claims(state: &State, issuer: &str, token: &str) -> Result<Value, StsError> {
    let invalid = |message: &str| StsError::new(400, "InvalidIdentityToken", message);
    let not_a_jwt = || {
        invalid(
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
        )
    };
    let header = jsonwebtoken::decode_header(token).map_err(|_| not_a_jwt())?;
    let claims: Value = jsonwebtoken::dangerous::insecure_decode_claims(token).map_err(|_| not_a_jwt())?;
    let text = |name: &str| claims[name].as_str().unwrap_or_default();
    let Some(audiences) = state.provider_audiences().filter(|_| text("iss") == issuer) else {
        return Err(invalid(&format!("No OpenIDConnect provider found in your account for {}", text("iss"))));
    };
    if !audiences.iter().any(|audience| audience == first(&claims["aud"])) {
        return Err(invalid("Incorrect token audience"));
    }
    let keys = Keys::get().filter(|keys| header.kid.as_deref() == Some(keys.kid())).ok_or_else(|| {
        invalid(
            "Couldn't retrieve verification key from your identity provider,  please reference \
             AssumeRoleWithWebIdentity documentation for requirements",
        )
    })?;
    // Only the signature: audience and time have words of their own.
    let mut signature_only = Validation::new(Algorithm::RS256);
    signature_only.validate_aud = false;
    signature_only.validate_exp = false;
    jsonwebtoken::decode::<Value>(token, keys.verifying(), &signature_only).map_err(|_| {
        invalid(
            "The web identity token that was passed could not be validated by AWS. Get a new token from the \
             identity provider and then retry the request.",
        )
    })?;
    let (now, expires) = (now(), claims["exp"].as_i64().unwrap_or(0));
    if expires <= now {
        let message = format!(
            "Token expired: current date/time {now} must be before the expiration date/time {expires}"
        );
        return Err(StsError::new(400, "ExpiredTokenException", message));
    }
    Ok(claims)
}

pub(super) fn new_session(role: &Role, name: &str, duration: i64) -> Session {
    Session {
        access_key_id: format!("ASIA{}", random_hex(8).to_ascii_uppercase()),
        secret_access_key: format!("{}+/{}", random_hex(9), random_hex(10)),
        session_token: format!("IQoJb3JpZ2luX2Vj{}==", random_hex(160)),
        role_arn: role.arn.clone(),
        arn: format!("arn:aws:sts::{}:assumed-role/{}/{name}", role.account(), role.name()),
        user_id: format!("{}:{name}", role.id),
        expires: now() + duration,
        policies: Vec::new(),
        tags: BTreeMap::new(),
        transitive: Vec::new(),
    }
}
