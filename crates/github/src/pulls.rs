//! Pull requests (<https://docs.github.com/en/rest/pulls/pulls>).

mod update_branch;

use http::Method;
use model::{Branch, CommitSha, RepoSlug};
use serde::Deserialize;
use serde_json::json;

use crate::{ApiError, GitHub, de, pages, path};
pub use update_branch::{UpdateBranchError, update_branch};

/// A pull request, as far as we look at it. Needs `pull-requests: read`, as do all reads in here.
#[derive(Debug, Clone, Deserialize)]
pub struct PullRequest {
    /// The number.
    pub number: u64,
    /// How many comments it has; a listing does not say.
    #[serde(default)]
    pub comments: Option<u64>,
    /// How many files it changes; a listing does not say.
    #[serde(default)]
    pub changed_files: Option<u64>,
    /// The id that GraphQL's mutations take.
    #[serde(default)]
    pub node_id: String,
    /// `open` or `closed`.
    pub state: String,
    /// Whether it is a draft.
    #[serde(default)]
    pub draft: bool,
    /// Whether it was merged; lists do not have it.
    #[serde(default)]
    pub merged: bool,
    /// Whether it can be merged without a conflict; null while GitHub computes it, which a read starts.
    #[serde(default)]
    pub mergeable: Option<bool>,
    /// `clean`, `unstable`, `has_hooks`, `behind`, `blocked`, `dirty`, `draft` or `unknown`.
    #[serde(default, deserialize_with = "de::or_default")]
    pub mergeable_state: String,
    /// What is merged.
    pub head: Side,
    /// What it is merged into.
    pub base: Side,
    /// The labels that it has.
    #[serde(default)]
    pub labels: Vec<Label>,
    /// The author; null if the account is gone.
    #[serde(default)]
    pub user: Option<Account>,
    /// The title.
    #[serde(default)]
    pub title: String,
    /// The description; null if there is none.
    #[serde(default, deserialize_with = "de::or_default")]
    pub body: String,
    /// When it was changed last, RFC 3339.
    #[serde(default, deserialize_with = "de::or_default")]
    pub updated_at: String,
    /// Who merged it; null if nobody has.
    #[serde(default)]
    pub merged_by: Option<Account>,
    /// The page.
    #[serde(default)]
    pub html_url: String,
}

/// One side of a pull request.
#[derive(Debug, Clone, Deserialize)]
pub struct Side {
    /// The branch, without `refs/heads/`.
    #[serde(rename = "ref")]
    pub branch: String,
    /// The commit. The base's is from when GitHub last looked, not always the branch's tip.
    #[serde(deserialize_with = "de::parsed")]
    pub sha: CommitSha,
    /// The repository; null if a fork was deleted.
    #[serde(default)]
    pub repo: Option<SideRepository>,
}

/// The repository of a side.
#[derive(Debug, Clone, Deserialize)]
pub struct SideRepository {
    /// `owner/name`.
    pub full_name: String,
    /// The id that GraphQL's mutations take.
    #[serde(default)]
    pub node_id: String,
    /// The default branch.
    #[serde(default)]
    pub default_branch: Option<String>,
}

/// A label.
#[derive(Debug, Clone, Deserialize)]
pub struct Label {
    /// The name.
    pub name: String,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Account {
    /// The number, which stays when the login changes.
    #[serde(default)]
    pub id: Option<u64>,
    /// The login.
    pub login: String,
    /// `User`, `Bot`, `Organization` or `Mannequin`; not every reply has it.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
}

impl Account {
    /// Whether it is the same one, by its number where both have one: a login can be changed between two replies.
    pub fn is_same_as(&self, other: &Self) -> bool {
        match (self.id, other.id) {
            (Some(id), Some(other)) => id == other,
            _ => self.login.eq_ignore_ascii_case(&other.login),
        }
    }

    /// Whether it is a person's, as far as GitHub knows: an App's login ends in `[bot]`, which no person's can.
    pub fn is_person(&self) -> bool {
        self.kind.as_deref().is_none_or(|kind| kind == "User") && !self.login.ends_with("[bot]")
    }
}

/// A review (<https://docs.github.com/en/rest/pulls/reviews>).
#[derive(Debug, Clone, Deserialize)]
pub struct Review {
    /// The number, which grows.
    #[serde(default)]
    pub id: u64,
    /// The reviewer; null if the account is gone.
    #[serde(default)]
    pub user: Option<Account>,
    /// `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`, `DISMISSED` or `PENDING`.
    pub state: String,
    /// The head that was reviewed.
    #[serde(default, deserialize_with = "de::maybe")]
    pub commit_id: Option<CommitSha>,
    /// When, RFC 3339; empty while it is pending.
    #[serde(default, deserialize_with = "de::or_default")]
    pub submitted_at: String,
}

/// A file that a pull request changes.
#[derive(Debug, Clone, Deserialize)]
pub struct ChangedFile {
    /// The path.
    pub filename: String,
    /// `added`, `removed`, `modified`, `renamed`, …
    #[serde(default)]
    pub status: String,
    /// The path before a renaming.
    #[serde(default)]
    pub previous_filename: Option<String>,
}

/// Reads one pull request.
pub async fn get(github: &GitHub, repository: &RepoSlug, number: u64) -> Result<PullRequest, ApiError> {
    github.read(&path::repo(repository, &format!("/pulls/{number}"))).await?.decode()
}

/// Lists the open pull requests into `base`, from `head` in the same repository if one is given.
pub async fn list_open(
    github: &GitHub,
    repository: &RepoSlug,
    base: &str,
    head: Option<&str>,
) -> Result<Vec<PullRequest>, ApiError> {
    let mut query = format!("/pulls?state=open&base={}", path::part(base));
    if let Some(head) = head {
        query.push_str("&head=");
        query.push_str(&path::part(&format!("{}:{head}", repository.owner())));
    }
    pages::all(github, &path::repo(repository, &query)).await
}

/// Lists the open pull requests from `head` in the same repository, whatever their base.
pub async fn list_open_from(
    github: &GitHub,
    repository: &RepoSlug,
    head: &str,
) -> Result<Vec<PullRequest>, ApiError> {
    let head = path::part(&format!("{}:{head}", repository.owner()));
    pages::all(github, &path::repo(repository, &format!("/pulls?state=open&head={head}"))).await
}

/// Lists the pull requests from `head` of the same repository into `base` that were closed or merged: the newest 30.
pub async fn list_closed(
    github: &GitHub,
    repository: &RepoSlug,
    base: &str,
    head: &str,
) -> Result<Vec<PullRequest>, ApiError> {
    let head = path::part(&format!("{}:{head}", repository.owner()));
    let query = format!("/pulls?state=closed&base={}&head={head}&per_page=30", path::part(base));
    github.read(&path::repo(repository, &query)).await?.decode()
}

/// Lists the reviews, oldest first.
pub async fn reviews(github: &GitHub, repository: &RepoSlug, number: u64) -> Result<Vec<Review>, ApiError> {
    pages::all(github, &path::repo(repository, &format!("/pulls/{number}/reviews"))).await
}

/// Lists the files that it changes.
pub async fn files(
    github: &GitHub,
    repository: &RepoSlug,
    number: u64,
) -> Result<Vec<ChangedFile>, ApiError> {
    pages::all(github, &path::repo(repository, &format!("/pulls/{number}/files"))).await
}

#[derive(Deserialize)]
struct ListedCommit {
    commit: CommitText,
}

#[derive(Deserialize)]
struct CommitText {
    #[serde(default)]
    message: String,
}

/// Lists the whole messages of its commits, oldest first; GitHub ends the list after 250.
pub async fn messages(github: &GitHub, repository: &RepoSlug, number: u64) -> Result<Vec<String>, ApiError> {
    let route = path::repo(repository, &format!("/pulls/{number}/commits"));
    let commits: Vec<ListedCommit> = pages::all(github, &route).await?;
    Ok(commits.into_iter().map(|listed| listed.commit.message).collect())
}

/// A pull request to open.
#[derive(Debug, Clone)]
pub struct NewPullRequest<'a> {
    /// The branch with the commits.
    pub head: &'a Branch,
    /// The branch to merge into.
    pub base: &'a Branch,
    /// The title.
    pub title: &'a str,
    /// The description, Markdown.
    pub body: &'a str,
}

/// Why a pull request was not opened.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// There is an open one with this head and base.
    #[error("there is an open pull request already")]
    Exists,
    /// Base has all of head's commits.
    #[error("there are no commits between base and head")]
    NothingToMerge,
    /// The repository does not let workflows open pull requests.
    #[error("workflows of this repository may not open pull requests")]
    NotAllowedForActions,
    /// Anything else.
    #[error(transparent)]
    Api(#[from] ApiError),
}

/// Opens a pull request. Needs `pull-requests: write`.
pub async fn create(
    github: &GitHub,
    repository: &RepoSlug,
    new: &NewPullRequest<'_>,
) -> Result<PullRequest, CreateError> {
    let body = json!({
        "head": new.head.as_str(), "base": new.base.as_str(), "title": new.title, "body": new.body,
    });
    let error = match github.send(Method::POST, &path::repo(repository, "/pulls"), Some(body)).await {
        Ok(reply) => return Ok(reply.decode()?),
        Err(error) => error,
    };
    Err(match error.rejection() {
        Some(rejection) if rejection.says("a pull request already exists") => CreateError::Exists,
        Some(rejection) if rejection.says("no commits between") => CreateError::NothingToMerge,
        Some(rejection) if rejection.says("not permitted to create or approve pull requests") => {
            CreateError::NotAllowedForActions
        }
        _ => CreateError::Api(error),
    })
}

/// Changes the title or the description of a pull request; what is none stays. Sent twice, it changes nothing more.
/// Needs `pull-requests: write`.
pub async fn update(
    github: &GitHub,
    repository: &RepoSlug,
    number: u64,
    title: Option<&str>,
    body: Option<&str>,
) -> Result<PullRequest, ApiError> {
    let mut changes = serde_json::Map::new();
    changes.extend(title.map(|title| ("title".to_owned(), json!(title))));
    changes.extend(body.map(|body| ("body".to_owned(), json!(body))));
    let route = path::repo(repository, &format!("/pulls/{number}"));
    github.send_harmless(Method::PATCH, &route, &changes.into()).await?.decode()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_keeps_its_number() {
        let account = |id: Option<u64>, login: &str| Account { id, login: login.to_owned(), kind: None };
        let alice = account(Some(1), "alice");
        assert!(alice.is_same_as(&account(Some(1), "alice-2")) && alice.is_same_as(&account(None, "Alice")));
        assert!(!alice.is_same_as(&account(Some(2), "alice")) && !alice.is_same_as(&account(None, "bob")));
    }

    #[test]
    fn apps_are_no_people() {
        for (account, is_person) in [
            (json!({ "login": "maria", "type": "User" }), true),
            (json!({ "login": "maria" }), true),
            (json!({ "login": "maria", "type": null }), true),
            (json!({ "login": "deploy[bot]", "type": "Bot" }), false),
            (json!({ "login": "deploy[bot]" }), false),
            (json!({ "login": "deploy", "type": "Bot" }), false),
            (json!({ "login": "org", "type": "Organization" }), false),
        ] {
            let read: Account = serde_json::from_value(account.clone()).unwrap();
            assert_eq!(read.is_person(), is_person, "{account}");
        }
    }
}
