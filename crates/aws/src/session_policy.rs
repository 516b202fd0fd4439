//! What a session is narrowed down to: policies that were given, or one that is made of repositories.
//!
//! A session may do what its role's policies allow and its session policies allow as well, so that a policy here can
//! never give more than the role has.

mod generated;
mod scope;

use serde::{Deserialize, Serialize};

pub use self::scope::{Access, RepositoryName, Scope};

/// The longest inline policy that STS takes, in characters (API reference of `AssumeRole`, `Policy`).
pub const LONGEST_POLICY: usize = 2048;
/// The most managed policies that STS takes.
pub const MOST_MANAGED: usize = 10;

/// The session policies of one session; none leaves it what the role has.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SessionPolicy {
    /// A policy document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inline: Option<String>,
    /// ARNs of managed policies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub managed: Vec<String>,
}

impl SessionPolicy {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.inline.is_none() && self.managed.is_empty()
    }
}
