//! What is asked for, valid.

use std::{str::FromStr, time::Duration};

use github::Endpoints;
use model::{Branch, CommitSha, Failure, ParseError, RepoSlug, Secret, codes};

/// A validated request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// The repository of the branch.
    pub repository: RepoSlug,
    /// The branch to move.
    pub branch: Branch,
    /// The branch of the standing pull request.
    pub sync_branch: Branch,
    /// The commit that the branch shall have.
    pub to: CommitSha,
    /// What to do when it is no fast-forward.
    pub on_diverged: OnDiverged,
    /// Stop after the plan.
    pub dry_run: bool,
    /// How long the whole may take.
    pub budget: Duration,
    /// Where GitHub is.
    pub endpoints: Endpoints,
    /// The token.
    pub token: Secret,
}

/// What to do when the branch has commits that the target lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnDiverged {
    /// Merge the target into the branch; on a conflict, open the pull request.
    BackMerge,
    /// Open the pull request.
    PullRequest,
    /// Fail.
    Fail,
}

impl FromStr for OnDiverged {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text {
            "back-merge" => Ok(Self::BackMerge),
            "pull-request" => Ok(Self::PullRequest),
            "fail" => Ok(Self::Fail),
            _ => Err(ParseError::new(
                "a policy for diverged branches",
                text,
                "`back-merge`, `pull-request` or `fail`",
            )),
        }
    }
}

/// Returns the branch that all pull requests into `branch` come from, so that there is never a second one.
pub(crate) fn sync_branch(branch: &Branch) -> Result<Branch, Failure> {
    format!("day2/sync-{branch}").parse().map_err(|error: ParseError| {
        Failure::new(&codes::INTERNAL, format!("cannot name a branch after `{branch}`: {error}"))
    })
}
