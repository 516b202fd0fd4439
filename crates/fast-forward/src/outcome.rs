//! How it ended, when it did not fail.

use model::CommitSha;

/// Where the branch was and is, and why.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// Where the branch was when the action began.
    pub from: CommitSha,
    /// Where it is.
    pub sha: CommitSha,
    /// What was done.
    pub done: Done,
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
    Would(&'static str),
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
            Done::Would(what) => what,
        }
    }
}
