//! A commit through GraphQL, signed by GitHub, only if the branch still points where we think it does
//! (<https://docs.github.com/en/graphql/reference/mutations#createcommitonbranch>).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use model::{Branch, CommitSha, RepoSlug};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{GitHub, GraphqlError, GraphqlProblem, names_a_rule};

const MUTATION: &str = "mutation Commit($input: CreateCommitOnBranchInput!) { \
    createCommitOnBranch(input: $input) { commit { oid url signature { isValid } } } }";

/// A commit to make.
#[derive(Debug, Clone)]
pub struct NewCommit<'a> {
    /// The repository.
    pub repository: &'a RepoSlug,
    /// The branch, which must exist.
    pub branch: &'a Branch,
    /// The commit that the branch has to point to.
    pub expected_head: &'a CommitSha,
    /// The first line of the message.
    pub headline: &'a str,
    /// The rest of the message.
    pub body: &'a str,
    /// Path and whole content of each file. Their modes become `100644`.
    pub additions: &'a [(String, Vec<u8>)],
}

/// A commit that was made.
#[derive(Debug, Clone)]
pub struct Committed {
    /// Its id.
    pub oid: CommitSha,
    /// Its page.
    pub url: String,
    /// Whether GitHub shows it as *Verified*; none if the reply does not say.
    pub verified: Option<bool>,
}

/// Why there is no commit, as far as the caller has to know.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The branch points elsewhere; GitHub also says so without reason now and then.
    #[error("the branch has moved: {0}")]
    HeadMoved(String),
    /// A rule of the branch forbids it. The texts name the rules.
    #[error("a rule of the branch forbids it: {0}")]
    Forbidden(String),
    /// The commit may have been made or not.
    #[error(transparent)]
    InDoubt(GraphqlError),
    /// Any other refusal.
    #[error(transparent)]
    Refused(GraphqlError),
}

#[derive(Deserialize)]
struct Reply {
    oid: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    signature: Option<Signature>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Signature {
    is_valid: bool,
}

/// Makes the commit, once. Needs `contents: write`.
pub async fn create(github: &GitHub, commit: &NewCommit<'_>) -> Result<Committed, CommitError> {
    let mut data = github.graphql(MUTATION, json!({ "input": input(commit) })).await.map_err(sort)?;
    let in_doubt = |cause: String| {
        let call = crate::Call { method: crate::Method::POST, path: "/graphql (mutation Commit)".to_owned() };
        CommitError::InDoubt(crate::ApiError::Malformed { call, cause }.into())
    };
    let reply: Reply = serde_json::from_value(data["createCommitOnBranch"]["commit"].take())
        .map_err(|error| in_doubt(error.to_string()))?;
    let oid = reply.oid.parse().map_err(|error: model::ParseError| in_doubt(error.to_string()))?;
    Ok(Committed { oid, url: reply.url, verified: reply.signature.map(|signature| signature.is_valid) })
}

/// An empty list must be left out: GitHub answers a null or empty one with an internal error.
fn input(commit: &NewCommit<'_>) -> Value {
    let additions: Vec<Value> = commit
        .additions
        .iter()
        .map(|(path, bytes)| json!({ "path": path, "contents": STANDARD.encode(bytes) }))
        .collect();
    json!({
        "branch": {
            "repositoryNameWithOwner": commit.repository.to_string(),
            "branchName": commit.branch.as_str(),
        },
        "expectedHeadOid": commit.expected_head.as_str(),
        "message": { "headline": commit.headline, "body": commit.body },
        "fileChanges": { "additions": additions },
    })
}

/// `STALE_DATA` is in no documentation; its text is `Expected branch to point to "<sha>" but it did not.
/// Pull and try again.` Rules have no type of their own either.
fn sort(error: GraphqlError) -> CommitError {
    let text = || {
        let messages: Vec<&str> = error.problems().iter().map(|problem| problem.message.trim()).collect();
        messages.join("; ")
    };
    let stale = |problem: &GraphqlProblem| {
        problem.kind == "STALE_DATA"
            || problem.message.contains("Expected branch to point to")
            || problem.message.contains("is at ") && problem.message.contains("but expected ")
    };
    if error.problems().iter().any(stale) {
        CommitError::HeadMoved(text())
    } else if error.problems().iter().any(|problem| names_a_rule(&problem.message)) {
        CommitError::Forbidden(text())
    } else if error.is_in_doubt() {
        CommitError::InDoubt(error)
    } else {
        CommitError::Refused(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Call, GraphqlRejection, Method};

    fn problem(kind: &str, message: &str) -> GraphqlError {
        GraphqlError::Rejected(Box::new(GraphqlRejection {
            call: Call { method: Method::POST, path: "/graphql".to_owned() },
            problems: vec![GraphqlProblem {
                kind: kind.to_owned(),
                message: message.to_owned(),
                path: String::new(),
            }],
            data: Value::Null,
            headers: http::HeaderMap::new(),
        }))
    }

    #[test]
    fn tells_refusals_apart() {
        let moved = "Expected branch to point to \"a\" but it did not. Pull and try again.";
        assert!(matches!(sort(problem("STALE_DATA", moved)), CommitError::HeadMoved(_)));
        assert!(matches!(sort(problem("", moved)), CommitError::HeadMoved(_)));
        let rule = "Repository rule violations found\n\nChanges must be made through a pull request.";
        assert!(matches!(sort(problem("UNPROCESSABLE", rule)), CommitError::Forbidden(_)));
        let odd = "Something went wrong while executing your query.";
        assert!(matches!(sort(problem("", odd)), CommitError::InDoubt(_)));
        let permission = "Resource not accessible by integration";
        assert!(matches!(sort(problem("FORBIDDEN", permission)), CommitError::Refused(_)));
    }

    #[test]
    fn the_input_is_the_schemas() {
        let commit = NewCommit {
            repository: &"org/x".parse().unwrap(),
            branch: &"feature/a".parse().unwrap(),
            expected_head: &"a94a8fe5ccb19ba61c4c0873d391e987982fbbd3".parse().unwrap(),
            headline: "bump",
            body: "why",
            additions: &[("v.yaml".to_owned(), b"a: 1\n".to_vec())],
        };
        insta::assert_snapshot!(input(&commit), @r#"{"branch":{"repositoryNameWithOwner":"org/x","branchName":"feature/a"},"expectedHeadOid":"a94a8fe5ccb19ba61c4c0873d391e987982fbbd3","message":{"headline":"bump","body":"why"},"fileChanges":{"additions":[{"path":"v.yaml","contents":"YTogMQo="}]}}"#);
    }
}
