//! STS, and as much of IAM as it needs: roles with trust policies, the account's OIDC provider, sessions.

mod agent;
mod assume;
mod chain;
mod grants;
mod policy;
mod reply;
mod routes;
pub(crate) mod sigv4;
#[cfg(test)]
mod tests;
pub(crate) mod time;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use axum::Router;
use serde_json::Value;

pub use self::{grants::Grants, reply::StsError};
use crate::{World, faults, oidc::random_hex, record};

/// The account that everything in the sandbox belongs to.
pub const ACCOUNT: &str = "123456789012";

/// A role that can be assumed.
#[derive(Debug, Clone)]
pub struct Role {
    /// `arn:aws:iam::ACCOUNT:role/NAME`.
    pub arn: String,
    /// The trust policy, as JSON.
    pub trust_policy: Value,
    /// The longest session, in seconds.
    pub max_session: i64,
    /// Actions that its permissions do not include.
    pub denied: BTreeSet<String>,
    /// The repositories that its permissions name; all of them if none are given.
    pub grants: Option<Grants>,
    id: String,
}

impl Role {
    /// Returns the account of its ARN.
    pub fn account(&self) -> &str {
        self.arn.split(':').nth(4).unwrap_or_default()
    }

    /// Returns its name without the path.
    pub fn name(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or_default()
    }
}

/// Keys that were issued.
#[derive(Debug, Clone)]
pub struct Session {
    /// `ASIA…`.
    pub access_key_id: String,
    /// The secret key.
    pub secret_access_key: String,
    /// The session token.
    pub session_token: String,
    /// The role that was assumed.
    pub role_arn: String,
    /// `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`.
    pub arn: String,
    /// `AROA…:SESSION`.
    pub user_id: String,
    /// When it ends, in seconds since 1970.
    pub expires: i64,
    /// The policies that it is narrowed down to; none if it may do what its role may.
    pub policies: Vec<Value>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The keys of the tags that are passed on.
    pub transitive: Vec<String>,
}

impl Session {
    /// Whether its own policies leave it `action` on `resource`: one of them has to allow it.
    fn may(&self, action: &str, resource: &str) -> bool {
        self.policies.is_empty()
            || self.policies.iter().any(|policy| policy::permits(policy, action, resource))
    }
}

/// Roles, sessions, and the account's OIDC provider.
#[derive(Debug)]
pub struct State {
    roles: Mutex<BTreeMap<String, Role>>,
    sessions: Mutex<BTreeMap<String, Session>>,
    /// The audiences of the account's provider for GitHub; none if there is no provider.
    provider: Mutex<Option<Vec<String>>>,
    managed: Mutex<BTreeMap<String, Value>>,
    pods: Mutex<BTreeMap<String, String>>,
}

impl State {
    pub(crate) fn new() -> Self {
        Self {
            roles: Mutex::default(),
            sessions: Mutex::default(),
            provider: Mutex::new(Some(vec!["sts.amazonaws.com".to_owned()])),
            managed: Mutex::default(),
            pods: Mutex::default(),
        }
    }

    /// Adds a role, or replaces it. In the policy `token.actions.githubusercontent.com` means the sandbox's own
    /// issuer, so that policies hold here as they are written for AWS.
    pub fn add_role(&self, arn: &str, trust_policy: Value) {
        let role = Role {
            arn: arn.to_owned(),
            trust_policy,
            max_session: 3600,
            denied: BTreeSet::new(),
            grants: None,
            id: format!("AROA{}", random_hex(9).to_ascii_uppercase()),
        };
        faults::lock(&self.roles).insert(arn.to_owned(), role);
    }

    /// Adds a role that every job of `repository` may assume.
    pub fn add_role_for(&self, arn: &str, repository: &str) {
        let account = arn.split(':').nth(4).unwrap_or(ACCOUNT);
        let issuer = "token.actions.githubusercontent.com";
        self.add_role(
            arn,
            serde_json::json!({ "Version": "2012-10-17", "Statement": [{
                "Effect": "Allow",
                "Principal": { "Federated": format!("arn:aws:iam::{account}:oidc-provider/{issuer}") },
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": { format!("{issuer}:aud"): "sts.amazonaws.com" },
                    "StringLike": { format!("{issuer}:sub"): format!("repo:{repository}:*") },
                },
            }] }),
        );
    }

    /// Adds a role that the sessions of `principal`, a role or an account, may assume with `external_id`.
    pub fn add_role_for_keys(&self, arn: &str, principal: &str, external_id: &str) {
        self.add_role(
            arn,
            serde_json::json!({ "Version": "2012-10-17", "Statement": [{
                "Effect": "Allow",
                "Principal": { "AWS": principal },
                "Action": ["sts:AssumeRole", "sts:TagSession"],
                "Condition": { "StringEquals": { "sts:ExternalId": external_id } },
            }] }),
        );
    }

    /// Adds a managed policy.
    pub fn add_managed_policy(&self, arn: &str, document: Value) {
        faults::lock(&self.managed).insert(arn.to_owned(), document);
    }

    fn managed_policy(&self, arn: &str) -> Option<Value> {
        faults::lock(&self.managed).get(arn).cloned()
    }

    /// Associates the pod whose token this is with a role, for the agent at `/v1/credentials`.
    pub fn add_pod(&self, token: &str, role_arn: &str) {
        faults::lock(&self.pods).insert(token.to_owned(), role_arn.to_owned());
    }

    fn pod(&self, token: &str) -> Option<String> {
        faults::lock(&self.pods).get(token).cloned()
    }

    /// Takes `action` (`ecr:GetAuthorizationToken`) out of a role's permissions.
    pub fn deny(&self, arn: &str, action: &str) {
        if let Some(role) = faults::lock(&self.roles).get_mut(arn) {
            role.denied.insert(action.to_owned());
        }
    }

    /// Limits a role to these repositories.
    pub fn grant(&self, arn: &str, grants: Grants) {
        if let Some(role) = faults::lock(&self.roles).get_mut(arn) {
            role.grants = Some(grants);
        }
    }

    /// Sets how long a role's sessions may be, in seconds.
    pub fn set_max_session(&self, arn: &str, seconds: i64) {
        if let Some(role) = faults::lock(&self.roles).get_mut(arn) {
            role.max_session = seconds;
        }
    }

    /// Sets the audiences of the account's OIDC provider; none removes the provider.
    pub fn set_provider(&self, audiences: Option<Vec<String>>) {
        *faults::lock(&self.provider) = audiences;
    }

    /// Starts a session of a role without a call, for tests of what the role may do; `None` if there is no such role.
    pub fn start_session(&self, arn: &str, name: &str) -> Option<Session> {
        let session = assume::new_session(&self.role(arn)?, name, 3600);
        self.keep(session.clone());
        Some(session)
    }

    /// Returns the session with this access key, whether it is over or not.
    pub fn session(&self, access_key_id: &str) -> Option<Session> {
        faults::lock(&self.sessions).get(access_key_id).cloned()
    }

    /// Returns every session that was issued.
    pub fn sessions(&self) -> Vec<Session> {
        faults::lock(&self.sessions).values().cloned().collect()
    }

    /// Whether the permissions of the session include `action`: on no resource in particular, or on some.
    pub fn allows(&self, session: &Session, action: &str) -> bool {
        let is_for_none = action.ends_with("Token");
        let is_named = || session.policies.iter().any(|policy| policy::names(policy, action));
        self.role_allows(session, action) && (session.may(action, "*") || (!is_for_none && is_named()))
    }

    fn role_allows(&self, session: &Session, action: &str) -> bool {
        self.role(&session.role_arn).is_some_and(|role| !role.denied.contains(action))
    }

    /// The same for an action on one repository of the registry.
    pub fn allows_on(&self, session: &Session, action: &str, repository: &str) -> bool {
        let role = self.role(&session.role_arn);
        let resource = format!("arn:aws:ecr:{}:{ACCOUNT}:repository/{repository}", crate::registry::REGION);
        self.role_allows(session, action)
            && session.may(action, &resource)
            && role.is_some_and(|role| role.grants.is_none_or(|grants| grants.allow(action, repository)))
    }

    fn role(&self, arn: &str) -> Option<Role> {
        faults::lock(&self.roles).get(arn).cloned()
    }

    fn provider_audiences(&self) -> Option<Vec<String>> {
        faults::lock(&self.provider).clone()
    }

    fn keep(&self, session: Session) {
        faults::lock(&self.sessions).insert(session.access_key_id.clone(), session);
    }
}

pub(crate) fn router(world: Arc<World>) -> Router {
    record::aws::layer(routes::router(world), "sts")
}
