//! The one pull request that brings a target into a branch when nothing else can.
//!
//! It always comes from the same branch, so that a second promotion finds the first one's pull request and adds to
//! it. What people pushed to it (a solved conflict) is kept as long as it is open; what is left over from one that was
//! closed does not come back. It is never closed here: once the branch has all of it, by whatever way, GitHub marks it as
//! merged, and until then it has something that the branch lacks.

mod words;

use std::time::Duration;

use github::{
    ApiError, GitHub,
    compare::{self, Relation},
    merge::{self, MergeBranchError},
    pulls::{self, CreateError, NewPullRequest, PullRequest},
    refs::{self, RefError},
    repository,
};
use model::{CommitSha, Failure};
use toolkit::Backoff;

use crate::{
    apply, codes,
    outcome::{Done, Why},
    request::Request,
};

/// So often is the sync branch looked at while others move it or answers are lost.
const MAX_LOOKS: u32 = 8;

/// Where the sync branch is now.
enum Sync {
    /// It is at this commit, which has the target and more: a newer promotion, or what people did.
    Further(CommitSha),
    /// It was brought to the target.
    Here,
    /// It conflicts with it: a person has to solve that too.
    Lacks,
}

/// Finds or opens the pull request, and brings its branch to the target; none if the branch has the target meanwhile.
pub(crate) async fn ensure(github: &GitHub, request: &Request, why: &Why) -> Result<Option<Done>, Failure> {
    let mut is_new = false;
    let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(4));
    for _ in 0..MAX_LOOKS {
        match step(github, request, why, &mut is_new).await? {
            Step::Done(done) => return Ok(Some(done)),
            Step::NotNeeded => return Ok(None),
            Step::Again => {}
        }
        tokio::time::sleep(github.deadline().cap(backoff.next_delay())).await;
    }
    let cause = format!("cannot {} in {MAX_LOOKS} attempts", doing(request));
    Err(Failure::new(&codes::BRANCH_CONTENDED, cause))
}

/// Completes "cannot …".
fn doing(request: &Request) -> String {
    format!("open a pull request from `{}` into `{}`", request.sync_branch, request.branch)
}

/// Whether it is the standing one: a fork can have a branch of the same name.
pub(crate) fn is_standing(request: &Request, pull: &PullRequest) -> bool {
    let repository = request.repository.to_string();
    let is_own = |side: &pulls::SideRepository| side.full_name.eq_ignore_ascii_case(&repository);
    pull.head.branch == request.sync_branch.as_str() && pull.head.repo.as_ref().is_some_and(is_own)
}

/// What comes after a look and its writes.
enum Step {
    /// The pull request is there.
    Done(Done),
    /// The branch has the target already.
    NotNeeded,
    /// Another look: another run was there, or there was no clear answer.
    Again,
}

/// One look and its writes. `is_new` tells whether an earlier one may have opened the pull request.
async fn step(github: &GitHub, request: &Request, why: &Why, is_new: &mut bool) -> Result<Step, Failure> {
    let failed = |error: ApiError| error.into_failure(&doing(request));
    let (repository, sync) = (&request.repository, &request.sync_branch);
    let (base, head) = (request.branch.as_str(), Some(sync.as_str()));
    let (open, tip) =
        tokio::join!(pulls::list_open(github, repository, base, head), refs::get(github, repository, sync),);
    let open = open.map_err(failed)?.into_iter().find(|pull| is_standing(request, pull));
    let Some(state) = bring(github, request, tip.map_err(failed)?, open.is_some()).await? else {
        return Ok(Step::Again);
    };
    let lacks = matches!(state, Sync::Lacks);
    let (title, body) = words::describe(request, why, lacks);
    if let Some(pull) = open {
        let is_ours = pull.body.trim_start().starts_with(words::MARK);
        let is_stale = pull.title != title || pull.body.trim() != body;
        if is_ours && is_stale && !matches!(state, Sync::Further(_)) {
            // Words, which are not worth a failure.
            let _ = pulls::update(github, repository, pull.number, Some(&title), Some(&body)).await;
        }
        let PullRequest { number, html_url: url, .. } = pull;
        return Ok(Step::Done(if lacks {
            Done::PullRequestLacks { number, url }
        } else {
            Done::PullRequest { number, url, is_new: *is_new }
        }));
    }
    let new = NewPullRequest { head: sync, base: &request.branch, title: &title, body: &body };
    match pulls::create(github, repository, &new).await {
        Ok(PullRequest { number, html_url: url, head, .. }) => {
            *is_new = true;
            let brought = if let Sync::Further(tip) = &state { tip } else { &request.to };
            // Otherwise another run took the branch elsewhere just before, and this target may be missing.
            let is_whole = head.sha == *brought;
            Ok(if is_whole {
                Step::Done(Done::PullRequest { number, url, is_new: true })
            } else {
                Step::Again
            })
        }
        Err(CreateError::NothingToMerge) => Ok(Step::NotNeeded),
        Err(CreateError::NotAllowedForActions) => {
            let cause = format!("cannot {}: workflows of {repository} may not", doing(request));
            Err(Failure::new(&codes::PULL_REQUEST_NOT_ALLOWED, cause))
        }
        // Another run was faster.
        Err(CreateError::Exists) => Ok(Step::Again),
        Err(CreateError::Api(error)) if error.rejection().is_some_and(is_gone) => Ok(Step::Again),
        Err(CreateError::Api(error)) => {
            *is_new |= error.is_in_doubt();
            again::<()>(github, error, request).await.map(|_| Step::Again)
        }
    }
}

/// `Validation Failed (PullRequest head invalid)`: its branch was deleted at this moment.
fn is_gone(rejection: &github::Rejection) -> bool {
    rejection.status == 422 && rejection.says("head invalid")
}

/// Another look, if the same may well succeed then.
async fn again<T>(github: &GitHub, error: ApiError, request: &Request) -> Result<Option<T>, Failure> {
    if let Some(wait) = apply::asked_for(github, &error) {
        tokio::time::sleep(wait).await;
        return Ok(None);
    }
    let is_over = matches!(error, ApiError::Deadline { .. });
    if !is_over && (matches!(error, ApiError::Unreachable { .. }) || error.is_in_doubt()) {
        return Ok(None);
    }
    Err(error.into_failure(&doing(request)))
}

/// Brings the sync branch from `tip` to the target; `None` if it has moved meanwhile. Without an open pull request it is
/// ours alone; with one, nothing of it is lost.
async fn bring(
    github: &GitHub,
    request: &Request,
    tip: Option<CommitSha>,
    is_open: bool,
) -> Result<Option<Sync>, Failure> {
    let (repository, sync, to) = (&request.repository, &request.sync_branch, &request.to);
    let Some(tip) = tip else {
        return written(github, refs::create(github, repository, sync, to).await, request).await;
    };
    let place = compare::compare(github, repository, tip.as_str(), to.as_str()).await;
    let place = place.map_err(|error| error.into_failure(&doing(request)))?;
    match place.status {
        Relation::Identical => Ok(Some(Sync::Here)),
        Relation::Behind if !is_open && is_left_over(github, request, &tip).await? => {
            written(github, reset(github, request, &tip).await, request).await
        }
        Relation::Behind => Ok(Some(Sync::Further(tip))),
        Relation::Ahead => {
            written(github, refs::fast_forward(github, repository, sync, to).await, request).await
        }
        Relation::Diverged if !is_open => written(github, reset(github, request, &tip).await, request).await,
        Relation::Diverged => {
            let message = format!("Merge {} into {sync}", to.short());
            match merge::branch(github, repository, sync, to, &message).await {
                Ok(Some(_)) => Ok(Some(Sync::Here)),
                Ok(None) => Ok(Some(Sync::Further(tip))),
                Err(MergeBranchError::Conflict) => Ok(Some(Sync::Lacks)),
                Err(MergeBranchError::BaseMoved(_)) => Ok(None),
                Err(MergeBranchError::RuleViolated(rejection)) => Err(forbidden(request, &rejection)),
                Err(MergeBranchError::Api(error)) => again(github, error, request).await,
            }
        }
    }
}

/// Whether the sync branch, which has the target and more, has that from a pull request that was closed, or not from
/// `source`. It is another run's newer target otherwise, whose pull request is about to be opened.
async fn is_left_over(github: &GitHub, request: &Request, tip: &CommitSha) -> Result<bool, Failure> {
    let (repository, to) = (&request.repository, &request.to);
    let failed = |error: ApiError| error.into_failure(&doing(request));
    let (base, head) = (request.branch.as_str(), request.sync_branch.as_str());
    let from_source = async {
        match &request.source {
            Some(source) => {
                compare::compare(github, repository, source.as_str(), tip.as_str()).await.map(Some)
            }
            None => Ok(None),
        }
    };
    let (closed, more, from_source) = tokio::join!(
        pulls::list_closed(github, repository, base, head),
        compare::gain(github, repository, to.as_str(), tip),
        from_source,
    );
    let (closed, more) = (closed.map_err(failed)?, more.map_err(failed)?.commits);
    let was_closed = |pull: &PullRequest| is_standing(request, pull) && more.contains(&pull.head.sha);
    let is_foreign = from_source
        .map_err(failed)?
        .is_some_and(|place| !matches!(place.status, Relation::Identical | Relation::Behind));
    Ok(is_foreign || closed.iter().any(was_closed))
}

/// Takes the sync branch from where it was read to the target. Another run that is faster must not be undone: it may have
/// opened its pull request already.
async fn reset(github: &GitHub, request: &Request, tip: &CommitSha) -> Result<(), RefError> {
    let (repository, sync, to) = (&request.repository, &request.sync_branch, &request.to);
    let id = repository::node_id(github, repository).await?;
    match refs::move_from(github, &id, sync, tip, to, true).await {
        Err(error) if refs::lacks_swap(&error) => refs::reset(github, repository, sync, to).await,
        result => result,
    }
}

async fn written(
    github: &GitHub,
    result: Result<(), RefError>,
    request: &Request,
) -> Result<Option<Sync>, Failure> {
    match result {
        Ok(()) => Ok(Some(Sync::Here)),
        Err(RefError::NotFastForward(_) | RefError::Exists(_) | RefError::Missing(_)) => Ok(None),
        Err(RefError::RuleViolated(rejection)) => Err(forbidden(request, &rejection)),
        Err(RefError::Api(error)) => again(github, error, request).await,
    }
}

/// A rule that concerns the sync branch, such as one for all branches.
fn forbidden(request: &Request, rejection: &github::Rejection) -> Failure {
    let sync = &request.sync_branch;
    let cause = format!("cannot {}: GitHub says of `{sync}`: {}", doing(request), rejection.text());
    Failure::new(&codes::BRANCH_PROTECTED, crate::obstacles::in_one_line(&cause)).with_remedy(format!(
        "Exclude `{sync}` from the rules that are named, or let the App whose token this is bypass them."
    ))
}
