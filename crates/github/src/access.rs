//! What a person may do in a repository (<https://docs.github.com/en/rest/collaborators/collaborators>).

use std::{fmt, str::FromStr};

use model::{ParseError, RepoSlug};
use serde::Deserialize;

use crate::{ApiError, GitHub, path};

/// The levels of access, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// None.
    None,
    /// May read.
    Read,
    /// May label and close as well.
    Triage,
    /// May push as well.
    Write,
    /// May change most settings as well.
    Maintain,
    /// May do everything.
    Admin,
}

impl Access {
    /// Returns the word that GitHub uses in `role_name`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Triage => "triage",
            Self::Write => "write",
            Self::Maintain => "maintain",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Access {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        [Self::None, Self::Read, Self::Triage, Self::Write, Self::Maintain, Self::Admin]
            .into_iter()
            .find(|access| access.as_str() == text)
            .ok_or_else(|| {
                ParseError::new("a level of access", text, "`read`, `triage`, `write`, `maintain` or `admin`")
            })
    }
}

#[derive(Deserialize)]
struct Reply {
    #[serde(default)]
    permission: String,
    #[serde(default)]
    role_name: String,
    #[serde(default)]
    user: Option<User>,
}

#[derive(Deserialize)]
struct User {
    #[serde(default)]
    permissions: Option<Flags>,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Flags {
    admin: bool,
    maintain: bool,
    push: bool,
    triage: bool,
    pull: bool,
}

/// Reads a person's access; someone who is no collaborator, or no person, has none. Needs `metadata: read`.
pub async fn of(github: &GitHub, repository: &RepoSlug, login: &str) -> Result<Access, ApiError> {
    let route = path::repo(repository, &format!("/collaborators/{}/permission", path::part(login)));
    match github.read(&route).await {
        Ok(reply) => Ok(level(&reply.decode()?)),
        Err(error) if error.status() == Some(404) => Ok(Access::None),
        Err(error) => Err(error),
    }
}

/// `permission` knows four levels only (maintain counts as write there, triage as read), and `role_name` may be an
/// organization's own; the flags are exact, so that they count where they are sent.
fn level(reply: &Reply) -> Access {
    if let Some(flags) = reply.user.as_ref().and_then(|user| user.permissions.as_ref()) {
        let levels = [
            (flags.admin, Access::Admin),
            (flags.maintain, Access::Maintain),
            (flags.push, Access::Write),
            (flags.triage, Access::Triage),
            (flags.pull, Access::Read),
        ];
        return levels.into_iter().find(|(has, _)| *has).map_or(Access::None, |(_, access)| access);
    }
    reply.role_name.parse().or_else(|_| reply.permission.parse()).unwrap_or(Access::None)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_flags_are_more_exact_than_the_words() {
        let flags = json!({ "pull": true, "triage": true, "push": false });
        let reply =
            json!({ "permission": "read", "role_name": "release-manager", "user": { "permissions": flags } });
        assert_eq!(level(&serde_json::from_value(reply).unwrap()), Access::Triage);
    }

    #[test]
    fn without_flags_the_role_counts_and_then_the_permission() {
        for (reply, access) in [
            (json!({ "permission": "write", "role_name": "maintain" }), Access::Maintain),
            (json!({ "permission": "write", "role_name": "our-own-role" }), Access::Write),
            (json!({ "permission": "none" }), Access::None),
            (json!({}), Access::None),
        ] {
            assert_eq!(level(&serde_json::from_value(reply.clone()).unwrap()), access, "{reply}");
        }
        assert!(Access::Maintain > Access::Write && Access::Triage < Access::Write);
    }
}
