//! What is cleared away after a merge.

use github::{
    GitHub,
    pulls::{self, PullRequest},
    refs::{self, RefError},
};
use model::{Branch, CommitSha};

use crate::{apply::branch, request::Request};

/// Deletes the head's branch where that was asked for and harms nobody; `false` if it was not asked for. The error says
/// why the branch stays, which is no failure: the merge is what counts.
pub(crate) async fn delete_head(
    github: &GitHub,
    request: &Request,
    pull: &PullRequest,
) -> Result<bool, String> {
    let name = &pull.head.branch;
    let default = pull.base.repo.as_ref().and_then(|repo| repo.default_branch.as_ref());
    if !request.delete_head.has(name) {
        return Ok(false);
    }
    if default == Some(name) {
        return Err("it is the default branch".to_owned());
    }
    let head = branch(name).map_err(|failure| failure.cause)?;
    let (into, from) = tokio::try_join!(
        pulls::list_open(github, &request.repository, name, None),
        pulls::list_open_from(github, &request.repository, name)
    )
    .map_err(|error| {
        let failure = error.into_failure("find out what else its branch is for");
        format!("{}. {}", failure.cause, failure.remedy)
    })?;
    if let Some(other) = into.first() {
        return Err(format!("it is the base of #{}", other.number));
    }
    if let Some(other) = from.iter().find(|other| other.number != pull.number) {
        return Err(format!("#{} comes from it too, into `{}`", other.number, other.base.branch));
    }
    match delete(github, request, pull, &head).await {
        Ok(None) => Ok(true),
        Ok(Some(tip)) => Err(format!("it is at {} by now", tip.short())),
        Err(RefError::RuleViolated(said)) => Err(format!("a rule keeps it: {}", said.text())),
        Err(error) => Err(error.to_string()),
    }
}

/// Deletes it if it is where it was merged, and returns where it is if it stays. On servers that are too old for that,
/// a push in the very moment is lost.
async fn delete(
    github: &GitHub,
    request: &Request,
    pull: &PullRequest,
    head: &Branch,
) -> Result<Option<CommitSha>, RefError> {
    let repository_id = pull.base.repo.as_ref().map_or("", |repo| repo.node_id.as_str());
    let tip = async || refs::get(github, &request.repository, head).await;
    match refs::delete_from(github, repository_id, head, &pull.head.sha).await {
        Ok(()) | Err(RefError::Missing(_)) => return Ok(None),
        // GitHub can delete merged heads by itself, and is faster then.
        Err(RefError::NotFastForward(_)) => return Ok(tip().await?),
        Err(error) if refs::lacks_swap(&error) => {}
        Err(error) => return Err(error),
    }
    let tip = tip().await?;
    if tip.as_ref() != Some(&pull.head.sha) {
        return Ok(tip);
    }
    match refs::delete(github, &request.repository, head).await {
        Ok(()) | Err(RefError::Missing(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
