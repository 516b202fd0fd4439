//! Commits as Git objects (<https://docs.github.com/en/rest/git/commits>).

use model::{CommitSha, RepoSlug};
use serde::Deserialize;

use crate::{ApiError, GitHub, de, path};

#[derive(Deserialize)]
struct Commit {
    #[serde(default)]
    parents: Vec<Parent>,
}

#[derive(Deserialize)]
struct Parent {
    #[serde(deserialize_with = "de::parsed")]
    sha: CommitSha,
}

/// Reads a commit's parents, in order. Needs `contents: read`.
pub async fn parents(
    github: &GitHub,
    repository: &RepoSlug,
    sha: &CommitSha,
) -> Result<Vec<CommitSha>, ApiError> {
    let commit: Commit =
        github.read(&path::repo(repository, &format!("/git/commits/{sha}"))).await?.decode()?;
    Ok(commit.parents.into_iter().map(|parent| parent.sha).collect())
}
