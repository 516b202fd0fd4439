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
    /// The commit that `merged` made, or that the event is about.
    #[serde(default, deserialize_with = "de::maybe")]
    pub commit_id: Option<CommitSha>,
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

/// The commit as which the pull request was merged, by its timeline; none if it was not.
pub fn merged_as(timeline: &[TimelineEvent]) -> Option<&CommitSha> {
    timeline.iter().rev().find(|entry| entry.event == "merged")?.commit_id.as_ref()
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

/// A comment (<https://docs.github.com/en/rest/issues/comments>).
#[derive(Debug, Clone, Deserialize)]
pub struct Comment {
    /// The number by which it is changed.
    pub id: u64,
    /// The text, Markdown.
    #[serde(default, deserialize_with = "de::or_default")]
    pub body: String,
    /// Who wrote it; null if the account is gone.
    #[serde(default)]
    pub user: Option<Account>,
}

/// Lists the comments, oldest first. Needs `pull-requests: read`
/// (<https://docs.github.com/en/rest/issues/comments#list-issue-comments>).
pub async fn comments(github: &GitHub, repository: &RepoSlug, number: u64) -> Result<Vec<Comment>, ApiError> {
    pages::all(github, &path::repo(repository, &format!("/issues/{number}/comments"))).await
}

/// Adds a comment. Needs `pull-requests: write`
/// (<https://docs.github.com/en/rest/issues/comments#create-an-issue-comment>).
pub async fn comment(
    github: &GitHub,
    repository: &RepoSlug,
    number: u64,
    text: &str,
) -> Result<Comment, ApiError> {
    let route = path::repo(repository, &format!("/issues/{number}/comments"));
    github.send(Method::POST, &route, Some(json!({ "body": text }))).await?.decode()
}

/// Writes a comment anew; sent twice, it changes nothing more. Needs `pull-requests: write`
/// (<https://docs.github.com/en/rest/issues/comments#update-an-issue-comment>).
pub async fn update_comment(
    github: &GitHub,
    repository: &RepoSlug,
    id: u64,
    text: &str,
) -> Result<Comment, ApiError> {
    let route = path::repo(repository, &format!("/issues/comments/{id}"));
    github.send_harmless(Method::PATCH, &route, &json!({ "body": text })).await?.decode()
}

/// Deletes a comment; one that is gone is no error. Needs `pull-requests: write`
/// (<https://docs.github.com/en/rest/issues/comments#delete-an-issue-comment>).
pub async fn delete_comment(github: &GitHub, repository: &RepoSlug, id: u64) -> Result<(), ApiError> {
    let route = path::repo(repository, &format!("/issues/comments/{id}"));
    match github.send(Method::DELETE, &route, None).await {
        Err(error) if error.status() != Some(404) => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_merge_counts_and_closing_is_none() {
        let entry = |event: &str, sha: &str| json!({ "event": event, "commit_id": sha.repeat(40) });
        let timeline: Vec<TimelineEvent> = serde_json::from_value(json!([
            entry("merged", "a"),
            { "event": "reopened", "commit_id": null },
            entry("merged", "b"),
            entry("closed", "c"),
        ]))
        .unwrap();
        assert_eq!(merged_as(&timeline).unwrap().as_str(), "b".repeat(40));
        assert_eq!(merged_as(&timeline[1..2]), None);
    }
}
