//! The writes, and what their answers mean.

use github::{
    ApiError, GitHub, Rejection,
    merge::{self, MergeBranchError},
    refs::{self, RefError},
    rules,
};
use model::{CommitSha, Failure};

use crate::{codes, request::Request};

/// What follows from an answer.
#[derive(Debug)]
pub(crate) enum Step {
    /// The branch is here now.
    Moved(CommitSha),
    /// Nothing was done: look again where the branch is, for it moved. The text says why.
    Again(String),
    /// There was no clear answer: look whether the branch moved. The text says why.
    InDoubt(String),
    /// It cannot be merged without a person.
    Conflict,
}

/// Moves the branch to the target, never back or aside.
pub(crate) async fn fast_forward(github: &GitHub, request: &Request) -> Result<Step, Failure> {
    let doing = format!("fast-forward `{}` to {}", request.branch, request.to.short());
    match refs::fast_forward(github, &request.repository, &request.branch, &request.to).await {
        Ok(()) => Ok(Step::Moved(request.to.clone())),
        Err(RefError::NotFastForward(rejection)) => Ok(Step::Again(rejection.text())),
        Err(RefError::RuleViolated(rejection)) => Err(protected(github, request, &rejection, &doing).await),
        Err(RefError::Exists(rejection) | RefError::Missing(rejection)) => {
            Err(ApiError::Rejected(rejection).into_failure(&doing))
        }
        Err(RefError::Api(error)) => in_doubt(error, &doing),
    }
}

/// Merges the target into the branch.
pub(crate) async fn back_merge(github: &GitHub, request: &Request) -> Result<Step, Failure> {
    let doing = format!("merge {} into `{}`", request.to.short(), request.branch);
    let message = format!("Merge {} into {}", request.to.short(), request.branch);
    match merge::branch(github, &request.repository, &request.branch, &request.to, &message).await {
        Ok(Some(sha)) => Ok(Step::Moved(sha)),
        Ok(None) => Ok(Step::Again("the branch has the commit already".to_owned())),
        Err(MergeBranchError::Conflict) => Ok(Step::Conflict),
        Err(MergeBranchError::RuleViolated(rejection)) => {
            Err(protected(github, request, &rejection, &doing).await)
        }
        Err(MergeBranchError::Api(error)) => in_doubt(error, &doing),
    }
}

/// A write that may have taken effect is not repeated: the branch itself says whether it did.
fn in_doubt(error: ApiError, doing: &str) -> Result<Step, Failure> {
    match error {
        ApiError::Unreachable { .. } => Ok(Step::Again(error.to_string())),
        ApiError::Deadline { .. } => Err(error.into_failure(doing)),
        error if error.is_in_doubt() => Ok(Step::InDoubt(error.to_string())),
        error => Err(error.into_failure(doing)),
    }
}

/// Names the rules that are in force, as far as the token may see them.
async fn protected(github: &GitHub, request: &Request, rejection: &Rejection, doing: &str) -> Failure {
    let cause = format!("cannot {doing}: GitHub says: {}", rejection.text().replace('\n', " "));
    let failure = Failure::new(&codes::BRANCH_PROTECTED, cause);
    match rules::of_branch(github, &request.repository, &request.branch).await {
        Ok(rules) if !rules.is_empty() => {
            let kinds: Vec<String> = rules
                .iter()
                .map(|rule| match rule.ruleset_id {
                    Some(id) => format!("{} (ruleset {id})", rule.kind),
                    None => rule.kind.clone(),
                })
                .collect();
            failure.with_note(format!("rules of `{}`: {}", request.branch, kinds.join(", ")))
        }
        _ => failure,
    }
}
