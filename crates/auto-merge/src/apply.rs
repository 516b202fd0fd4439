//! Merges, and says what an answer means for the run.

use github::{
    ApiError, GitHub, commits, compare,
    merge::{self, MergeError, MergeRequest, Refusal},
    pulls,
    pulls::PullRequest,
    refs::{self, RefError},
};
use model::{Branch, CommitSha, Deadline, Failure};

use crate::{
    codes,
    message::{Message, mark},
    outcome::Landed,
    request::{Method, Request},
    rule::Rule,
};

/// Why there is no merge yet.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// Read the facts again and decide anew; if that does not help either, this rule is the reason.
    Again(Rule),
    /// A rule of GitHub's does not hold.
    Refused(Rule),
    /// The call failed.
    Failed(Failure),
}

/// Merges `head` and returns the commit that the base got.
pub(crate) async fn merge(
    github: &GitHub,
    request: &Request,
    pull: &PullRequest,
    head: &CommitSha,
    method: Method,
) -> Result<CommitSha, Verdict> {
    let doing = format!("merge pull request #{} of {}", pull.number, request.repository);
    if method == Method::FastForward {
        let base = branch(&pull.base.branch).map_err(Verdict::Failed)?;
        let moved = refs::fast_forward(github, &request.repository, &base, head).await;
        return moved.map(|()| head.clone()).map_err(|error| of_ref(error, pull, &doing));
    }
    let message = message(github, request, pull, method).await;
    let (title, body) = (message.title.as_deref(), message.body.as_deref());
    let merge_request = MergeRequest { sha: head, method: method.as_str(), title, body };
    match merge::pull_request(github, &request.repository, pull.number, &merge_request).await {
        Ok(sha) => Ok(sha),
        Err(MergeError::Api(error)) if error.status() == Some(403) => {
            Err(of_workflows(github, request, error, &doing).await)
        }
        Err(error) => Err(of_merge(error, pull, method, &doing)),
    }
}

async fn message(github: &GitHub, request: &Request, pull: &PullRequest, method: Method) -> Message {
    let run = request.run.as_ref();
    let commits = if request.wording.needs_commits(method, run) {
        // A message is no reason not to merge.
        pulls::messages(github, &request.repository, pull.number).await.unwrap_or_default()
    } else {
        Vec::new()
    };
    request.wording.write(method, pull, &commits, run)
}

/// Returns the other run that merged the pull request as `sha`, if its mark says so. A merge without a mark was made by
/// hand, or by a method that has no message of its own.
pub(crate) async fn other_run(
    github: &GitHub,
    request: &Request,
    pull: &PullRequest,
    method: Method,
    sha: &CommitSha,
) -> Result<Option<String>, Failure> {
    let Some(run) = request.run.as_ref().filter(|_| method.has_message() && *sha != pull.head.sha) else {
        return Ok(None);
    };
    let doing = format!("find out who merged pull request #{}", pull.number);
    let commit =
        commits::get(github, &request.repository, sha).await.map_err(|error| error.into_failure(&doing))?;
    Ok(mark(&commit.message).filter(|id| *id != run.id).map(str::to_owned))
}

/// GitHub answers like to any missing permission when a token may not change workflows: the files tell the two apart.
async fn of_workflows(github: &GitHub, request: &Request, error: ApiError, doing: &str) -> Verdict {
    let is_limit = error.rejection().is_some_and(|rejection| rejection.rate_limited);
    let files = if is_limit {
        Vec::new()
    } else {
        pulls::files(github, &request.repository, request.number).await.unwrap_or_default()
    };
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

fn of_merge(error: MergeError, pull: &PullRequest, method: Method, doing: &str) -> Verdict {
    let (refusal, rejection) = match error {
        MergeError::Refused(refusal, rejection) => (refusal, rejection),
        MergeError::Api(error) => return of_api(error, doing),
    };
    let said = format!("GitHub says: {}", rejection.text().replace('\n', " "));
    match refusal {
        Refusal::HeadMoved => {
            let cause = format!("its head moved while it was merged; {said}");
            Verdict::Refused(Rule::new(&codes::MERGE_HEAD_MOVED, cause))
        }
        Refusal::BaseMoved | Refusal::InProgress => {
            let cause = format!("`{}` got new commits at each attempt; {said}", pull.base.branch);
            Verdict::Again(Rule::new(&codes::MERGE_CONTENDED, cause))
        }
        Refusal::NotMergeable => {
            let cause = format!("its state is `{}`; {said}", pull.mergeable_state);
            Verdict::Again(Rule::new(&codes::MERGE_BLOCKED, cause))
        }
        Refusal::ChecksMissing => Verdict::Again(Rule::new(&codes::CHECKS_MISSING, said)),
        Refusal::Draft => Verdict::Refused(Rule::new(&codes::PULL_REQUEST_DRAFT, said)),
        Refusal::ReviewsMissing => Verdict::Refused(Rule::new(&codes::APPROVALS_MISSING, said)),
        Refusal::QueueRequired => Verdict::Refused(Rule::new(&codes::MERGE_QUEUE_REQUIRED, said)),
        Refusal::RuleViolated => Verdict::Refused(Rule::new(&codes::BRANCH_RULE_VIOLATED, said)),
        Refusal::NotAuthorized => Verdict::Refused(Rule::new(&codes::MERGE_NOT_AUTHORIZED, said)),
        Refusal::MethodDisabled => {
            let cause = format!("`{method}` is turned off; {said}");
            Verdict::Refused(Rule::new(&codes::METHOD_DISABLED, cause))
        }
    }
}

fn of_ref(error: RefError, pull: &PullRequest, doing: &str) -> Verdict {
    let said =
        |rejection: &github::Rejection| format!("GitHub says: {}", rejection.text().replace('\n', " "));
    match error {
        RefError::NotFastForward(rejection) => {
            let cause = format!("`{}` is not behind it; {}", pull.base.branch, said(&rejection));
            Verdict::Refused(Rule::new(&codes::NOT_FAST_FORWARD, cause))
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
    let never_sent = matches!(error, ApiError::Unreachable { .. });
    let retried = never_sent || error.is_in_doubt() && !matches!(error, ApiError::Deadline { .. });
    let failure = error.into_failure(doing);
    if retried {
        Verdict::Again(Rule::new(failure.code, failure.cause).with_remedy(failure.remedy))
    } else {
        Verdict::Failed(failure)
    }
}

/// Finds out where the base was before, and proves that it has the commit now.
pub(crate) async fn land(
    github: &GitHub,
    request: &Request,
    pull: &PullRequest,
    method: Method,
    sha: CommitSha,
    is_ours: bool,
) -> Result<Landed, Failure> {
    let doing = format!("find the merge of pull request #{}", pull.number);
    if !is_ours {
        let place = compare::compare(github, &request.repository, sha.as_str(), &pull.base.branch)
            .await
            .map_err(|error| error.into_failure(&doing))?;
        if !matches!(place.status, compare::Relation::Identical | compare::Relation::Ahead) {
            let cause =
                format!("it is merged as {sha}, and `{}` does not have that commit", pull.base.branch);
            return Err(Failure::new(&codes::MERGE_HEAD_MOVED, cause)
                .with_remedy("The base was reset after the merge: open a new pull request."));
        }
    }
    let before = match method {
        Method::Merge | Method::Squash => {
            match commits::get(github, &request.repository, &sha).await {
                Ok(commit) => commit.parents.into_iter().next().map(|parent| parent.sha),
                // What is merged is merged, and its commit is known: the pipeline goes on.
                Err(_) if is_ours => None,
                Err(error) => return Err(error.into_failure(&doing)),
            }
        }
        Method::FastForward | Method::Rebase => None,
    };
    Ok(Landed { sha, base: before.unwrap_or_else(|| pull.base.sha.clone()), deleted_head: false })
}

/// Waits before the facts are read again; `false` if the deadline would pass meanwhile.
pub(crate) async fn pause(deadline: Deadline, attempt: u32) -> bool {
    // A quarter of a second, doubled, at most three seconds: GitHub computes most merges within one.
    let delay =
        std::time::Duration::from_millis(250 << attempt.min(4)).min(std::time::Duration::from_secs(3));
    if delay >= deadline.remaining() {
        return false;
    }
    tokio::time::sleep(delay).await;
    true
}

/// Reads a branch's name that GitHub gave.
pub(crate) fn branch(name: &str) -> Result<Branch, Failure> {
    name.parse()
        .map_err(|error: model::ParseError| Failure::new(&model::codes::UNEXPECTED_REPLY, error.to_string()))
}
