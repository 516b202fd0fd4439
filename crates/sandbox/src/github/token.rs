//! Tokens and what they may do.

use std::collections::BTreeMap;

use rand::{Rng as _, distributions::Alphanumeric};

/// What a permission allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Look.
    Read,
    /// Look and change.
    Write,
}

impl Access {
    /// Reads `read` or `write`; `admin` counts as `write`, anything else (`none`) as nothing.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "read" => Some(Self::Read),
            "write" | "admin" => Some(Self::Write),
            _ => None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// What a token is made from.
#[derive(Debug, Clone, Default)]
pub struct TokenSpec {
    /// Whose token it is. A login that ends with `[bot]` is an App's installation (`github-actions[bot]` for
    /// a `GITHUB_TOKEN`); any other is a person's fine-grained token, which never exceeds the person's role.
    pub login: String,
    /// Permissions, such as `contents: write`; hyphens and underscores are the same. `metadata: read` is
    /// always there.
    pub permissions: BTreeMap<String, String>,
    /// The repositories (`OWNER/NAME`) that it reaches; all of the owner's when empty.
    pub repositories: Vec<String>,
}

impl TokenSpec {
    /// A token of `login` for every repository with `permissions`, given as pairs.
    pub fn new(login: &str, permissions: &[(&str, &str)]) -> Self {
        Self {
            login: login.to_owned(),
            permissions: permissions
                .iter()
                .map(|(name, access)| (name.to_string(), access.to_string()))
                .collect(),
            repositories: Vec::new(),
        }
    }

    /// Limits it to these repositories.
    #[must_use]
    pub fn only(mut self, repositories: &[&str]) -> Self {
        self.repositories = repositories.iter().map(ToString::to_string).collect();
        self
    }
}

/// A token that was issued.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) login: String,
    /// True for the `GITHUB_TOKEN` of a run: what it does starts no workflow.
    pub(crate) of_a_run: bool,
    /// Seconds since 1970; none for a token that somebody keeps.
    pub(crate) expires_at: Option<u64>,
    permissions: BTreeMap<String, Access>,
    repositories: Vec<String>,
}

impl Token {
    pub(crate) fn new(spec: &TokenSpec, of_a_run: bool) -> Self {
        let mut permissions: BTreeMap<String, Access> = spec
            .permissions
            .iter()
            .filter_map(|(name, access)| Some((name.replace('-', "_"), Access::parse(access)?)))
            .collect();
        permissions.entry("metadata".to_owned()).or_insert(Access::Read);
        let repositories = spec.repositories.iter().map(|slug| slug.to_lowercase()).collect();
        Self { login: spec.login.clone(), of_a_run, expires_at: None, permissions, repositories }
    }

    /// Lets it expire.
    pub(crate) fn until(mut self, seconds: u64) -> Self {
        self.expires_at = Some(seconds);
        self
    }

    /// The repositories that it is limited to.
    pub(crate) fn slugs(&self) -> Vec<String> {
        self.repositories.clone()
    }

    /// Tells an App's token from a person's.
    pub(crate) fn is_app(&self) -> bool {
        self.login.ends_with("[bot]")
    }

    pub(crate) fn reaches(&self, slug: &str) -> bool {
        self.repositories.is_empty() || self.repositories.iter().any(|one| one.eq_ignore_ascii_case(slug))
    }

    pub(crate) fn allows(&self, permission: &str, access: Access) -> bool {
        self.permissions.get(permission).is_some_and(|have| *have >= access)
    }
}

/// Makes a token's text: GitHub's prefix and 36 letters or digits.
pub(crate) fn text(prefix: &str) -> String {
    let random: String = rand::thread_rng().sample_iter(&Alphanumeric).take(36).map(char::from).collect();
    format!("{prefix}_{random}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_allows_what_its_permissions_say_and_metadata() {
        let token = Token::new(
            &TokenSpec::new("github-actions[bot]", &[("pull-requests", "write"), ("contents", "read")]),
            true,
        );
        assert!(token.allows("pull_requests", Access::Write));
        assert!(token.allows("pull_requests", Access::Read));
        assert!(!token.allows("contents", Access::Write));
        assert!(token.allows("metadata", Access::Read));
        assert!(!token.allows("issues", Access::Read));
        assert!(token.is_app());
    }

    #[test]
    fn an_empty_list_of_repositories_is_all() {
        assert!(Token::new(&TokenSpec::new("alice", &[]), false).reaches("org/any"));
        let one = Token::new(&TokenSpec::new("alice", &[]).only(&["Org/One"]), false);
        assert!(one.reaches("org/one"));
        assert!(!one.reaches("org/two"));
    }
}
