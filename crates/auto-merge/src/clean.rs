//! What is cleared away after a merge.

use github::{
    ApiError, GitHub,
    pulls::{self, PullRequest},
    refs::{self, RefError},
};
use model::Failure;

use crate::{apply::branch, request::Request};

/// Deletes the head's branch where that was asked for and harms nobody.
pub(crate) async fn delete_head(
    github: &GitHub,
    request: &Request,
    pull: &PullRequest,
) -> Result<bool, Failure> {
    let name = &pull.head.branch;
    let default = pull.base.repo.as_ref().and_then(|repo| repo.default_branch.as_ref());
    if !request.delete_head.has(name) || default == Some(name) {
        return Ok(false);
    }
    let doing = format!("delete the branch `{name}`");
    let failed = |error: ApiError| error.into_failure(&doing);
    let head = branch(name)?;
    // Someone may have pushed to it, or have opened a pull request into it, since.
    let (tip, based) = tokio::try_join!(
        refs::get(github, &request.repository, &head),
        pulls::list_open(github, &request.repository, name, None)
    )
    .map_err(failed)?;
    if tip.as_ref() != Some(&pull.head.sha) || !based.is_empty() {
        return Ok(false);
    }
    match refs::delete(github, &request.repository, &head).await {
        Ok(()) | Err(RefError::Missing(_)) => Ok(true),
        Err(RefError::Api(error)) => Err(failed(error)),
        Err(RefError::NotFastForward(r) | RefError::RuleViolated(r) | RefError::Exists(r)) => {
            Err(failed(ApiError::Rejected(r)))
        }
    }
}
