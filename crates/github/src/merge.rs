//! Merging: a pull request, or one branch into another.
//!
//! The texts are GitHub's; the interface has one status for most refusals, so that only they tell them apart.

mod refusal;

use http::Method;
use model::{Branch, CommitSha, RepoSlug};
use serde::Deserialize;
use serde_json::json;

use crate::{ApiError, GitHub, Rejection, de, path, rule_words};
pub use refusal::Refusal;

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
        Err(ApiError::Rejected(rejection)) => Err(match refusal::classify(&rejection) {
            Some(refusal) => MergeError::Refused(refusal, rejection),
            None => MergeError::Api(ApiError::Rejected(rejection)),
        }),
        Err(error) => Err(error.into()),
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
        Err(error) => Err(of_branch(error)),
    }
}

fn of_branch(error: ApiError) -> MergeBranchError {
    let ApiError::Rejected(rejection) = error else { return MergeBranchError::Api(error) };
    let plain = rule_words::without_names(&rejection.text().to_lowercase());
    match rejection.status {
        409 if plain.contains("branch was modified") => MergeBranchError::BaseMoved(rejection),
        403 | 405 | 409 | 422 if rule_words::names_a_rule(&plain) => {
            MergeBranchError::RuleViolated(rejection)
        }
        409 if plain.contains("conflict") => MergeBranchError::Conflict,
        _ => MergeBranchError::Api(ApiError::Rejected(rejection)),
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, StatusCode};

    use super::*;
    use crate::Call;

    /// What became of it: the code of what any call can be answered with.
    fn classified(status: u16, message: &str) -> String {
        let call = Call { method: Method::POST, path: "/repos/org/x/merges".to_owned() };
        let body = json!({ "message": message }).to_string();
        let status = StatusCode::from_u16(status).unwrap();
        let rejection = Rejection::read(call, status, &HeaderMap::new(), body.as_bytes());
        match of_branch(ApiError::Rejected(Box::new(rejection))) {
            MergeBranchError::Conflict => "conflict".to_owned(),
            MergeBranchError::BaseMoved(_) => "base moved".to_owned(),
            MergeBranchError::RuleViolated(_) => "rule".to_owned(),
            MergeBranchError::Api(error) => error.into_failure("merge").code.id.to_owned(),
        }
    }

    #[test]
    fn every_known_answer_to_a_merge_of_branches_has_its_meaning() {
        let workflow = "refusing to allow a GitHub App to create or update workflow `.github/workflows/ci.yml` without `workflows` permission";
        for (status, message, meaning) in [
            (409, "Merge conflict", "conflict"),
            (409, "Base branch was modified. Review and try the merge again.", "base moved"),
            (403, "Protected branch update failed for refs/heads/dev.", "rule"),
            (
                409,
                "Repository rule violations found\n\nChanges must be made through a pull request.\n\n",
                "rule",
            ),
            (
                422,
                "Repository rule violations found\n\nChanges must be made through the merge queue\n\n",
                "rule",
            ),
            (409, "Required status check \"ci\" is expected.", "rule"),
            (409, "Required status check \"merge-conflicts\" is expected.", "rule"),
            (409, "Repository rule violations found\n\nA rule about conflict markers\n\n", "rule"),
            (403, "Cannot change this locked branch", "rule"),
            (403, "This branch must not contain merge commits.", "rule"),
            (403, "Commits must have verified signatures.", "rule"),
            (403, workflow, "workflows-permission"),
            (403, "Resource not accessible by integration", "permission-denied"),
            (403, "You have exceeded a secondary rate limit", "rate-limited"),
            (404, "Base does not exist", "repository-not-found"),
            (404, "Head does not exist", "repository-not-found"),
            (422, "Validation Failed", "unexpected-reply"),
        ] {
            assert_eq!(classified(status, message), meaning, "{status} {message}");
        }
    }
}
