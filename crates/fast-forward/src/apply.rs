//! The writes, and what their answers mean.

use std::time::Duration;

use github::{
    ApiError, GitHub, Rejection,
    merge::{self, MergeBranchError},
    refs::{self, RefError},
};
use model::{CommitSha, Failure};

use crate::{codes, look, obstacles::Move, request::Request};

/// What follows from an answer.
#[derive(Debug)]
pub(crate) enum Step {
    /// The branch is here now.
    Moved(CommitSha),
    /// Nothing was done: look again where the branch is, for it moved. The text says why.
    Again(String),
    /// There was no clear answer: look whether the branch moved. The text says why.
    InDoubt(String),
    /// Nothing was done: GitHub asks to wait for so long.
    Wait(Duration),
    /// It cannot be merged without a person.
    Conflict,
    /// A rule forbids it, in GitHub's words.
    Forbidden(String),
    /// It changes workflow files, which the token may not.
    Workflows(Failure),
}

/// Completes "cannot …".
pub(crate) fn doing(request: &Request, way: Move) -> String {
    let (branch, to) = (&request.branch, request.to.short());
    match way {
        Move::FastForward => format!("fast-forward `{branch}` to {to}"),
        Move::BackMerge => format!("merge {to} into `{branch}`"),
    }
}

/// Moves the branch, once.
pub(crate) async fn make(github: &GitHub, request: &Request, way: Move) -> Result<Step, Failure> {
    match way {
        Move::FastForward => fast_forward(github, request).await,
        Move::BackMerge => back_merge(github, request).await,
    }
}

/// Moves the branch to the target, never back or aside.
async fn fast_forward(github: &GitHub, request: &Request) -> Result<Step, Failure> {
    match refs::fast_forward(github, &request.repository, &request.branch, &request.to).await {
        Ok(()) => Ok(Step::Moved(request.to.clone())),
        Err(RefError::NotFastForward(rejection)) => Ok(Step::Again(rejection.text())),
        Err(RefError::RuleViolated(rejection)) => Ok(Step::Forbidden(rejection.text())),
        Err(RefError::Missing(rejection)) => Err(missing(request, &rejection)),
        Err(RefError::Exists(rejection)) => {
            unclear(github, ApiError::Rejected(rejection), request, Move::FastForward)
        }
        Err(RefError::Api(error)) => unclear(github, error, request, Move::FastForward),
    }
}

/// Merges the target into the branch.
async fn back_merge(github: &GitHub, request: &Request) -> Result<Step, Failure> {
    let message = format!("Merge {} into {}", request.to.short(), request.branch);
    match merge::branch(github, &request.repository, &request.branch, &request.to, &message).await {
        Ok(Some(sha)) => Ok(Step::Moved(sha)),
        Ok(None) => Ok(Step::Again("the branch has the commit already".to_owned())),
        Err(MergeBranchError::Conflict) => Ok(Step::Conflict),
        Err(MergeBranchError::BaseMoved(rejection)) => Ok(Step::Again(rejection.text())),
        Err(MergeBranchError::RuleViolated(rejection)) => Ok(Step::Forbidden(rejection.text())),
        Err(MergeBranchError::Api(ApiError::Rejected(rejection))) if rejection.says("does not exist") => {
            Err(missing(request, &rejection))
        }
        Err(MergeBranchError::Api(error)) => unclear(github, error, request, Move::BackMerge),
    }
}

/// Branch or commit is gone since it was read: `Reference does not exist`, `Base does not exist`, or `Object …`, `Head …`.
fn missing(request: &Request, rejection: &Rejection) -> Failure {
    if rejection.says("object") || rejection.says("head") {
        let cause = format!("{} has no commit {}", request.repository, request.to);
        return Failure::new(&codes::COMMIT_NOT_FOUND, cause);
    }
    look::missing(request, &request.branch)
}

/// A write that may have taken effect is not repeated: the branch itself says whether it did.
fn unclear(github: &GitHub, error: ApiError, request: &Request, way: Move) -> Result<Step, Failure> {
    let doing = doing(request, way);
    if let Some(wait) = asked_for(github, &error) {
        return Ok(Step::Wait(wait));
    }
    match error {
        ApiError::Unreachable { .. } => Ok(Step::Again(error.to_string())),
        ApiError::Deadline { .. } => Err(error.into_failure(&doing).with_note(in_doubt(request))),
        error if error.is_in_doubt() => Ok(Step::InDoubt(error.to_string())),
        error => {
            let failure = error.into_failure(&doing);
            if *failure.code == github::codes::WORKFLOWS_PERMISSION {
                Ok(Step::Workflows(failure))
            } else {
                Err(failure)
            }
        }
    }
}

/// What a failure after a write without an answer has to say.
pub(crate) fn in_doubt(request: &Request) -> String {
    format!("`{}` may have been moved nevertheless: run again", request.branch)
}

/// How long GitHub's rate limit asks to wait, if that is still in time.
pub(crate) fn asked_for(github: &GitHub, error: &ApiError) -> Option<Duration> {
    let wait = error.rejection().filter(|rejection| rejection.rate_limited)?.retry_after?;
    (wait < github.deadline().remaining()).then_some(wait)
}
