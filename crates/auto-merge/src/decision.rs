//! What the end of a run means for whoever started it: is it done, does something have to come first, or has something
//! to change?

use model::{Code, Exit, codes as general};

use crate::{
    codes,
    outcome::{Done, Outcome},
    rule::Rule,
};

/// What a run comes to. Ordered: of several reasons at once, the last in this order decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Decision {
    /// It is merged, or there is nothing to do.
    Done,
    /// Somebody or something else has to come first; it can happen without a change of this pull request or of settings.
    Wait,
    /// The gate's or the branch's policy forbids it as it is.
    Refuse,
    /// Only a change of settings, of the token or of the workflow can mend it.
    Configuration,
    /// A call failed, the time was over or an input is bad: nothing was decided.
    Failed,
}

/// What somebody else is going to do sooner or later. The exit code does not tell these from what is refused.
const WAITS: &[&Code] = &[
    &codes::PULL_REQUEST_DRAFT,
    &codes::LABEL_MISSING,
    &codes::LABELLER_UNLISTED,
    &codes::APPROVALS_MISSING,
    &codes::MERGEABILITY_UNKNOWN,
    &codes::CHECKS_MISSING,
];

/// What has the exit code of a configuration, and says nothing about the pull request.
const INPUTS: &[&Code] = &[&general::INVALID_INPUT, &general::FILE_ACCESS];

impl Decision {
    /// Returns what a failure of this code means.
    pub(crate) fn of(code: &Code) -> Self {
        match code.exit {
            Exit::Done => Self::Done,
            Exit::Refused if WAITS.contains(&code) => Self::Wait,
            Exit::Refused => Self::Refuse,
            Exit::Input if INPUTS.contains(&code) => Self::Failed,
            Exit::Input => Self::Configuration,
            Exit::Remote | Exit::Deadline | Exit::Bug => Self::Failed,
        }
    }

    /// Returns what rules that do not hold mean together: the worst decides.
    pub(crate) fn of_rules(rules: &[Rule]) -> Self {
        rules.iter().map(|rule| Self::of(rule.code)).max().unwrap_or(Self::Done)
    }

    /// Returns what an outcome means.
    pub(crate) fn of_outcome(outcome: &Outcome) -> Self {
        match outcome.done {
            Done::Merged(_) | Done::AlreadyMerged(_) | Done::MergedByAnotherRun { .. } | Done::WouldMerge => {
                Self::Done
            }
            Done::WouldWait { .. }
            | Done::BranchUpdated
            | Done::Enqueued(_)
            | Done::AutoMergeEnabled { .. } => Self::Wait,
            Done::MergedElsewhere { .. } => Self::of(&codes::MERGED_ELSEWHERE),
        }
    }

    /// Returns the word of the output `decision`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Wait => "wait",
            Self::Refuse => "refuse",
            Self::Configuration => "configuration",
            Self::Failed => "failed",
        }
    }
}

#[cfg(test)]
mod tests;
