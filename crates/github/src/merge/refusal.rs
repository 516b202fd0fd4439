//! GitHub's refusals of a merge, told apart by their texts: the interface has one status for most of them.
//!
//! The texts are from GitHub's documentation and from replies that users have quoted. Names of checks stand in some of
//! them in quotation marks, and are not read: a check may be called anything.

use crate::{Rejection, codes, rule_words};

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
    /// The head lacks commits of the base, and a rule wants all of them.
    Behind,
    /// Its commits cannot be replayed on the base.
    CannotRebase,
    /// Approving reviews are missing, or somebody asked for changes.
    ReviewsMissing,
    /// Required checks or workflows are missing, running or failed.
    ChecksMissing,
    /// Conversations are not resolved.
    ConversationsOpen,
    /// Commits are not signed, or would not be by this method.
    SignaturesMissing,
    /// Deployments that have to succeed first have not.
    DeploymentsMissing,
    /// The base takes no merge commits.
    LinearHistory,
    /// The base is locked.
    Locked,
    /// The base takes changes from its merge queue only.
    QueueRequired,
    /// The pull request is in the base's merge queue already.
    Queued,
    /// Another rule of the base.
    RuleViolated,
    /// The repository, or a rule of the base, has this method turned off.
    MethodDisabled,
    /// The token's actor may not push to the base.
    NotAuthorized,
}

/// In the order in which they count where GitHub names several at once, in lower case.
const WORDS: &[(Refusal, &[&str])] = &[
    (Refusal::HeadMoved, &["head branch was modified", "expected head oid"]),
    (Refusal::BaseMoved, &["base branch was modified"]),
    (Refusal::InProgress, &["merge already in progress"]),
    (Refusal::Queued, &["is in the merge queue", "already in the queue", "already queued"]),
    (Refusal::QueueRequired, &["merge queue"]),
    (Refusal::Draft, &["still a draft", "is a draft", "in draft state"]),
    (Refusal::NotAuthorized, &["not authorized to push", "not authorized for this protected branch"]),
    (Refusal::Locked, &["locked branch", "branch is locked"]),
    (Refusal::MethodDisabled, &["are not allowed on this", "is not allowed on this"]),
    (Refusal::LinearHistory, &["must not contain merge commits"]),
    (Refusal::CannotRebase, &["can't be rebased", "cannot be rebased"]),
    (
        Refusal::ReviewsMissing,
        &[
            "approving review",
            "review is required",
            "reviews are required",
            "review(s) are required",
            "code owner review",
            "last pusher",
            "changes have been requested",
        ],
    ),
    (Refusal::ChecksMissing, &["status check", "required workflow"]),
    (Refusal::ConversationsOpen, &["conversation must be resolved", "conversations must be resolved"]),
    (
        Refusal::SignaturesMissing,
        &[
            "must have verified signatures",
            "must have valid signatures",
            "must be signed",
            "requires signed commits",
        ],
    ),
    (Refusal::DeploymentsMissing, &["deployment"]),
    (Refusal::Behind, &["out of date with the base", "not up to date with", "not up-to-date with"]),
];

impl Refusal {
    /// Reads the words alone, which the queue and auto-merge have in common with a merge; `None` for other words.
    pub fn in_words(text: &str) -> Option<Self> {
        let plain = rule_words::without_names(&text.to_lowercase());
        let named = WORDS.iter().find(|(_, words)| words.iter().any(|words| plain.contains(words)));
        named
            .map(|(refusal, _)| *refusal)
            .or_else(|| rule_words::names_a_rule(&plain).then_some(Self::RuleViolated))
    }
}

/// Tells refusals apart by status and text; `None` for what any call can be answered with.
pub(super) fn classify(rejection: &Rejection) -> Option<Refusal> {
    let text = rejection.text().to_lowercase();
    if rejection.rate_limited || codes::is_workflow_refusal(&text) {
        return None;
    }
    let named = Refusal::in_words(&text);
    match rejection.status {
        405 => Some(named.unwrap_or(Refusal::NotMergeable)),
        409 => Some(named.filter(|named| *named == Refusal::BaseMoved).unwrap_or(Refusal::HeadMoved)),
        403 | 422 => named,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Method, StatusCode};
    use serde_json::json;

    use super::*;
    use crate::{ApiError, Call};

    const QUEUE: &str =
        "Repository rule violations found\n\nChanges must be made through the merge queue\n\n";
    const WORKFLOW: &str = "refusing to allow a GitHub App to create or update workflow `.github/workflows/ci.yml` without `workflows` permission";
    const SCOPE: &str = "refusing to allow an OAuth App to create or update workflow `.github/workflows/ci.yml` without `workflow` scope";

    fn rejection(status: u16, message: &str) -> Rejection {
        let call = Call { method: Method::PUT, path: "/repos/org/x/pulls/7/merge".to_owned() };
        let url = "https://docs.github.com/rest/pulls/pulls#merge-a-pull-request";
        let body = json!({ "message": message, "documentation_url": url, "status": status.to_string() });
        let status = StatusCode::from_u16(status).unwrap();
        Rejection::read(call, status, &HeaderMap::new(), body.to_string().as_bytes())
    }

    #[test]
    fn every_known_text_has_its_refusal() {
        use Refusal as R;
        for (status, message, refusal) in [
            (409, "Head branch was modified. Review and try the merge again.", R::HeadMoved),
            (405, "Head branch was modified. Review and try the merge again.", R::HeadMoved),
            (405, "Base branch was modified. Review and try the merge again.", R::BaseMoved),
            (405, "Merge already in progress", R::InProgress),
            (405, "Pull Request is not mergeable", R::NotMergeable),
            (405, "Method Not Allowed", R::NotMergeable),
            (405, "Pull Request is still a draft", R::Draft),
            (405, "Head branch is out of date with the base branch.", R::Behind),
            (405, "This branch can't be rebased", R::CannotRebase),
            (405, "This branch cannot be rebased due to conflicts", R::CannotRebase),
            (
                405,
                "At least 1 approving review is required by reviewers with write access.",
                R::ReviewsMissing,
            ),
            (
                405,
                "At least 2 approving reviews are required by reviewers with write access.",
                R::ReviewsMissing,
            ),
            (405, "Waiting on code owner review from org/release.", R::ReviewsMissing),
            (405, "New changes require approval from someone other than the last pusher.", R::ReviewsMissing),
            (405, "Changes have been requested.", R::ReviewsMissing),
            (405, "Required status check \"ci\" is expected.", R::ChecksMissing),
            (405, "Required status check \"ci\" is failing.", R::ChecksMissing),
            (405, "Required status check \"ci\" is in progress.", R::ChecksMissing),
            (405, "2 of 3 required status checks are expected.", R::ChecksMissing),
            (405, "2 of 3 required status checks have not succeeded: 1 expected.", R::ChecksMissing),
            (405, "Required workflow 'CI' is not satisfied", R::ChecksMissing),
            (
                405,
                "A conversation must be resolved before this pull request can be merged.",
                R::ConversationsOpen,
            ),
            (405, "All conversations must be resolved.", R::ConversationsOpen),
            (
                405,
                "Repository rule violations found\n\nCommits must have verified signatures.\n\n",
                R::SignaturesMissing,
            ),
            (
                405,
                "Base branch requires signed commits. Rebase merges cannot be automatically signed by GitHub.",
                R::SignaturesMissing,
            ),
            (405, "Required deployment to production has not succeeded", R::DeploymentsMissing),
            (
                405,
                "Repository rule violations found\n\nThis branch must not contain merge commits.\n\n",
                R::LinearHistory,
            ),
            (405, "Cannot change this locked branch", R::Locked),
            (405, QUEUE, R::QueueRequired),
            (405, "Pull Request is in the merge queue", R::Queued),
            (405, "Repository rule violations found", R::RuleViolated),
            (405, "Cannot update this protected ref.", R::RuleViolated),
            (403, "Cannot update this protected ref.", R::RuleViolated),
            (422, "Repository rule violations found\n\nA new rule.\n\n", R::RuleViolated),
            (405, "Merge commits are not allowed on this repository.", R::MethodDisabled),
            (405, "Squash merges are not allowed on this repository.", R::MethodDisabled),
            (405, "Rebase merges are not allowed on this repository.", R::MethodDisabled),
            (
                405,
                "You're not authorized to push to this branch. Visit https://docs.github.com/x for more information.",
                R::NotAuthorized,
            ),
        ] {
            assert_eq!(classify(&rejection(status, message)), Some(refusal), "{status} {message}");
        }
    }

    #[test]
    fn what_any_call_can_be_answered_with_has_its_code() {
        for (status, message, code) in [
            (401, "Bad credentials", "token-rejected"),
            (403, "Resource not accessible by integration", "permission-denied"),
            (403, "Resource not accessible by personal access token", "permission-denied"),
            (403, WORKFLOW, "workflows-permission"),
            (405, WORKFLOW, "workflows-permission"),
            (422, WORKFLOW, "workflows-permission"),
            (403, SCOPE, "workflows-permission"),
            (
                403,
                "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
                "rate-limited",
            ),
            (429, "You have exceeded a secondary rate limit.", "rate-limited"),
            (403, "API rate limit exceeded for installation ID 1.", "rate-limited"),
            (404, "Not Found", "repository-not-found"),
            (403, "Repository was archived so is read-only.", "repository-archived"),
            (422, "Validation Failed", "unexpected-reply"),
            (502, "Bad Gateway", "github-unavailable"),
        ] {
            let rejection = rejection(status, message);
            assert_eq!(classify(&rejection), None, "{status} {message}");
            let failure = ApiError::Rejected(Box::new(rejection)).into_failure("merge");
            assert_eq!(failure.code.id, code, "{status} {message}");
        }
    }

    #[test]
    fn the_name_of_a_check_says_nothing() {
        for name in ["merge queue", "still a draft", "not authorized to push", "Base branch was modified"] {
            let message = format!("Required status check \"{name}\" is expected.");
            assert_eq!(classify(&rejection(405, &message)), Some(Refusal::ChecksMissing), "{name}");
        }
    }

    #[test]
    fn of_several_reasons_the_one_that_must_come_first_counts() {
        let message = "Repository rule violations found\n\nAt least 1 approving review is required by reviewers with write access.\nRequired status check \"ci\" is expected.\n\n";
        assert_eq!(classify(&rejection(405, message)), Some(Refusal::ReviewsMissing));
    }
}
