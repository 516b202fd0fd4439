//! How it ended, when it did not fail.

use github::pulls::PullRequest;
use model::CommitSha;

use crate::request::Method;

/// What happened.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// The pull request.
    pub pull: PullRequest,
    /// How it was or would be merged.
    pub method: Method,
    /// The commit that was or would be merged.
    pub head: CommitSha,
    /// Who approved.
    pub approver: Option<String>,
    /// What was done.
    pub done: Done,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Done {
    /// This run merged it.
    Merged(Landed),
    /// It was merged before.
    AlreadyMerged(Landed),
    /// Another run merged it, and goes on from there: there is nothing to do.
    MergedByAnotherRun {
        /// The run's id.
        run: String,
        /// The commit that the base got.
        sha: CommitSha,
    },
    /// A dry run that would merge it.
    WouldMerge,
    /// A dry run that would wait until GitHub knows whether there is a conflict.
    WouldWait,
}

/// Where the base is because of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Landed {
    /// The commit that the base got.
    pub sha: CommitSha,
    /// Where the base was before.
    pub base: CommitSha,
    /// Whether the head's branch was deleted.
    pub deleted_head: bool,
}

impl Outcome {
    /// Returns what `result` shows.
    pub(crate) fn result(&self) -> &'static str {
        match self.done {
            Done::Merged(_) => "merged",
            Done::AlreadyMerged(_) => "already-merged",
            Done::MergedByAnotherRun { .. } => "merged-by-another-run",
            Done::WouldMerge => "would-merge",
            Done::WouldWait => "would-wait",
        }
    }

    /// Returns where it landed, if it did.
    pub(crate) fn landed(&self) -> Option<&Landed> {
        match &self.done {
            Done::Merged(landed) | Done::AlreadyMerged(landed) => Some(landed),
            Done::MergedByAnotherRun { .. } | Done::WouldMerge | Done::WouldWait => None,
        }
    }
}
