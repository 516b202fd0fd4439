//! What is done instead of a merge that GitHub does not allow now.

use github::{
    GitHub,
    auto_merge::{self, EnableError},
    merge::Refusal,
    pulls::PullRequest,
    queue::{self, Enqueued},
};
use model::{Code, CommitSha, Failure};

use crate::{
    codes,
    request::{Method, Request},
    rule::Rule,
};

/// Whether GitHub's auto-merge is asked for and can do what `rule` stands against: wait for what others have to do.
pub(crate) fn is_for(request: &Request, method: Method, rule: &Rule) -> bool {
    let waits = [&codes::CHECKS_MISSING, &codes::APPROVALS_MISSING, &codes::MERGE_BLOCKED];
    // GitHub has no fast-forward.
    request.fallback.auto_merge && method != Method::FastForward && waits.contains(&rule.code)
}

/// Says that a fallback that is asked for does nothing for this base.
pub(crate) fn noted(request: &Request, method: Method, rule: Rule) -> Rule {
    if request.fallback.is_any() && method == Method::FastForward {
        let note = "`fallback` does nothing here: neither GitHub's queue nor its auto-merge fast-forwards";
        return rule.with_notes([note.to_owned()]);
    }
    rule
}

/// What came of auto-merge.
pub(crate) enum Enabled {
    /// GitHub merges when its rules hold.
    Yes,
    /// It can be merged at once.
    NothingToWaitFor,
    /// It cannot be turned on.
    No(Rule),
}

/// Turns GitHub's auto-merge on for `head`.
pub(crate) async fn auto_merge(
    github: &GitHub,
    pull: &PullRequest,
    head: &CommitSha,
    method: Method,
    (title, body): (Option<&str>, Option<&str>),
) -> Result<Enabled, Failure> {
    match auto_merge::enable(github, &pull.node_id, method.as_str(), head, title, body).await {
        Ok(()) => Ok(Enabled::Yes),
        Err(EnableError::CleanStatus) => Ok(Enabled::NothingToWaitFor),
        Err(EnableError::NotAllowed) => {
            let cause = "GitHub does not allow auto-merge for it";
            Ok(Enabled::No(Rule::new(&codes::AUTO_MERGE_NOT_ALLOWED, cause)))
        }
        Err(EnableError::NotAuthorized) => {
            let cause = format!(
                "the token may not push to `{}`, so that auto-merge cannot be turned on",
                pull.base.branch
            );
            Ok(Enabled::No(Rule::new(&codes::MERGE_NOT_AUTHORIZED, cause)))
        }
        Err(EnableError::HeadMoved) => {
            let cause = "its head moved before auto-merge was turned on";
            Ok(Enabled::No(Rule::new(&codes::MERGE_HEAD_MOVED, cause)))
        }
        Err(EnableError::Graphql(error)) => {
            Err(error.into_failure(&format!("turn on auto-merge of pull request #{}", pull.number)))
        }
    }
}

/// Puts it into the base's merge queue, or says why the queue does not take it.
pub(crate) async fn merge_queue(
    github: &GitHub,
    pull: &PullRequest,
    head: &CommitSha,
) -> Result<Result<Enqueued, Rule>, Failure> {
    let error = match queue::enqueue(github, &pull.node_id, head).await {
        Ok(enqueued) => return Ok(Ok(enqueued)),
        Err(error) => error,
    };
    let said: Vec<String> = error.problems().iter().map(|problem| problem.message.clone()).collect();
    let said = said.join("; ");
    let is_refusal = error.has_kind("UNPROCESSABLE");
    // Another run, or a person, was faster.
    if is_refusal && Refusal::in_words(&said) == Some(Refusal::Queued) {
        return Ok(Ok(Enqueued { position: None, url: None }));
    }
    if is_refusal {
        let cause =
            format!("the merge queue of `{}` does not take it; GitHub says: {said}", pull.base.branch);
        return Ok(Err(Rule::new(why_refused(&said), cause)));
    }
    Err(error.into_failure(&format!("put pull request #{} into the merge queue", pull.number)))
}

/// The queue wants what a merge wants, in the same words.
fn why_refused(said: &str) -> &'static Code {
    match Refusal::in_words(said) {
        Some(Refusal::ReviewsMissing) => &codes::APPROVALS_MISSING,
        Some(Refusal::ChecksMissing) => &codes::CHECKS_MISSING,
        Some(Refusal::HeadMoved) => &codes::MERGE_HEAD_MOVED,
        _ => &codes::MERGE_QUEUE_REFUSED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_refuses_in_the_words_of_a_merge() {
        for (said, code) in [
            (
                "Pull request At least 1 approving review is required by reviewers with write access.",
                "approvals-missing",
            ),
            ("Pull request Required status check \"ci\" is expected.", "checks-missing"),
            ("Expected head oid to be a but it was b.", "merge-head-moved"),
            ("Pull request Required workflow 'x' is not satisfied", "checks-missing"),
            ("Pull request Pull request is not mergeable", "merge-queue-refused"),
        ] {
            assert_eq!(why_refused(said).id, code, "{said}");
        }
        for said in ["Pull request is already in the queue", "Pull Request is already queued to merge"] {
            assert_eq!(Refusal::in_words(said), Some(Refusal::Queued), "{said}");
        }
    }
}
