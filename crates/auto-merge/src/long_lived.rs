//! Whether the head's branch lives on after the merge: squash and rebase would then make it and the base diverge.

use github::{ApiError, GitHub, branches, pulls, pulls::PullRequest};

use crate::{apply::branch, request::Request};

/// What the inputs and the pull request itself say.
pub(crate) fn is_known_to(request: &Request, pull: &PullRequest) -> Option<&'static str> {
    let head = &pull.head.branch;
    let default = pull.base.repo.as_ref().and_then(|repo| repo.default_branch.as_ref());
    if default == Some(head) {
        Some("is the default branch")
    } else if request.head.names(head) || request.base.names(head) || request.method.names(head) {
        Some("is named by an input")
    } else {
        None
    }
}

/// Asks GitHub where the inputs leave it open: a pattern that matches says that such branches come and go.
pub(crate) async fn reason(
    github: &GitHub,
    request: &Request,
    pull: &PullRequest,
) -> Result<Option<String>, ApiError> {
    let head = &pull.head.branch;
    let comes_and_goes = request.head.has(head) || request.delete_head.has(head);
    let rewrites = request.method.of(&pull.base.branch).rewrites();
    if pull.merged || !rewrites || comes_and_goes || is_known_to(request, pull).is_some() {
        return Ok(None);
    }
    // A name that cannot be one is no branch of ours: the head lies in a fork, which is refused anyway.
    let Ok(name) = branch(head) else { return Ok(None) };
    let (found, based) = tokio::try_join!(
        branches::get(github, &request.repository, &name),
        pulls::list_open(github, &request.repository, head, None)
    )?;
    if found.is_some_and(|branch| branch.protected) {
        return Ok(Some("is protected".to_owned()));
    }
    Ok(based.first().map(|other| format!("is the base of #{}", other.number)))
}
