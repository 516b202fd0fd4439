//! Merges, and finds out what a merge came to.

mod forward;

use github::{
    ApiError, GitHub, commits, compare,
    merge::{self, MergeError, MergeRequest},
    pulls,
    pulls::PullRequest,
};
use model::{Branch, CommitSha, Failure};

use crate::{
    answer::{self, Verdict},
    codes, look,
    message::Message,
    outcome::Landed,
    pace::Pace,
    request::{Method, Request, WorkflowRun},
};

/// What a merge came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Merged {
    /// The commit that the base got.
    pub sha: CommitSha,
    /// Where the base was before, if that is known for certain.
    pub before: Option<CommitSha>,
}

/// Merges `head`. `in_doubt` if a call of this very run was left without an answer.
pub(crate) async fn merge(
    github: &GitHub,
    request: &Request,
    pull: &PullRequest,
    (head, method): (&CommitSha, Method),
    in_doubt: bool,
) -> Result<Merged, Verdict> {
    let doing = format!("merge pull request #{} of {}", pull.number, request.repository);
    if method == Method::FastForward {
        return forward::merge(github, request, pull, (head, in_doubt), &doing).await;
    }
    let message = message(github, request, pull, method, request.run.as_ref()).await;
    look(github, request, pull).await?;
    let (title, body) = (message.title.as_deref(), message.body.as_deref());
    let merge_request = MergeRequest { sha: head, method: method.as_str(), title, body };
    match merge::pull_request(github, &request.repository, pull.number, &merge_request).await {
        Ok(sha) => Ok(Merged { sha, before: None }),
        Err(MergeError::Api(error)) if error.status() == Some(403) => {
            Err(answer::of_denial(github, request, error, &doing).await)
        }
        Err(error) => Err(answer::of_merge(error, pull, method, &doing)),
    }
}

/// What was changed since the gate was checked starts it over.
pub(crate) async fn look(github: &GitHub, request: &Request, pull: &PullRequest) -> Result<(), Verdict> {
    match look::before(github, request, pull).await {
        Ok(None) => Ok(()),
        Ok(Some(changed)) => Err(Verdict::Again(Pace::Passing, changed)),
        Err(failure) => Err(Verdict::Failed(failure)),
    }
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

/// Finds out where the base was before a merge of this very process. What is merged is merged, and its commit is known:
/// whatever fails now, the pipeline goes on.
pub(crate) async fn land(
    github: &GitHub,
    request: &Request,
    pull: &PullRequest,
    method: Method,
    merged: Merged,
) -> Landed {
    let Merged { sha, before } = merged;
    let before = match before {
        None => first_parent(github, request, method, &sha).await.unwrap_or_default(),
        known => known,
    };
    Landed { sha, base: before.unwrap_or_else(|| pull.base.sha.clone()), deleted_head: false }
}

/// Finds out where the base was before a merge from earlier, and proves that it has the commit now.
pub(crate) async fn find(
    github: &GitHub,
    request: &Request,
    pull: &PullRequest,
    method: Method,
    sha: CommitSha,
) -> Result<Landed, Failure> {
    let failed =
        |error: ApiError| error.into_failure(&format!("find the merge of pull request #{}", pull.number));
    let place = compare::compare(github, &request.repository, sha.as_str(), &pull.base.branch).await;
    if !has_it(&place.map_err(failed)?) {
        let cause = format!("it is merged as {sha}, and `{}` does not have that commit", pull.base.branch);
        return Err(Failure::new(&codes::MERGE_UNDONE, cause));
    }
    let before = first_parent(github, request, method, &sha).await.map_err(failed)?;
    Ok(Landed { sha, base: before.unwrap_or_else(|| pull.base.sha.clone()), deleted_head: false })
}

/// Whether what was compared with has the commit that was compared.
fn has_it(place: &compare::Comparison) -> bool {
    matches!(place.status, compare::Relation::Identical | compare::Relation::Ahead)
}

/// Returns where the base was before a merge whose commit tells.
async fn first_parent(
    github: &GitHub,
    request: &Request,
    method: Method,
    sha: &CommitSha,
) -> Result<Option<CommitSha>, ApiError> {
    if !method.has_message() {
        return Ok(None);
    }
    let commit = commits::get(github, &request.repository, sha).await?;
    Ok(commit.parents.into_iter().next().map(|parent| parent.sha))
}

/// Reads a branch's name that GitHub gave.
pub(crate) fn branch(name: &str) -> Result<Branch, Failure> {
    name.parse()
        .map_err(|error: model::ParseError| Failure::new(&model::codes::UNEXPECTED_REPLY, error.to_string()))
}
