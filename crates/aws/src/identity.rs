//! As whom AWS is called: a description without a secret, from which a session can be opened again at any time.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{AccountId, RoleArn, SessionName, SessionPolicy};

/// The longest session of a role that was assumed with the keys of another role
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining>).
pub const CHAINED_SECONDS: i32 = 3600;

/// Where the first keys come from, and the roles that are assumed from there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Where the first keys come from.
    pub source: Source,
    /// Roles that are assumed one after the other, each with the keys of the one before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<RoleStep>,
    /// The name of every session that is opened.
    pub session_name: SessionName,
    /// How long a session lasts; chained ones last at most [`CHAINED_SECONDS`].
    pub duration_seconds: i32,
    /// What the last session is narrowed down to.
    #[serde(default, skip_serializing_if = "SessionPolicy::is_empty")]
    pub policy: SessionPolicy,
}

/// Where the first keys come from. Secrets are read when they are needed, so that none is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Source {
    /// A role, assumed with the OIDC token of the workflow's job.
    Oidc {
        /// The role.
        role: RoleArn,
        /// The audience that the token is made for.
        audience: String,
    },
    /// A role, assumed with the token in a file: IAM roles for service accounts (IRSA) of EKS.
    WebIdentity {
        /// The role.
        role: RoleArn,
        /// The file, which the cluster renews.
        token_file: PathBuf,
    },
    /// The keys that an agent beside the container gives: EKS Pod Identity, ECS.
    Container,
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`.
    Env,
    /// AWS's default chain, profiles and the instance's metadata included.
    Chain,
}

/// A role that is assumed with keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleStep {
    /// The role.
    pub role: RoleArn,
    /// What the trust policy may ask for as `sts:ExternalId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Tags of the session.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<(String, String)>,
    /// The tags that the sessions opened from this one have as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transitive_tag_keys: Vec<String>,
}

impl RoleStep {
    /// A step without anything but the role.
    pub fn plain(role: RoleArn) -> Self {
        Self { role, external_id: None, tags: Vec::new(), transitive_tag_keys: Vec::new() }
    }
}

impl Identity {
    /// Returns the role whose session the calls are made with; none for keys that are used as they are.
    pub fn role(&self) -> Option<&RoleArn> {
        self.chain.last().map(|step| &step.role).or(match &self.source {
            Source::Oidc { role, .. } | Source::WebIdentity { role, .. } => Some(role),
            Source::Container | Source::Env | Source::Chain => None,
        })
    }

    /// Returns the account of that role.
    pub fn account(&self) -> Option<&AccountId> {
        self.role().map(RoleArn::account)
    }

    /// The same identity, but with `step` at the end of its chain.
    #[must_use]
    pub fn then(mut self, step: RoleStep) -> Self {
        self.chain.push(step);
        self
    }

    /// Returns every account that is named.
    pub fn accounts(&self) -> Vec<&AccountId> {
        let first = match &self.source {
            Source::Oidc { role, .. } | Source::WebIdentity { role, .. } => Some(role),
            Source::Container | Source::Env | Source::Chain => None,
        };
        first.into_iter().chain(self.chain.iter().map(|step| &step.role)).map(RoleArn::account).collect()
    }

    /// Returns how long the session of a step lasts: of the first one as long as was asked for, of later ones capped.
    pub fn seconds(&self, is_chained: bool) -> i32 {
        if is_chained { self.duration_seconds.min(CHAINED_SECONDS) } else { self.duration_seconds }
    }
}
