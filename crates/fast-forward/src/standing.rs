//! The one pull request that brings a target into a branch when nothing else can.
//!
//! It always comes from the same branch, so that a second promotion finds the first one's pull request and adds to
//! it. What people pushed to it (a solved conflict) is kept as long as it is open.

use std::time::Duration;

use github::{
    ApiError, GitHub,
    compare::{self, Relation},
    merge::{self, MergeBranchError},
    pulls::{self, CreateError, NewPullRequest, PullRequest},
    refs::{self, RefError},
};
use model::Failure;

use crate::{codes, outcome::Done, request::Request};

/// So often is the sync branch looked at while others move it or answers are lost.
const MAX_LOOKS: u32 = 5;

/// Finds or opens the pull request, and brings its branch to the target.
pub(crate) async fn ensure(github: &GitHub, request: &Request) -> Result<Done, Failure> {
    let failed = |error: ApiError| error.into_failure(&doing(request));
    let open = find(github, request).await.map_err(failed)?;
    let has_target = bring(github, request, open.is_some()).await?;
    if let Some(pull) = open {
        return Ok(if has_target {
            done(pull, false)
        } else {
            Done::PullRequestLacks { number: pull.number, url: pull.html_url }
        });
    }
    let title = format!("Merge {} into {}", request.to.short(), request.branch);
    let body = format!(
        "`{branch}` and `{to}` have diverged, and merging them needs a person.\n\n\
         Solve the conflict on `{sync}` and merge this pull request **with a merge commit**: squash or rebase would \
         give `{branch}` other commits, and every later fast-forward would fail.\n\n\
         Further promotions are added to this pull request while it is open.",
        branch = request.branch,
        to = request.to,
        sync = request.sync_branch,
    );
    let new =
        NewPullRequest { head: &request.sync_branch, base: &request.branch, title: &title, body: &body };
    match pulls::create(github, &request.repository, &new).await {
        Ok(pull) => Ok(done(pull, true)),
        Err(CreateError::NothingToMerge) => Ok(Done::UpToDate),
        Err(CreateError::NotAllowedForActions) => {
            let cause = format!("cannot {}: workflows of {} may not", doing(request), request.repository);
            Err(Failure::new(&codes::PULL_REQUEST_NOT_ALLOWED, cause))
        }
        // Another run was faster, or our own call took effect without an answer.
        Err(CreateError::Exists) => adopt(github, request, None).await,
        Err(CreateError::Api(error)) if error.is_in_doubt() => adopt(github, request, Some(error)).await,
        Err(CreateError::Api(error)) => Err(failed(error)),
    }
}

fn doing(request: &Request) -> String {
    format!("open a pull request from `{}` into `{}`", request.sync_branch, request.branch)
}

fn done(pull: PullRequest, is_new: bool) -> Done {
    Done::PullRequest { number: pull.number, url: pull.html_url, is_new }
}

async fn find(github: &GitHub, request: &Request) -> Result<Option<PullRequest>, ApiError> {
    let head = request.sync_branch.as_str();
    let open = pulls::list_open(github, &request.repository, request.branch.as_str(), Some(head)).await?;
    Ok(open.into_iter().find(|pull| pull.head.branch == head))
}

async fn adopt(github: &GitHub, request: &Request, cause: Option<ApiError>) -> Result<Done, Failure> {
    let found = find(github, request).await.map_err(|error| error.into_failure(&doing(request)))?;
    match (found, cause) {
        (Some(pull), cause) => Ok(done(pull, cause.is_some())),
        (None, Some(error)) => Err(error.into_failure(&doing(request))),
        (None, None) => {
            let cause = format!("cannot {}: GitHub says there is one, and lists none", doing(request));
            Err(Failure::new(&model::codes::UNEXPECTED_REPLY, cause))
        }
    }
}

/// Brings the sync branch to the target, and says whether it has it: a second conflict has to be solved by a person too.
/// Without an open pull request the branch is ours alone; with one, nothing is lost.
async fn bring(github: &GitHub, request: &Request, is_open: bool) -> Result<bool, Failure> {
    for attempt in 0..MAX_LOOKS {
        if let Some(has_target) = step(github, request, is_open).await? {
            return Ok(has_target);
        }
        tokio::time::sleep(github.deadline().cap(Duration::from_millis(250 << attempt))).await;
    }
    let (sync, to) = (&request.sync_branch, request.to.short());
    let cause = format!("cannot bring `{sync}` to {to} in {MAX_LOOKS} attempts");
    Err(Failure::new(&codes::BRANCH_CONTENDED, cause))
}

/// One look and at most one write; `None` if the branch has to be looked at again, since another run moved it or there
/// was no clear answer.
async fn step(github: &GitHub, request: &Request, is_open: bool) -> Result<Option<bool>, Failure> {
    let (repository, sync, to) = (&request.repository, &request.sync_branch, &request.to);
    let failed = |error: ApiError| error.into_failure(&format!("bring `{sync}` to {}", to.short()));
    let unclear = |error: ApiError| match error {
        ApiError::Unreachable { .. } => Ok(None),
        ApiError::Deadline { .. } => Err(failed(error)),
        error if error.is_in_doubt() => Ok(None),
        error => Err(failed(error)),
    };
    let written = |result: Result<(), RefError>| match result {
        Ok(()) => Ok(Some(true)),
        Err(RefError::NotFastForward(_) | RefError::Exists(_)) => Ok(None),
        Err(error) => unclear(into_api(error)),
    };
    let Some(tip) = refs::get(github, repository, sync).await.map_err(failed)? else {
        return written(refs::create(github, repository, sync, to).await);
    };
    let place = compare::compare(github, repository, tip.as_str(), to.as_str()).await.map_err(failed)?;
    match place.status {
        Relation::Identical | Relation::Behind => Ok(Some(true)),
        Relation::Ahead => written(refs::fast_forward(github, repository, sync, to).await),
        Relation::Diverged if !is_open => written(refs::reset(github, repository, sync, to).await),
        Relation::Diverged => {
            let message = format!("Merge {} into {sync}", to.short());
            match merge::branch(github, repository, sync, to, &message).await {
                Ok(_) => Ok(Some(true)),
                Err(MergeBranchError::Conflict) => Ok(Some(false)),
                Err(MergeBranchError::RuleViolated(rejection)) => Err(failed(ApiError::Rejected(rejection))),
                Err(MergeBranchError::Api(error)) => unclear(error),
            }
        }
    }
}

fn into_api(error: RefError) -> ApiError {
    match error {
        RefError::Api(error) => error,
        RefError::NotFastForward(rejection)
        | RefError::RuleViolated(rejection)
        | RefError::Exists(rejection)
        | RefError::Missing(rejection) => ApiError::Rejected(rejection),
    }
}
