//! Merges, and finds out what a merge came to.

use github::{
    GitHub, commits, compare,
    merge::{self, MergeError, MergeRequest},
    pulls,
    pulls::{Account, PullRequest},
    refs::{self, RefError},
};
use model::{Branch, CommitSha, Failure};

use crate::{
    answer::{self, Verdict},
    codes, look,
    message::{Message, mark},
    outcome::Landed,
    pace::Pace,
    request::{Method, Request, WorkflowRun},
};

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
        look(github, request, pull).await?;
        return match refs::fast_forward(github, &request.repository, &base, head).await {
            Ok(()) => Ok(head.clone()),
            // It was there before, by a call whose answer was lost, and others have moved the base on since.
            Err(RefError::NotFastForward(_)) if is_in(github, request, head, &base).await => Ok(head.clone()),
            Err(error) => Err(answer::of_ref(error, pull, &doing)),
        };
    }
    let message = message(github, request, pull, method, request.run.as_ref()).await;
    look(github, request, pull).await?;
    let (title, body) = (message.title.as_deref(), message.body.as_deref());
    let merge_request = MergeRequest { sha: head, method: method.as_str(), title, body };
    match merge::pull_request(github, &request.repository, pull.number, &merge_request).await {
        Ok(sha) => Ok(sha),
        Err(MergeError::Api(error)) if error.status() == Some(403) => {
            Err(answer::of_denial(github, request, error, &doing).await)
        }
        Err(error) => Err(answer::of_merge(error, pull, method, &doing)),
    }
}

/// What was changed since the gate was checked starts it over.
async fn look(github: &GitHub, request: &Request, pull: &PullRequest) -> Result<(), Verdict> {
    match look::before(github, request, pull).await {
        Ok(None) => Ok(()),
        Ok(Some(changed)) => Err(Verdict::Again(Pace::Passing, changed)),
        Err(failure) => Err(Verdict::Failed(failure)),
    }
}

/// Whether a branch has a commit.
async fn is_in(github: &GitHub, request: &Request, sha: &CommitSha, branch: &Branch) -> bool {
    let place = compare::compare(github, &request.repository, sha.as_str(), branch.as_str()).await;
    place.is_ok_and(|place| matches!(place.status, compare::Relation::Identical | compare::Relation::Ahead))
}

/// The merge's message, with the mark of the run that goes on from it, if one does.
pub(crate) async fn message(
    github: &GitHub,
    request: &Request,
    pull: &PullRequest,
    method: Method,
    run: Option<&WorkflowRun>,
) -> Message {
    let commits = if request.wording.needs_commits(method, run) {
        // A message is no reason not to merge.
        pulls::messages(github, &request.repository, pull.number).await.unwrap_or_default()
    } else {
        Vec::new()
    };
    request.wording.write(method, pull, &commits, run)
}

/// Who merged a pull request, as far as its commit tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Merger {
    /// This run, by an earlier attempt or by a call whose answer was lost.
    Us,
    /// Another run of this action.
    Run(String),
    /// There is no mark: it was merged by hand, or by a method that has no message of its own.
    Unknown,
}

/// Returns who merged the pull request as `sha`.
pub(crate) async fn merger(
    github: &GitHub,
    request: &Request,
    pull: &PullRequest,
    method: Method,
    sha: &CommitSha,
) -> Result<Merger, Failure> {
    let has_mark = method.has_message() && *sha != pull.head.sha && !is_by_hand(request, pull);
    let Some(run) = request.run.as_ref().filter(|_| has_mark) else {
        return Ok(Merger::Unknown);
    };
    let doing = format!("find out who merged pull request #{}", pull.number);
    let commit =
        commits::get(github, &request.repository, sha).await.map_err(|error| error.into_failure(&doing))?;
    Ok(match mark(&commit.message) {
        Some(id) if id == run.id => Merger::Us,
        Some(id) => Merger::Run(id.to_owned()),
        None => Merger::Unknown,
    })
}

/// Whether a person merged it, where the runs act as an App: that message is the person's, or the author's, and what
/// looks like a mark in it is none.
fn is_by_hand(request: &Request, pull: &PullRequest) -> bool {
    request.credentials.is_app() && pull.merged_by.as_ref().is_some_and(Account::is_person)
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

/// Reads a branch's name that GitHub gave.
pub(crate) fn branch(name: &str) -> Result<Branch, Failure> {
    name.parse()
        .map_err(|error: model::ParseError| Failure::new(&model::codes::UNEXPECTED_REPLY, error.to_string()))
}
