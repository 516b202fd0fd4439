//! What pull requests share with issues: timeline, labels, comments
//! (<https://docs.github.com/en/rest/issues/timeline>).

use http::Method;
use model::{CommitSha, RepoSlug};
use serde::Deserialize;
use serde_json::json;

use crate::{
    ApiError, GitHub, de, pages, path,
    pulls::{Account, Label},
};

/// An entry of a timeline, as far as we look at it.
#[derive(Debug, Clone, Deserialize)]
pub struct TimelineEvent {
    /// `labeled`, `unlabeled`, `committed`, `head_ref_force_pushed`, …
    #[serde(default)]
    pub event: String,
    /// Who did it; a commit has none.
    #[serde(default)]
    pub actor: Option<Account>,
    /// The label that was put or taken.
    #[serde(default)]
    pub label: Option<Label>,
    /// The commit of `committed`.
    #[serde(default, deserialize_with = "de::maybe")]
    pub sha: Option<CommitSha>,
    /// When, RFC 3339; a commit has none.
    #[serde(default)]
    pub created_at: Option<String>,
}

/// Lists the timeline, oldest first. Needs `pull-requests: read`.
pub async fn timeline(
    github: &GitHub,
    repository: &RepoSlug,
    number: u64,
) -> Result<Vec<TimelineEvent>, ApiError> {
    pages::all(github, &path::repo(repository, &format!("/issues/{number}/timeline"))).await
}

/// Takes a label away; one that is not there is no error. Needs `pull-requests: write`.
pub async fn remove_label(
    github: &GitHub,
    repository: &RepoSlug,
    number: u64,
    label: &str,
) -> Result<(), ApiError> {
    let route = path::repo(repository, &format!("/issues/{number}/labels/{}", path::part(label)));
    match github.send(Method::DELETE, &route, None).await {
        Err(error) if error.status() != Some(404) => Err(error),
        _ => Ok(()),
    }
}

/// Puts labels. Needs `pull-requests: write`.
pub async fn add_labels(
    github: &GitHub,
    repository: &RepoSlug,
    number: u64,
    labels: &[&str],
) -> Result<(), ApiError> {
    let route = path::repo(repository, &format!("/issues/{number}/labels"));
    github.send(Method::POST, &route, Some(json!({ "labels": labels }))).await.map(drop)
}

/// Adds a comment. Needs `pull-requests: write`.
pub async fn comment(
    github: &GitHub,
    repository: &RepoSlug,
    number: u64,
    text: &str,
) -> Result<(), ApiError> {
    let route = path::repo(repository, &format!("/issues/{number}/comments"));
    github.send(Method::POST, &route, Some(json!({ "body": text }))).await.map(drop)
}
