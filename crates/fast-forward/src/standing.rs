//! The one pull request that brings a target into a branch when nothing else can.
//!
//! It always comes from the same branch, so that a second promotion finds the first one's pull request and adds to
//! it. What people pushed to it (a solved conflict) is kept as long as it is open.

use github::{
    ApiError, GitHub,
    compare::{self, Relation},
    merge::{self, MergeBranchError},
    pulls::{self, CreateError, NewPullRequest, PullRequest},
    refs::{self, RefError},
};
use model::Failure;

use crate::{codes, outcome::Done, request::Request};

/// Finds or opens the pull request, and brings its branch to the target.
pub(crate) async fn ensure(github: &GitHub, request: &Request) -> Result<Done, Failure> {
    let failed = |error: ApiError| error.into_failure(&doing(request));
    let open = find(github, request).await.map_err(failed)?;
    bring(github, request, open.is_some()).await?;
    if let Some(pull) = open {
        return Ok(done(pull, false));
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

/// Brings the sync branch to the target. Without an open pull request it is ours alone; with one, nothing is lost.
async fn bring(github: &GitHub, request: &Request, is_open: bool) -> Result<(), Failure> {
    let (repository, sync, to) = (&request.repository, &request.sync_branch, &request.to);
    let failed = |error: ApiError| error.into_failure(&format!("bring `{sync}` to {}", to.short()));
    let Some(tip) = refs::get(github, repository, sync).await.map_err(failed)? else {
        return match refs::create(github, repository, sync, to).await {
            Ok(()) | Err(RefError::Exists(_)) => Ok(()),
            Err(error) => Err(failed(into_api(error))),
        };
    };
    let place = compare::compare(github, repository, tip.as_str(), to.as_str()).await.map_err(failed)?;
    let moved = match place.status {
        Relation::Identical | Relation::Behind => return Ok(()),
        Relation::Ahead => refs::fast_forward(github, repository, sync, to).await,
        Relation::Diverged if !is_open => refs::reset(github, repository, sync, to).await,
        Relation::Diverged => {
            let message = format!("Merge {} into {sync}", to.short());
            return match merge::branch(github, repository, sync, to, &message).await {
                // A second conflict waits until the first is solved: the next run tries again.
                Ok(_) | Err(MergeBranchError::Conflict) => Ok(()),
                Err(MergeBranchError::RuleViolated(rejection)) => Err(failed(ApiError::Rejected(rejection))),
                Err(MergeBranchError::Api(error)) => Err(failed(error)),
            };
        }
    };
    match moved {
        // Moved meanwhile by another run, whose target counts as well as ours.
        Ok(()) | Err(RefError::NotFastForward(_)) => Ok(()),
        Err(error) => Err(failed(into_api(error))),
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
