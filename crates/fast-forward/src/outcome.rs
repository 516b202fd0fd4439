//! How it ended, when it did not fail.

use model::{Code, CommitSha, Exit, Failure, codes};

use crate::closed::Closed;

/// Where the branch was and is, and why.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// Where the branch was when the action began.
    pub from: CommitSha,
    /// Where it is.
    pub sha: CommitSha,
    /// What was done.
    pub done: Done,
    /// Why that and nothing else; a word for machines.
    pub reason: &'static str,
    /// What GitHub closed, since the branch has its commits now.
    pub closed: Closed,
    /// Whether the token is the workflow's own, whose pushes start no workflow.
    pub is_workflow_token: bool,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Done {
    /// The branch had the commit.
    UpToDate,
    /// The branch was moved to it.
    FastForwarded,
    /// It was merged into the branch.
    BackMerged,
    /// A person has to solve a conflict, or to let it in, in this pull request.
    PullRequest {
        /// The number.
        number: u64,
        /// The page.
        url: String,
        /// Whether it was opened now.
        is_new: bool,
    },
    /// The pull request waits, and its branch conflicts with the commit: a person has to merge the two.
    PullRequestLacks {
        /// The number.
        number: u64,
        /// The page.
        url: String,
    },
    /// What a dry run would do.
    Would(Would),
}

/// What would be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Would {
    /// The branch would be moved to the commit.
    FastForward,
    /// The commit would be merged into the branch.
    BackMerge,
    /// A pull request would be opened, or the one with this number added to.
    PullRequest(Option<u64>),
}

/// Why there has to be a pull request.
#[derive(Debug)]
pub(crate) enum Why {
    /// The policy wants one when the two have diverged.
    Diverged,
    /// Merging them is a conflict.
    Conflict,
    /// GitHub refuses, or would refuse, to move the branch.
    Refused(Failure),
}

impl Why {
    /// The word for the output `reason`.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Diverged => "diverged",
            Self::Conflict => "conflict",
            Self::Refused(failure) => failure.code.id,
        }
    }
}

impl Outcome {
    /// Whether the branch was moved.
    pub(crate) fn is_updated(&self) -> bool {
        matches!(self.done, Done::FastForwarded | Done::BackMerged)
    }

    /// Returns what `result` shows.
    pub(crate) fn result(&self) -> &'static str {
        match self.done {
            Done::UpToDate => "up-to-date",
            Done::FastForwarded => "fast-forwarded",
            Done::BackMerged => "back-merged",
            Done::PullRequest { .. } => "pull-request",
            Done::PullRequestLacks { .. } => "pull-request-conflict",
            Done::Would(Would::FastForward) => "would-fast-forward",
            Done::Would(Would::BackMerge) => "would-back-merge",
            Done::Would(Would::PullRequest(None)) => "would-open-pull-request",
            Done::Would(Would::PullRequest(Some(_))) => "would-add-to-pull-request",
        }
    }

    /// Returns what `decision` shows.
    pub(crate) fn decision(&self) -> &'static str {
        match self.done {
            Done::PullRequest { .. } | Done::PullRequestLacks { .. } | Done::Would(Would::PullRequest(_)) => {
                "wait"
            }
            _ => "done",
        }
    }

    /// The number of the pull request that waits, or would be added to.
    pub(crate) fn pull_request(&self) -> Option<u64> {
        match &self.done {
            Done::PullRequest { number, .. } | Done::PullRequestLacks { number, .. } => Some(*number),
            Done::Would(Would::PullRequest(number)) => *number,
            _ => None,
        }
    }
}

/// Returns what `result` and `decision` show of a failure, in the words that auto-merge has too.
pub(crate) fn of_failure(code: &Code) -> (&'static str, &'static str) {
    match code.exit {
        Exit::Refused => ("refused", "refuse"),
        // A bad input says nothing about settings.
        Exit::Input if ![&codes::INVALID_INPUT, &codes::FILE_ACCESS].contains(&code) => {
            ("failed", "configuration")
        }
        _ => ("failed", "failed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_policy_refuses_has_not_failed() {
        for (code, words) in [
            (&crate::codes::BRANCH_DIVERGED, ("refused", "refuse")),
            (&crate::codes::BRANCH_PROTECTED, ("refused", "refuse")),
            (&crate::codes::COMMIT_NOT_IN_SOURCE, ("refused", "refuse")),
            (&github::codes::PERMISSION_DENIED, ("failed", "configuration")),
            (&codes::INVALID_INPUT, ("failed", "failed")),
            (&codes::DEADLINE_PASSED, ("failed", "failed")),
            (&github::codes::GITHUB_UNAVAILABLE, ("failed", "failed")),
        ] {
            assert_eq!(of_failure(code), words, "{}", code.id);
        }
    }
}
