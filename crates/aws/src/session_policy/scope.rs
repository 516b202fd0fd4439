//! Repositories, and what is done with each.

use std::{fmt, str::FromStr};

use model::ParseError;

use super::{LONGEST_POLICY, generated};

/// What is done with a repository; each one includes [`Access::Pull`], and the others [`Access::Push`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// Images are read.
    Pull,
    /// Images are read and written.
    Push,
    /// Images are copied here by digest: written, and listed with all tags.
    Promote,
    /// The repository is made if it is missing, and images are written.
    Create,
}

impl Access {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Pull, Self::Push, Self::Promote, Self::Create];

    /// Returns ECR's actions for it, without `ecr:` (service authorization reference of Amazon ECR).
    pub(super) fn actions(self) -> Vec<&'static str> {
        const PULL: &[&str] =
            &["BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer", "ListImageReferrers"];
        const PUSH: &[&str] = &["CompleteLayerUpload", "InitiateLayerUpload", "PutImage", "UploadLayerPart"];
        const PROMOTE: &[&str] = &["DescribeImages", "ListImages"];
        const CREATE: &[&str] = &["CreateRepository"];
        let parts: &[&[&'static str]] = match self {
            Self::Pull => &[PULL],
            Self::Push => &[PULL, PUSH],
            Self::Promote => &[PULL, PUSH, PROMOTE],
            Self::Create => &[PULL, PUSH, CREATE],
        };
        parts.concat()
    }
}

impl FromStr for Access {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text {
            "pull" => Ok(Self::Pull),
            "push" => Ok(Self::Push),
            "promote" => Ok(Self::Promote),
            "create" => Ok(Self::Create),
            _ => Err(ParseError::new("an access", text, "`pull`, `push`, `promote` or `create`")),
        }
    }
}

/// The name of a repository, in which `*` is any text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RepositoryName(String);

impl RepositoryName {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RepositoryName {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-/*".contains(c);
        if (1..=256).contains(&text.len()) && text.chars().all(allowed) && !text.starts_with('/') {
            return Ok(Self(text.to_owned()));
        }
        Err(ParseError::new(
            "a repository's name",
            text,
            "lower case letters, digits, `.`, `_`, `-`, `/`, and `*` for any text; no host and no tag",
        ))
    }
}

impl fmt::Display for RepositoryName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What a session is for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// Repositories, each with what is done with it.
    pub repositories: Vec<(RepositoryName, Access)>,
    /// Whether the public gallery is signed in to as well.
    pub public: bool,
}

impl Scope {
    /// Returns the policy: what was asked for, and the right to ask for a registry token. One that is longer than STS
    /// takes has its names collapsed to their common prefixes; the names of prefixes that it then has come with it.
    ///
    /// The error says why it cannot be made short enough.
    pub fn policy(&self, partition: &str) -> Result<(String, Vec<String>), String> {
        generated::policy(self, partition).ok_or_else(|| {
            format!(
                "make a session policy of more than {LONGEST_POLICY} characters, and have too few prefixes in common to \
                 shorten it: name them by patterns such as `team/*`"
            )
        })
    }
}
