//! Moves the base to the head. A move to where a branch is already succeeds without a word, for every run that asks for
//! it: by a compare-and-swap only one of several runs moves it, and that one goes on.

use github::{
    ApiError, GitHub, compare,
    pulls::PullRequest,
    refs::{self, RefError},
};
use model::{Branch, CommitSha, codes::DEADLINE_PASSED};

use super::{Merged, branch, has_it, look};
use crate::{
    answer::{self, Verdict},
    codes,
    pace::Pace,
    request::Request,
    rule::Rule,
};

/// Takes the base from where it is to `head`. A base that has it already was moved by somebody else, unless a call of
/// this very run was left without an answer.
pub(super) async fn merge(
    github: &GitHub,
    request: &Request,
    pull: &PullRequest,
    (head, in_doubt): (&CommitSha, bool),
    doing: &str,
) -> Result<Merged, Verdict> {
    let base = branch(&pull.base.branch).map_err(Verdict::Failed)?;
    let failed = |error: ApiError| Verdict::Failed(error.into_failure(doing));
    let tip = refs::get(github, &request.repository, &base).await.map_err(failed)?;
    // Nothing is read after the last look: what is changed behind it cannot be seen.
    look(github, request, pull).await?;
    let Some(tip) = tip else {
        let cause = format!("there is no branch `{base}` any more");
        return Err(Verdict::Again(Pace::Passing, Rule::new(&codes::MERGE_CONTENDED, cause)));
    };
    if tip == *head {
        return had_it(pull, head, in_doubt);
    }
    let error = match swap(github, request, pull, (&base, &tip, head)).await {
        Ok(()) => return Ok(Merged { sha: head.clone(), before: Some(tip) }),
        Err(error) => error,
    };
    if matches!(error, RefError::NotFastForward(_)) {
        let place = compare::compare(github, &request.repository, head.as_str(), base.as_str()).await;
        if has_it(&place.map_err(failed)?) {
            return had_it(pull, head, in_doubt);
        }
        if refs::get(github, &request.repository, &base).await.map_err(failed)? != Some(tip) {
            let cause = format!("`{base}` was moved in the same moment");
            return Err(Verdict::Again(Pace::Contended, Rule::new(&codes::MERGE_CONTENDED, cause)));
        }
    }
    Err(answer::of_ref(error, pull, doing))
}

/// On servers that are too old for a swap, the base was read just before.
async fn swap(
    github: &GitHub,
    request: &Request,
    pull: &PullRequest,
    (base, tip, head): (&Branch, &CommitSha, &CommitSha),
) -> Result<(), RefError> {
    let repository_id = pull.base.repo.as_ref().map_or("", |repo| repo.node_id.as_str());
    match refs::move_from(github, repository_id, base, tip, head, false).await {
        Err(error) if refs::lacks_swap(&error) => {
            refs::fast_forward(github, &request.repository, base, head).await
        }
        result => result,
    }
}

/// GitHub shows it as merged some moments after the move, and then says by whom.
fn had_it(pull: &PullRequest, head: &CommitSha, in_doubt: bool) -> Result<Merged, Verdict> {
    if in_doubt {
        return Ok(Merged { sha: head.clone(), before: None });
    }
    let cause = format!(
        "`{}` has {} already, and GitHub does not show it as merged yet",
        pull.base.branch,
        head.short()
    );
    Err(Verdict::Again(Pace::Passing, Rule::new(&DEADLINE_PASSED, cause)))
}
