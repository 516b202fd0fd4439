//! Gives a head the base's commits that the base demands of it.

use github::{
    GitHub,
    pulls::{self, PullRequest, UpdateBranchError},
};
use model::{CommitSha, Failure};

use crate::{codes, request::Request, rule::Rule};

/// What came of it.
pub(crate) enum Updated {
    /// The head is going to be another commit, which nobody has approved: this run is not for it.
    Yes,
    /// There was nothing to give: what was read before is out of date.
    UpToDate,
    /// It cannot be done.
    No(Rule),
}

/// Merges the base into the head, if that is still `head`.
pub(crate) async fn update(
    github: &GitHub,
    request: &Request,
    pull: &PullRequest,
    head: &CommitSha,
) -> Result<Updated, Failure> {
    let (branch, base) = (&pull.head.branch, &pull.base.branch);
    match pulls::update_branch(github, &request.repository, pull.number, head).await {
        Ok(()) => Ok(Updated::Yes),
        Err(UpdateBranchError::UpToDate) => Ok(Updated::UpToDate),
        Err(UpdateBranchError::HeadMoved) => {
            let cause = format!("its head moved while `{branch}` was to get the commits of `{base}`");
            Ok(Updated::No(Rule::new(&codes::MERGE_HEAD_MOVED, cause)))
        }
        Err(UpdateBranchError::Conflict) => {
            let cause = format!("it lacks commits of `{base}`, and conflicts with them");
            let remedy = format!("Merge `{base}` into `{branch}`, solve the conflict, and push.");
            Ok(Updated::No(Rule::new(&codes::MERGE_CONFLICT, cause).with_remedy(remedy)))
        }
        Err(UpdateBranchError::Api(error)) => {
            Err(error.into_failure(&format!("merge `{base}` into `{branch}`")))
        }
    }
}
