//! Merging the base into a pull request's head.

use http::Method;
use model::{CommitSha, RepoSlug};
use serde_json::json;

use crate::{ApiError, GitHub, path};

/// Why a head did not get the base.
#[derive(Debug, thiserror::Error)]
pub enum UpdateBranchError {
    /// The head is another commit than the one that was expected.
    #[error("the head is another commit by now")]
    HeadMoved,
    /// The head has all of the base already.
    #[error("the head has everything that the base has")]
    UpToDate,
    /// A person has to solve the conflict.
    #[error("head and base conflict")]
    Conflict,
    /// Anything else.
    #[error(transparent)]
    Api(#[from] ApiError),
}

/// Merges the base into the head, if the head is `expected_head`. GitHub does it after it has answered, and the head is
/// another commit then. Needs `pull-requests: write` and, of an App, `contents: write` on the head's repository
/// (<https://docs.github.com/en/rest/pulls/pulls#update-a-pull-request-branch>).
pub async fn update_branch(
    github: &GitHub,
    repository: &RepoSlug,
    number: u64,
    expected_head: &CommitSha,
) -> Result<(), UpdateBranchError> {
    let route = path::repo(repository, &format!("/pulls/{number}/update-branch"));
    let body = json!({ "expected_head_sha": expected_head.as_str() });
    github.send(Method::PUT, &route, Some(body)).await.map(drop).map_err(classify)
}

fn classify(error: ApiError) -> UpdateBranchError {
    // GitHub writes the apostrophe of "didn’t" both ways.
    match error.rejection().filter(|rejection| rejection.status == 422) {
        Some(said) if said.says("expected head sha") => UpdateBranchError::HeadMoved,
        Some(said) if said.says("no new commits on the base") => UpdateBranchError::UpToDate,
        Some(said) if said.says("merge conflict") => UpdateBranchError::Conflict,
        _ => UpdateBranchError::Api(error),
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, StatusCode};

    use super::*;
    use crate::{Call, Rejection};

    fn classified(status: u16, message: &str) -> UpdateBranchError {
        let call = Call { method: Method::PUT, path: "/x".to_owned() };
        let body = json!({ "message": message }).to_string();
        let status = StatusCode::from_u16(status).unwrap();
        let rejection = Rejection::read(call, status, &HeaderMap::new(), body.as_bytes());
        classify(ApiError::Rejected(Box::new(rejection)))
    }

    #[test]
    fn every_known_text_has_its_meaning() {
        for apostrophe in ["'", "’"] {
            let text = format!("expected head sha didn{apostrophe}t match current head ref.");
            assert!(matches!(classified(422, &text), UpdateBranchError::HeadMoved));
        }
        let none = "There are no new commits on the base branch.";
        assert!(matches!(classified(422, none), UpdateBranchError::UpToDate));
        let conflict = "merge conflict between base and head";
        assert!(matches!(classified(422, conflict), UpdateBranchError::Conflict));
        let denied = classified(403, "Resource not accessible by integration");
        assert!(matches!(denied, UpdateBranchError::Api(error) if error.status() == Some(403)));
        assert!(matches!(classified(422, "Validation Failed"), UpdateBranchError::Api(_)));
    }
}
