//! What GitHub's answer to a merge means for the run.

use github::{
    ApiError, GitHub, Rejection,
    merge::{MergeError, Refusal},
    pulls,
    pulls::PullRequest,
    refs::RefError,
};
use model::Failure;

use crate::{
    codes,
    pace::Pace,
    request::{Method, Request},
    rule::Rule,
};

/// Why there is no merge yet.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// Read the facts again and decide anew; if that does not help either, this rule is the reason.
    Again(Pace, Rule),
    /// The same, and the merge may have taken effect although it was not confirmed.
    InDoubt(Rule),
    /// The base's own rules are against it: what exactly has to be found out.
    Blocked(Block, Rule),
    /// It is in the base's merge queue already.
    Queued,
    /// It is refused, whatever the base's rules are.
    Refused(Rule),
    /// The call failed.
    Failed(Failure),
}

/// Which of the base's rules GitHub names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Block {
    /// Required checks. GitHub also says so when they passed on a head that lacks commits of the base.
    Checks,
    /// Approving reviews.
    Reviews,
    /// The head lacks commits of the base.
    Behind,
    /// The merge queue.
    Queue,
    /// Another rule, or several.
    Rule,
    /// None.
    Unnamed,
}

/// Classifies an answer to `PUT …/merge`.
pub(crate) fn of_merge(error: MergeError, pull: &PullRequest, method: Method, doing: &str) -> Verdict {
    let (refusal, rejection) = match error {
        MergeError::Refused(refusal, rejection) => (refusal, rejection),
        MergeError::Api(error) => return of_api(error, doing),
    };
    let said = said(&rejection);
    let base = &pull.base.branch;
    match refusal {
        Refusal::Queued => Verdict::Queued,
        Refusal::HeadMoved => {
            let cause = format!("its head moved while it was merged; {said}");
            Verdict::Refused(Rule::new(&codes::MERGE_HEAD_MOVED, cause))
        }
        Refusal::BaseMoved | Refusal::InProgress => {
            let cause = format!("`{base}` got new commits at each attempt; {said}");
            Verdict::Again(Pace::Contended, Rule::new(&codes::MERGE_CONTENDED, cause))
        }
        Refusal::NotMergeable => not_mergeable(pull, &said),
        Refusal::ChecksMissing => Verdict::Blocked(Block::Checks, Rule::new(&codes::CHECKS_MISSING, said)),
        Refusal::ReviewsMissing => {
            let objects = rejection.says("changes have been requested");
            let code = if objects { &codes::CHANGES_REQUESTED } else { &codes::APPROVALS_MISSING };
            Verdict::Blocked(Block::Reviews, Rule::new(code, said))
        }
        Refusal::Behind => Verdict::Blocked(Block::Behind, Rule::new(&codes::BRANCH_BEHIND, said)),
        Refusal::QueueRequired => {
            Verdict::Blocked(Block::Queue, Rule::new(&codes::MERGE_QUEUE_REQUIRED, said))
        }
        Refusal::RuleViolated
        | Refusal::ConversationsOpen
        | Refusal::SignaturesMissing
        | Refusal::DeploymentsMissing
        | Refusal::Locked => Verdict::Blocked(Block::Rule, Rule::new(&codes::BRANCH_RULE_VIOLATED, said)),
        Refusal::LinearHistory => {
            let cause = format!("`{base}` takes no merge commits; {said}");
            Verdict::Refused(Rule::new(&codes::METHOD_DISABLED, cause))
        }
        Refusal::CannotRebase => {
            let cause = format!("its commits do not apply to `{base}` one by one; {said}");
            Verdict::Refused(Rule::new(&codes::MERGE_CONFLICT, cause))
        }
        Refusal::Draft => Verdict::Refused(Rule::new(&codes::PULL_REQUEST_DRAFT, said)),
        Refusal::NotAuthorized => Verdict::Refused(Rule::new(&codes::MERGE_NOT_AUTHORIZED, said)),
        Refusal::MethodDisabled => {
            let cause = format!("`{method}` is turned off; {said}");
            Verdict::Refused(Rule::new(&codes::METHOD_DISABLED, cause))
        }
    }
}

/// GitHub gives no reason, and the state that was read before has one, or has become another one since.
fn not_mergeable(pull: &PullRequest, said: &str) -> Verdict {
    let state = &pull.mergeable_state;
    let rule = Rule::new(&codes::MERGE_BLOCKED, format!("its state is `{state}`; {said}"));
    match state.as_str() {
        "blocked" => Verdict::Blocked(Block::Unnamed, rule),
        "behind" => Verdict::Blocked(Block::Behind, rule),
        _ => Verdict::Again(Pace::Passing, rule),
    }
}

/// Classifies an answer to a fast-forward of the base, which rules word like a merge.
pub(crate) fn of_ref(error: RefError, pull: &PullRequest, doing: &str) -> Verdict {
    match error {
        RefError::NotFastForward(rejection) => {
            let cause = format!("`{}` is not behind it; {}", pull.base.branch, said(&rejection));
            Verdict::Refused(Rule::new(&codes::NOT_FAST_FORWARD, cause))
        }
        RefError::RuleViolated(rejection) if rejection.says("status check") => {
            Verdict::Blocked(Block::Checks, Rule::new(&codes::CHECKS_MISSING, said(&rejection)))
        }
        RefError::RuleViolated(rejection) => {
            Verdict::Refused(Rule::new(&codes::BRANCH_RULE_VIOLATED, said(&rejection)))
        }
        RefError::Exists(rejection) | RefError::Missing(rejection) => {
            Verdict::Failed(ApiError::Rejected(rejection).into_failure(doing))
        }
        RefError::Api(error) => of_api(error, doing),
    }
}

/// A write that is in doubt is not repeated: the facts are read again, and they know whether it took effect.
fn of_api(error: ApiError, doing: &str) -> Verdict {
    let wish =
        error.rejection().filter(|rejection| rejection.rate_limited).map(|rejection| rejection.retry_after);
    let (never_sent, in_doubt) = (matches!(error, ApiError::Unreachable { .. }), error.is_in_doubt());
    let is_late = matches!(error, ApiError::Deadline { .. });
    let mut failure = error.into_failure(doing);
    if in_doubt {
        failure = failure.with_note("it may have been merged nevertheless: run again");
    }
    if is_late {
        return Verdict::Failed(failure);
    }
    let rule = || Rule::of(&failure);
    match wish {
        Some(wait) => Verdict::Again(wait.map_or(Pace::Passing, Pace::After), rule()),
        None if in_doubt => Verdict::InDoubt(rule()),
        None if never_sent => Verdict::Again(Pace::Passing, rule()),
        None => Verdict::Failed(failure),
    }
}

/// GitHub answers like to any missing permission when a token may not change workflows: the files tell the two apart.
pub(crate) async fn of_denial(github: &GitHub, request: &Request, error: ApiError, doing: &str) -> Verdict {
    if error.rejection().is_some_and(|rejection| rejection.rate_limited) {
        return of_api(error, doing);
    }
    let files = pulls::files(github, &request.repository, request.number).await.unwrap_or_default();
    let workflows: Vec<&str> = files
        .iter()
        .map(|file| file.filename.as_str())
        .filter(|name| name.starts_with(".github/workflows/"))
        .collect();
    let failure = error.into_failure(doing);
    if workflows.is_empty() {
        return Verdict::Failed(failure);
    }
    let cause = format!("{}; the pull request changes {}", failure.cause, workflows.join(", "));
    let mut explained = Failure::new(&github::codes::WORKFLOWS_PERMISSION, cause);
    explained.notes = failure.notes;
    Verdict::Failed(explained)
}

fn said(rejection: &Rejection) -> String {
    format!("GitHub says: {}", rejection.text().split_whitespace().collect::<Vec<_>>().join(" "))
}
