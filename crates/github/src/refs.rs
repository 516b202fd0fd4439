//! Branches as refs (<https://docs.github.com/en/rest/git/refs>).

use http::Method;
use model::{Branch, CommitSha, RepoSlug};
use serde::Deserialize;
use serde_json::json;

use crate::{ApiError, GitHub, GraphqlError, GraphqlProblem, Rejection, de, path, rule_words};

const MOVE: &str =
    "mutation MoveRef($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }";

#[derive(Deserialize)]
struct Ref {
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    #[serde(deserialize_with = "de::parsed")]
    sha: CommitSha,
}

/// Reads where a branch is; `None` if there is no such branch. Needs `contents: read`.
pub async fn get(
    github: &GitHub,
    repository: &RepoSlug,
    branch: &Branch,
) -> Result<Option<CommitSha>, ApiError> {
    let route = path::repo(repository, &format!("/git/ref/heads/{}", path::ref_name(branch.as_str())));
    match github.read(&route).await {
        Ok(reply) => Ok(Some(reply.decode::<Ref>()?.object.sha)),
        Err(error) if error.status() == Some(404) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Why a branch was not moved, created or deleted.
#[derive(Debug, thiserror::Error)]
pub enum RefError {
    /// 422: the branch has commits that the new one lacks; or it is not where it was thought to be.
    #[error("{0}")]
    NotFastForward(Box<Rejection>),
    /// A rule of the branch forbids it.
    #[error("{0}")]
    RuleViolated(Box<Rejection>),
    /// There is a branch of this name already.
    #[error("{0}")]
    Exists(Box<Rejection>),
    /// There is no branch of this name, or no such commit.
    #[error("{0}")]
    Missing(Box<Rejection>),
    /// Anything else.
    #[error(transparent)]
    Api(#[from] ApiError),
}

/// Moves a branch forward to `sha`, never back or aside. Needs `contents: write`.
pub async fn fast_forward(
    github: &GitHub,
    repository: &RepoSlug,
    branch: &Branch,
    sha: &CommitSha,
) -> Result<(), RefError> {
    // REST compares with the new commit's ancestors only: a branch that was forced back since it was read is moved
    // forward again. Who must not undo that takes `move_from`.
    update(github, repository, branch, sha, false).await
}

/// Moves a branch to `sha` whatever it has. For branches that are ours alone.
pub async fn reset(
    github: &GitHub,
    repository: &RepoSlug,
    branch: &Branch,
    sha: &CommitSha,
) -> Result<(), RefError> {
    update(github, repository, branch, sha, true).await
}

async fn update(
    github: &GitHub,
    repository: &RepoSlug,
    branch: &Branch,
    sha: &CommitSha,
    force: bool,
) -> Result<(), RefError> {
    let body = json!({ "sha": sha.as_str(), "force": force });
    let route = one(repository, branch);
    github.send(Method::PATCH, &route, Some(body)).await.map(drop).map_err(classify)
}

/// Moves a branch from one commit to another, if it is at the first: a compare-and-swap, which REST does not have
/// (<https://docs.github.com/en/graphql/reference/mutations#updaterefs>). `repository_id` is a node id, as
/// [`crate::snapshot`] has it; `force` allows a move that is no fast-forward. Needs `contents: write`.
pub async fn move_from(
    github: &GitHub,
    repository_id: &str,
    branch: &Branch,
    from: &CommitSha,
    to: &CommitSha,
    force: bool,
) -> Result<(), RefError> {
    let update = json!({
        "name": branch.full_ref(), "beforeOid": from.as_str(), "afterOid": to.as_str(), "force": force,
    });
    let input = json!({ "repositoryId": repository_id, "refUpdates": [update] });
    github.graphql(MOVE, json!({ "input": input })).await.map(drop).map_err(sort)
}

/// Whether the server is too old for [`move_from`]: nothing was done, and [`fast_forward`] is the nearest that it has.
pub fn lacks_swap(error: &RefError) -> bool {
    let RefError::Api(ApiError::Rejected(said)) = error else { return false };
    said.says("Field 'updateRefs' doesn't exist on type")
        || said.says("UpdateRefsInput isn't a defined input type")
}

/// Deletes a branch if it is at `from`: a compare-and-swap as [`move_from`] is, with zeros for the new commit. GitHub
/// closes the pull requests from that branch. Needs `contents: write`.
pub async fn delete_from(
    github: &GitHub,
    repository_id: &str,
    branch: &Branch,
    from: &CommitSha,
) -> Result<(), RefError> {
    let zeros = "0".repeat(from.as_str().len());
    let update =
        json!({ "name": branch.full_ref(), "beforeOid": from.as_str(), "afterOid": zeros, "force": true });
    let input = json!({ "repositoryId": repository_id, "refUpdates": [update] });
    github.graphql(MOVE, json!({ "input": input })).await.map(drop).map_err(sort)
}

/// The mutation's errors are in no documentation: its words are those of the other ways to move a branch, of Git
/// (`is at … but expected …`, `non-fast-forward`) and of `createCommitOnBranch`.
fn sort(error: GraphqlError) -> RefError {
    let rejection = match error {
        GraphqlError::Api(error) => return RefError::Api(error),
        GraphqlError::Rejected(rejection) => rejection,
    };
    let said = Box::new(Rejection::from(rejection.as_ref()));
    let stale = |problem: &GraphqlProblem| problem.kind == "STALE_DATA";
    let moved = ["but expected", "expected branch to point to", "fast forward", "fast-forward"];
    if names_a_rule(&said) {
        RefError::RuleViolated(said)
    } else if rejection.problems.iter().any(stale) || moved.iter().any(|words| said.says(words)) {
        RefError::NotFastForward(said)
    } else if said.says("does not exist") {
        RefError::Missing(said)
    } else {
        RefError::Api(ApiError::Rejected(said))
    }
}

/// Creates a branch at `sha`. Needs `contents: write`.
pub async fn create(
    github: &GitHub,
    repository: &RepoSlug,
    branch: &Branch,
    sha: &CommitSha,
) -> Result<(), RefError> {
    let body = json!({ "ref": branch.full_ref(), "sha": sha.as_str() });
    let route = path::repo(repository, "/git/refs");
    github.send(Method::POST, &route, Some(body)).await.map(drop).map_err(classify)
}

/// Deletes a branch. Needs `contents: write`.
pub async fn delete(github: &GitHub, repository: &RepoSlug, branch: &Branch) -> Result<(), RefError> {
    github.send(Method::DELETE, &one(repository, branch), None).await.map(drop).map_err(classify)
}

fn one(repository: &RepoSlug, branch: &Branch) -> String {
    path::repo(repository, &format!("/git/refs/heads/{}", path::ref_name(branch.as_str())))
}

/// GitHub's words for a branch that is not where it was thought to be. Others that speak of a reference, such as
/// "Reference name must start with 'refs/'", are no race: trying again does not help.
const RACES: [&str; 4] =
    ["reference cannot be updated", "reference update failed", "cannot lock ref", "but expected"];

/// GitHub's words for a commit that lacks what the branch has.
const NOT_FORWARD: &str = "not a fast forward";

fn classify(error: ApiError) -> RefError {
    let ApiError::Rejected(rejection) = error else { return RefError::Api(error) };
    match rejection.status {
        422 if rejection.says(NOT_FORWARD) => RefError::NotFastForward(rejection),
        422 if rejection.says("already exists") => RefError::Exists(rejection),
        422 if rejection.says("does not exist") => RefError::Missing(rejection),
        403 | 409 | 422 if names_a_rule(&rejection) => RefError::RuleViolated(rejection),
        422 if RACES.iter().any(|words| rejection.says(words)) => RefError::NotFastForward(rejection),
        _ => RefError::Api(ApiError::Rejected(rejection)),
    }
}

/// Whether branch protection or a ruleset speaks.
pub(crate) fn names_a_rule(rejection: &Rejection) -> bool {
    rule_words::names_a_rule(&rejection.text())
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, StatusCode};

    use super::*;
    use crate::Call;

    fn classified(status: u16, message: &str) -> RefError {
        let call = Call { method: Method::PATCH, path: "/x".to_owned() };
        let body = json!({ "message": message }).to_string();
        let status = StatusCode::from_u16(status).unwrap();
        let rejection = Rejection::read(call, status, &HeaderMap::new(), body.as_bytes());
        classify(ApiError::Rejected(Box::new(rejection)))
    }

    fn sorted(kind: &str, message: &str) -> RefError {
        let problem =
            GraphqlProblem { kind: kind.to_owned(), message: message.to_owned(), path: String::new() };
        sort(GraphqlError::Rejected(Box::new(crate::GraphqlRejection {
            call: Call { method: Method::POST, path: "/graphql (mutation MoveRef)".to_owned() },
            problems: vec![problem],
            data: serde_json::Value::Null,
            headers: http::HeaderMap::new(),
        })))
    }

    #[test]
    fn a_swap_tells_a_race_from_a_rule() {
        let moved = "Reference refs/heads/x is at aaaa but expected bbbb";
        assert!(matches!(sorted("UNPROCESSABLE", moved), RefError::NotFastForward(_)));
        assert!(matches!(sorted("STALE_DATA", "no words"), RefError::NotFastForward(_)));
        let rule = "Repository rule violations found\n\nCannot force-push to this branch";
        assert!(matches!(sorted("UNPROCESSABLE", rule), RefError::RuleViolated(_)));
        let odd = sorted("", "Something went wrong while executing your query.");
        assert!(matches!(odd, RefError::Api(error) if error.is_in_doubt()));
        let old = sorted("", "Field 'updateRefs' doesn't exist on type 'Mutation'");
        assert!(lacks_swap(&old));
        let denied = sorted("FORBIDDEN", "Resource not accessible by integration");
        assert!(!lacks_swap(&denied));
        assert!(matches!(denied, RefError::Api(error) if error.status() == Some(403)));
    }

    #[test]
    fn tells_a_race_from_a_rule() {
        assert!(matches!(classified(422, "Update is not a fast forward"), RefError::NotFastForward(_)));
        assert!(matches!(classified(422, "Reference cannot be updated"), RefError::NotFastForward(_)));
        assert!(matches!(classified(422, "Reference update failed"), RefError::NotFastForward(_)));
        let moved = "refs/heads/x is at aaaa but expected bbbb";
        assert!(matches!(classified(422, moved), RefError::NotFastForward(_)));
        for name in
            ["Reference name must start with 'refs/'", "refs/heads/a..b is not a valid reference name"]
        {
            assert!(matches!(classified(422, name), RefError::Api(_)), "{name}");
        }
        let rule = "Repository rule violations found\n\nChanges must be made through a pull request.";
        assert!(matches!(classified(422, rule), RefError::RuleViolated(_)));
        for rule in [
            "Changes must be made through the merge queue",
            "Cannot delete a protected branch",
            "Cannot force-push to this branch",
            "Cannot change this locked branch",
            "Required status check \"ci\" is expected.",
            "This branch must not contain merge commits.",
            "Commits must have verified signatures.",
        ] {
            for status in [403, 409, 422] {
                assert!(matches!(classified(status, rule), RefError::RuleViolated(_)), "{status} {rule}");
            }
        }
        let workflow =
            "refusing to allow a GitHub App to create or update workflow `a` without `workflows` permission";
        for (status, message, code) in [
            (403, workflow, "workflows-permission"),
            (422, workflow, "workflows-permission"),
            (403, "You have exceeded a secondary rate limit", "rate-limited"),
            (404, "Not Found", "repository-not-found"),
            (422, "Validation Failed", "unexpected-reply"),
        ] {
            let RefError::Api(error) = classified(status, message) else { panic!("{status} {message}") };
            assert_eq!(error.into_failure("move it").code.id, code, "{status} {message}");
        }
        assert!(matches!(classified(422, "Reference does not exist"), RefError::Missing(_)));
        assert!(matches!(classified(422, "Reference already exists"), RefError::Exists(_)));
        assert!(matches!(classified(403, "Resource not accessible by integration"), RefError::Api(_)));
    }
}
