//! The failures of this action.

use model::{Code, Exit};

/// Declares codes of one shape, and the list of them.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $exit:ident, $meaning:literal, $remedy:literal;)*) => {
        $($(#[$doc])* pub const $name: Code =
            Code { id: $id, exit: Exit::$exit, meaning: $meaning, remedy: $remedy };)*
        /// All of them, for docs/errors.md.
        pub const ALL: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    /// Several rules at once.
    MERGE_REFUSED = "merge-refused", Refused,
        "Several rules of the merge gate do not hold; each is listed with its remedy.",
        "See each rule that is listed.";
    /// The head is another than the one that was checked.
    MERGE_HEAD_MOVED = "merge-head-moved", Refused,
        "The pull request's head is another commit than the one that this run was started for.",
        "Look at the new commits and approve them; their own event starts a run.";
    /// The base is another than the one that was checked.
    MERGE_BASE_CHANGED = "merge-base-changed", Refused,
        "The pull request's base is another branch than when the event that started the run happened.",
        "Look at what the new base would get and approve it; that event starts a run.";
    /// It went into another base than was checked.
    MERGED_ELSEWHERE = "merged-elsewhere", Remote,
        "The pull request's base was changed in the moment of the merge, which went into a branch that nobody approved.",
        "See whether that merge may stay; revert it if not.";
    /// It was merged by somebody else, who did not ask the gate.
    MERGED_WITHOUT_GATE = "merged-without-gate", Refused,
        "The pull request was merged, but not by this run, and the gate does not hold: nothing goes on from that merge.",
        "See whether that merge may stay: revert it if not, and otherwise start by hand what is to go on from it.";
    /// The base does not have the merge any more.
    MERGE_UNDONE = "merge-undone", Refused,
        "The pull request is merged, and its base does not have that commit any more: it was reset after the merge.",
        "Open a new pull request.";
    /// The pull request is closed.
    PULL_REQUEST_CLOSED = "pull-request-closed", Refused,
        "The pull request is closed and was not merged, or was closed before the event that started the run.",
        "Reopen it, or open another one.";
    /// The pull request is a draft.
    PULL_REQUEST_DRAFT = "pull-request-draft", Refused,
        "The pull request is a draft.",
        "Mark it as ready for review.";
    /// The head lies in another repository.
    PULL_REQUEST_FROM_FORK = "pull-request-from-fork", Refused,
        "The pull request comes from a fork; only branches of the same repository are merged.",
        "Push the branch to the repository itself and open the pull request from there.";
    /// `base` does not name it.
    BASE_NOT_ALLOWED = "base-not-allowed", Refused,
        "The pull request's base matches none of the patterns of `base`.",
        "Change the pull request's base, or the input `base`.";
    /// `head` does not name it.
    HEAD_NOT_ALLOWED = "head-not-allowed", Refused,
        "The pull request's head matches none of the patterns of `head`.",
        "Rename the branch, or change the input `head`.";
    /// It changes what can hold the gate.
    WORKFLOW_FILES = "workflow-files", Refused,
        "The pull request changes workflow files, which can hold the gate itself, or more files than GitHub lists.",
        "Have a person merge it, or set `workflow-files: allow` where a label or approvals gate it.";
    /// A label of `labels` is missing.
    LABEL_MISSING = "label-missing", Refused,
        "A required label is not on the pull request.",
        "Have someone put it who has write access and is not the author.";
    /// A label of `labels` with `!` is there.
    LABEL_BLOCKING = "label-blocking", Refused,
        "A label that forbids the merge is on the pull request.",
        "Take the label off when its reason is gone.";
    /// The author approved the pull request.
    LABEL_BY_AUTHOR = "label-by-author", Refused,
        "The author of the pull request put the required label.",
        "Have someone else take it off and put it again.";
    /// An App approved the pull request.
    LABEL_BY_BOT = "label-by-bot", Refused,
        "An App or another account that is no person's put the required label.",
        "Have a person take it off and put it again.";
    /// The person who put the label may not approve.
    LABELLER_PERMISSION = "labeller-permission", Refused,
        "The person who put the required label has less access than `labeller-permission` asks for.",
        "Have someone with that access take it off and put it again.";
    /// The person who put the label is in no team that may.
    LABELLER_TEAM = "labeller-team", Refused,
        "The person who put the required label is a member of none of `labeller-teams`.",
        "Have a member of one of these teams take it off and put it again.";
    /// The token cannot see the teams.
    TEAMS_UNREADABLE = "teams-unreadable", Input,
        "The token cannot read the members of `labeller-teams`, or there is no such team.",
        "Check the team's name, and set `app-id` and `app-private-key` of a GitHub App of the organization that has *Members: read*.";
    /// Nobody knows yet who put the label.
    LABELLER_UNLISTED = "labeller-unlisted", Refused,
        "The required label is on the pull request, and GitHub's timeline does not list yet who put it.",
        "Run again; if that does not help, take the label off and have it put again.";
    /// The label is older than the head.
    LABEL_BEFORE_PUSH = "label-before-push", Refused,
        "Commits were pushed after the required label was put, or may have been, so that it approves something else.",
        "Look at the new commits, then put the label again.";
    /// The label is older than the base.
    LABEL_BEFORE_BASE = "label-before-base", Refused,
        "The pull request got another base after the required label was put, so that it approves something else.",
        "Look at what the new base would get, then take the label off and put it again.";
    /// Someone asks for changes.
    CHANGES_REQUESTED = "changes-requested", Refused,
        "Approvals are asked for, and the last review of someone with write access asks for changes.",
        "Have that person approve it, or dismiss that review.";
    /// Reviews are missing.
    APPROVALS_MISSING = "approvals-missing", Refused,
        "There are fewer approving reviews that count than the gate or the branch asks for.",
        "Get the reviews; only those by people with write access who are not the author count.";
    /// There is a conflict.
    MERGE_CONFLICT = "merge-conflict", Refused,
        "The pull request conflicts with its base.",
        "Merge the base into the head, solve the conflict, and push.";
    /// The method would make two long-lived branches diverge.
    METHOD_UNSAFE = "method-unsafe", Refused,
        "Squash and rebase give the base other commits than a long-lived head has, so that the two diverge for ever.",
        "Set `method: merge` or `method: fast-forward` for this base.";
    /// The base cannot be moved to the head.
    NOT_FAST_FORWARD = "not-fast-forward", Refused,
        "The base has commits that the head lacks, so that it cannot be fast-forwarded.",
        "Merge the base into the head first, or set `method: merge`.";
    /// GitHub has not computed it yet.
    MERGEABILITY_UNKNOWN = "mergeability-unknown", Refused,
        "GitHub has not computed within the `timeout` whether the pull request conflicts with its base.",
        "Run again, or raise `timeout`; see https://www.githubstatus.com.";
    /// Checks are not finished.
    CHECKS_MISSING = "checks-missing", Refused,
        "Checks that have to succeed have not done so within the `timeout`; each is listed with its state.",
        "Run again when they have succeeded, raise `timeout`, or see why nothing reports them.";
    /// A check failed.
    CHECKS_FAILED = "checks-failed", Refused,
        "A check that has to succeed did not; each is listed with its state.",
        "See the check; mend what it found and push, or run it again.";
    /// A check is this run.
    CHECKS_OWN_RUN = "checks-own-run", Input,
        "A check that has to succeed is the job that does the merge: each waits for the other, for ever.",
        "Take the check off the required ones, or merge in a job that is not required.";
    /// The head lacks the base's commits.
    BRANCH_BEHIND = "branch-behind", Refused,
        "The base demands heads that have all of its commits, and this one lacks some.",
        "Merge the base into the head and have that approved, or set `update-branch: true`.";
    /// The branch has a merge queue.
    MERGE_QUEUE_REQUIRED = "merge-queue-required", Input,
        "The base takes changes from its merge queue only.",
        "Set `fallback: merge-queue`, add the pull request by hand, or let the token's App bypass the rule.";
    /// The merge queue does not take it.
    MERGE_QUEUE_REFUSED = "merge-queue-refused", Refused,
        "The base's merge queue does not take the pull request.",
        "See what GitHub says, which is in the cause; the queue wants what the base's rules want.";
    /// The repository has no auto-merge.
    AUTO_MERGE_NOT_ALLOWED = "auto-merge-not-allowed", Input,
        "`fallback: auto-merge` is set, and the repository does not allow auto-merge of this pull request.",
        "Turn on \"Allow auto-merge\" in the repository's settings, where the base needs a rule to wait for, or take `auto-merge` out of `fallback`.";
    /// A rule of GitHub's own.
    BRANCH_RULE_VIOLATED = "branch-rule-violated", Refused,
        "A rule of the base's protection or ruleset forbids the merge.",
        "Meet the rule, or let the token's App bypass it.";
    /// The repository does not allow the method.
    METHOD_DISABLED = "method-disabled", Input,
        "The repository has this merge method turned off.",
        "Set another `method`, or turn it on in the repository's settings.";
    /// The token's actor may not push.
    MERGE_NOT_AUTHORIZED = "merge-not-authorized", Input,
        "The token's App or user is not on the base's list of who may push.",
        "Add it to the list, or use the token of one that is.";
    /// GitHub does not say why.
    MERGE_BLOCKED = "merge-blocked", Refused,
        "GitHub says that the pull request is not mergeable, and not why.",
        "See what the pull request's page says beside its merge button.";
    /// The base moves faster than we merge.
    MERGE_CONTENDED = "merge-contended", Remote,
        "The base got new commits, or the pull request was changed, at each attempt.",
        "Run again when fewer pull requests are merged at once, or fewer hands are on this one.";
}
