//! Commits as Git objects (<https://docs.github.com/en/rest/git/commits>).

use model::{CommitSha, RepoSlug};
use serde::Deserialize;

use crate::{ApiError, GitHub, de, path};

/// A commit.
#[derive(Debug, Clone, Deserialize)]
pub struct Commit {
    /// Its parents, in order.
    #[serde(default)]
    pub parents: Vec<Parent>,
    /// Its whole message.
    #[serde(default)]
    pub message: String,
    /// What GitHub thinks of its signature; none if it does not say.
    #[serde(default)]
    pub verification: Option<Verification>,
    /// Who wrote it.
    pub author: Option<Signature>,
}

/// Whether a commit is shown as *Verified*.
#[derive(Debug, Clone, Deserialize)]
pub struct Verification {
    /// Whether it is.
    pub verified: bool,
}

/// Who did something to a commit, and when.
#[derive(Debug, Clone, Deserialize)]
pub struct Signature {
    /// The name.
    #[serde(default)]
    pub name: String,
    /// The address.
    #[serde(default)]
    pub email: String,
    /// RFC 3339.
    #[serde(default)]
    pub date: String,
}

/// A commit's parent.
#[derive(Debug, Clone, Deserialize)]
pub struct Parent {
    /// Its id.
    #[serde(deserialize_with = "de::parsed")]
    pub sha: CommitSha,
}

/// Reads a commit. Needs `contents: read`.
pub async fn get(github: &GitHub, repository: &RepoSlug, sha: &CommitSha) -> Result<Commit, ApiError> {
    github.read(&path::repo(repository, &format!("/git/commits/{sha}"))).await?.decode()
}
