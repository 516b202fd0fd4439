//! What is asked for, valid.

use std::{str::FromStr, time::Duration};

use github::Endpoints;
use model::{Branch, CommitSha, Failure, ParseError, RepoSlug, Secret, codes};
use toolkit::AppCredentials;

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
    /// The branch that has to contain the commit, if one was named.
    pub source: Option<Branch>,
    /// What to do when it is no fast-forward.
    pub on_diverged: OnDiverged,
    /// What to do when the branch takes no direct update.
    pub on_protected: OnProtected,
    /// Stop after the plan.
    pub dry_run: bool,
    /// How long the whole may take.
    pub budget: Duration,
    /// Where GitHub is.
    pub endpoints: Endpoints,
    /// As whom.
    pub credentials: Credentials,
}

impl Request {
    /// Whether a pull request may be opened by this run.
    pub(crate) fn may_propose(&self) -> bool {
        self.on_diverged != OnDiverged::Fail || self.on_protected == OnProtected::PullRequest
    }
}

/// As whom to act.
#[derive(Debug, Clone)]
pub(crate) enum Credentials {
    /// With a token that was passed.
    Token(Secret),
    /// As a GitHub App, with a token that is made for this run.
    App(AppCredentials),
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

/// What to do when the branch takes no direct update.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum OnProtected {
    /// Fail, with the rule's name.
    #[default]
    Fail,
    /// Open the pull request.
    PullRequest,
}

impl FromStr for OnProtected {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text {
            "fail" => Ok(Self::Fail),
            "pull-request" => Ok(Self::PullRequest),
            _ => Err(ParseError::new("a policy for protected branches", text, "`fail` or `pull-request`")),
        }
    }
}

/// Returns the branch that all pull requests into `branch` come from, so that there is never a second one.
pub(crate) fn sync_branch(branch: &Branch) -> Result<Branch, Failure> {
    format!("day2/sync-{branch}").parse().map_err(|error: ParseError| {
        Failure::new(&codes::INTERNAL, format!("cannot name a branch after `{branch}`: {error}"))
    })
}
