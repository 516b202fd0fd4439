//! When a branch got a commit, by the server's own clock
//! (<https://docs.github.com/en/rest/repos/repos#list-repository-activities>). A commit's dates are its author's word.

use model::{CommitSha, RepoSlug};
use serde::Deserialize;

use crate::{ApiError, GitHub, de, path};

#[derive(Deserialize)]
struct Activity {
    #[serde(default, deserialize_with = "de::maybe")]
    after: Option<CommitSha>,
    #[serde(default)]
    timestamp: String,
}

/// Returns when `branch` was last moved to `sha`, RFC 3339; `None` if the server does not know (any more).
/// Needs `contents: read`.
pub async fn pushed_at(
    github: &GitHub,
    repository: &RepoSlug,
    branch: &str,
    sha: &CommitSha,
) -> Result<Option<String>, ApiError> {
    let query = format!("/activity?per_page=100&ref={}", path::part(&format!("refs/heads/{branch}")));
    let activities: Vec<Activity> = match github.read(&path::repo(repository, &query)).await {
        Ok(reply) => reply.decode()?,
        // GitHub Enterprise Server before 3.9 has no activities.
        Err(error) if error.status() == Some(404) => return Ok(None),
        Err(error) => return Err(error),
    };
    // Newest first.
    let last = activities.into_iter().find(|activity| activity.after.as_ref() == Some(sha));
    Ok(last.map(|activity| activity.timestamp).filter(|timestamp| !timestamp.is_empty()))
}
