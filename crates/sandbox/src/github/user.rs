//! Accounts and roles.

use serde::{Deserialize, Serialize};

/// A person, an App or an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The login.
    pub login: String,
    /// The number.
    pub id: u64,
    /// `User`, `Bot` or `Organization`.
    pub kind: &'static str,
}

/// The number of `github-actions[bot]` on github.com; its e-mail address contains it.
const ACTIONS_BOT: u64 = 41_898_282;

impl User {
    pub(crate) fn new(login: &str, kind: &'static str, id: u64) -> Self {
        let id = if login == "github-actions[bot]" { ACTIONS_BOT } else { id };
        Self { login: login.to_owned(), id, kind }
    }

    /// Returns the address that commits made over the API carry.
    pub fn email(&self) -> String {
        format!("{}+{}@users.noreply.github.com", self.id, self.login)
    }
}

/// A collaborator's role in one repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Pull.
    Read,
    /// Pull, and manage issues and pull requests.
    Triage,
    /// Push.
    Write,
    /// Push, and manage the repository without destructive settings.
    Maintain,
    /// Everything.
    Admin,
}

impl Role {
    /// `role_name` of the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Triage => "triage",
            Self::Write => "write",
            Self::Maintain => "maintain",
            Self::Admin => "admin",
        }
    }

    /// `permission` of the API, which knows no `triage` and no `maintain`: it maps them down.
    pub fn legacy_name(self) -> &'static str {
        match self {
            Self::Read | Self::Triage => "read",
            Self::Write | Self::Maintain => "write",
            Self::Admin => "admin",
        }
    }
}
