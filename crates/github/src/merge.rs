//! Merging: a pull request, or one branch into another.
//!
//! The texts are GitHub's; the interface has one status for most refusals, so that only they tell them apart.

use http::Method;
use model::{Branch, CommitSha, RepoSlug};
use serde::Deserialize;
use serde_json::json;

use crate::{ApiError, GitHub, Rejection, de, path};

/// What to merge, and how.
#[derive(Debug, Clone)]
pub struct MergeRequest<'a> {
    /// The head that was checked: GitHub refuses if the branch has moved on.
    pub sha: &'a CommitSha,
    /// `merge`, `squash` or `rebase`.
    pub method: &'a str,
    /// The commit's first line; GitHub's own if missing.
    pub title: Option<&'a str>,
    /// The rest of the commit's message; GitHub's own if missing.
    pub body: Option<&'a str>,
}

/// Why GitHub refuses a merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// 409: the head is another than `sha`.
    HeadMoved,
    /// The base got a commit in this moment: try again.
    BaseMoved,
    /// Another merge of the same pull request is running: try again.
    InProgress,
    /// No reason given: its state has it (a conflict, a draft, merged already, not yet computed).
    NotMergeable,
    /// It is a draft.
    Draft,
    /// Approving reviews are missing.
    ReviewsMissing,
    /// Required checks are missing or running: try again later.
    ChecksMissing,
    /// The branch takes changes from a merge queue only.
    QueueRequired,
    /// Another rule of the branch.
    RuleViolated,
    /// The repository has this method turned off.
    MethodDisabled,
    /// The token's actor may not push to the branch.
    NotAuthorized,
}

/// Why a pull request was not merged.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// GitHub refuses it.
    #[error("{1}")]
    Refused(Refusal, Box<Rejection>),
    /// Anything else.
    #[error(transparent)]
    Api(#[from] ApiError),
}

#[derive(Deserialize)]
struct Merged {
    #[serde(deserialize_with = "de::parsed")]
    sha: CommitSha,
}

/// Merges a pull request and returns the commit that the base is at now. Needs `contents: write`.
pub async fn pull_request(
    github: &GitHub,
    repository: &RepoSlug,
    number: u64,
    request: &MergeRequest<'_>,
) -> Result<CommitSha, MergeError> {
    let mut body = json!({ "sha": request.sha.as_str(), "merge_method": request.method });
    for (key, value) in [("commit_title", request.title), ("commit_message", request.body)] {
        if let Some(value) = value {
            body[key] = value.into();
        }
    }
    let route = path::repo(repository, &format!("/pulls/{number}/merge"));
    match github.send(Method::PUT, &route, Some(body)).await {
        Ok(reply) => Ok(reply.decode::<Merged>()?.sha),
        Err(ApiError::Rejected(rejection)) => Err(match classify(&rejection) {
            Some(refusal) => MergeError::Refused(refusal, rejection),
            None => MergeError::Api(ApiError::Rejected(rejection)),
        }),
        Err(error) => Err(error.into()),
    }
}

/// Tells refusals apart by status and text.
fn classify(rejection: &Rejection) -> Option<Refusal> {
    let says = |text: &str| rejection.says(text);
    match rejection.status {
        409 => Some(Refusal::HeadMoved),
        405 | 422 if says("without `workflows` permission") => None,
        405 => Some(if says("Base branch was modified") {
            Refusal::BaseMoved
        } else if says("Merge already in progress") {
            Refusal::InProgress
        } else if says("draft") {
            Refusal::Draft
        } else if says("merge queue") {
            Refusal::QueueRequired
        } else if says("approving review") || says("review is required") || says("reviews are required") {
            Refusal::ReviewsMissing
        } else if says("status check") {
            Refusal::ChecksMissing
        } else if says("are not allowed on this") || says("is not allowed on this") {
            Refusal::MethodDisabled
        } else if says("not authorized to push") {
            Refusal::NotAuthorized
        } else if says("Repository rule violations") || says("protected branch") {
            Refusal::RuleViolated
        } else {
            Refusal::NotMergeable
        }),
        _ => None,
    }
}

/// Why a branch was not merged into another.
#[derive(Debug, thiserror::Error)]
pub enum MergeBranchError {
    /// 409: a person has to solve the conflict.
    #[error("there is a merge conflict")]
    Conflict,
    /// 409: the base got a commit in this moment: look again.
    #[error("{0}")]
    BaseMoved(Box<Rejection>),
    /// A rule of the branch forbids it.
    #[error("{0}")]
    RuleViolated(Box<Rejection>),
    /// Anything else.
    #[error(transparent)]
    Api(#[from] ApiError),
}

/// Merges `head` into the branch `base` with a merge commit; `None` if base has it already. Needs `contents: write`
/// (<https://docs.github.com/en/rest/branches/branches#merge-a-branch>).
pub async fn branch(
    github: &GitHub,
    repository: &RepoSlug,
    base: &Branch,
    head: &CommitSha,
    message: &str,
) -> Result<Option<CommitSha>, MergeBranchError> {
    let body = json!({ "base": base.as_str(), "head": head.as_str(), "commit_message": message });
    match github.send(Method::POST, &path::repo(repository, "/merges"), Some(body)).await {
        Ok(reply) if reply.status == 204 => Ok(None),
        Ok(reply) => Ok(Some(reply.decode::<Merged>()?.sha)),
        Err(ApiError::Rejected(rejection)) => Err(match rejection.status {
            409 if rejection.says("conflict") => MergeBranchError::Conflict,
            409 if rejection.says("branch was modified") => MergeBranchError::BaseMoved(rejection),
            403 | 409 | 422 if crate::refs::names_a_rule(&rejection) => {
                MergeBranchError::RuleViolated(rejection)
            }
            _ => MergeBranchError::Api(ApiError::Rejected(rejection)),
        }),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, StatusCode};

    use super::*;
    use crate::Call;

    #[test]
    fn every_known_text_has_its_refusal() {
        let queue = "Repository rule violations found\n\nChanges must be made through the merge queue";
        for (status, message, refusal) in [
            (409, "Head branch was modified. Review and try the merge again.", Some(Refusal::HeadMoved)),
            (405, "Base branch was modified. Review and try the merge again.", Some(Refusal::BaseMoved)),
            (405, "Merge already in progress", Some(Refusal::InProgress)),
            (405, "Pull Request is not mergeable", Some(Refusal::NotMergeable)),
            (405, "Pull Request is still a draft", Some(Refusal::Draft)),
            (
                405,
                "At least 1 approving review is required by reviewers with write access.",
                Some(Refusal::ReviewsMissing),
            ),
            (405, "Required status check \"ci\" is expected.", Some(Refusal::ChecksMissing)),
            (405, "2 of 3 required status checks are expected.", Some(Refusal::ChecksMissing)),
            (405, queue, Some(Refusal::QueueRequired)),
            (405, "Repository rule violations found", Some(Refusal::RuleViolated)),
            (405, "Merge commits are not allowed on this repository.", Some(Refusal::MethodDisabled)),
            (405, "You're not authorized to push to this branch", Some(Refusal::NotAuthorized)),
            (403, "Resource not accessible by integration", None),
            (
                405,
                "refusing to allow a GitHub App to create or update workflow `x` without `workflows` permission",
                None,
            ),
            (502, "Bad Gateway", None),
        ] {
            let call = Call { method: Method::PUT, path: "/x".to_owned() };
            let body = json!({ "message": message }).to_string();
            let status = StatusCode::from_u16(status).unwrap();
            let rejection = Rejection::read(call, status, &HeaderMap::new(), body.as_bytes());
            assert_eq!(classify(&rejection), refusal, "{message}");
        }
    }
}
