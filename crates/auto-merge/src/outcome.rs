//! How it ended, when it did not fail.

use github::{pulls::PullRequest, queue::Enqueued};
use model::{Code, CommitSha, Failure};

use crate::{checklist::Checklist, codes, request::Method};

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
    /// How the gate's rules stood.
    pub checklist: Checklist,
    /// Whether nothing was to be done.
    pub is_dry_run: bool,
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
        /// The run's id, where it is known.
        run: Option<String>,
        /// The commit that the base got.
        sha: CommitSha,
    },
    /// This run merged it, and its base was changed in the same moment.
    MergedElsewhere {
        /// The commit that the other base got.
        sha: CommitSha,
    },
    /// The head got the base's commits: what is to be merged is another commit now.
    BranchUpdated,
    /// It waits in the base's merge queue.
    Enqueued(Enqueued),
    /// GitHub merges it as soon as its rules hold.
    AutoMergeEnabled {
        /// What stood in the way.
        code: &'static Code,
    },
    /// A dry run that would merge it.
    WouldMerge,
    /// A dry run that would have to wait.
    WouldWait {
        /// What stands in the way.
        code: &'static Code,
        /// For what: a sentence without a full stop.
        why: String,
    },
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
            Done::BranchUpdated => "branch-updated",
            Done::Enqueued(_) => "enqueued",
            Done::MergedElsewhere { .. } => "failed",
            Done::AutoMergeEnabled { .. } => "auto-merge-enabled",
            Done::WouldMerge => "would-merge",
            Done::WouldWait { .. } => "would-wait",
        }
    }

    /// Returns what `reason` shows: what stood in the way of a merge, empty if nothing did.
    pub(crate) fn reason(&self) -> &'static str {
        match &self.done {
            Done::Merged(_) | Done::AlreadyMerged(_) | Done::WouldMerge => "",
            Done::MergedByAnotherRun { .. } => self.result(),
            Done::MergedElsewhere { .. } => codes::MERGED_ELSEWHERE.id,
            Done::BranchUpdated => codes::BRANCH_BEHIND.id,
            Done::Enqueued(_) => codes::MERGE_QUEUE_REQUIRED.id,
            Done::AutoMergeEnabled { code } | Done::WouldWait { code, .. } => code.id,
        }
    }

    /// Returns what lets the step fail although there is no error to report.
    pub(crate) fn failure(&self) -> Option<Failure> {
        let Done::MergedElsewhere { sha } = &self.done else { return None };
        let pull = &self.pull;
        let cause = format!(
            "pull request #{} got another base in the moment of the merge, and was merged into `{}` as {sha}, \
             which was not checked",
            pull.number, pull.base.branch
        );
        Some(Failure::new(&codes::MERGED_ELSEWHERE, cause))
    }

    /// Returns where it landed, if it did.
    pub(crate) fn landed(&self) -> Option<&Landed> {
        match &self.done {
            Done::Merged(landed) | Done::AlreadyMerged(landed) => Some(landed),
            Done::MergedByAnotherRun { .. }
            | Done::BranchUpdated
            | Done::Enqueued(_)
            | Done::MergedElsewhere { .. }
            | Done::AutoMergeEnabled { .. }
            | Done::WouldMerge
            | Done::WouldWait { .. } => None,
        }
    }
}
