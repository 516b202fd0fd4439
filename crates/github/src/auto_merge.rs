//! GitHub's own auto-merge
//! (<https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/incorporating-changes-from-a-pull-request/automatically-merging-a-pull-request>).

use model::CommitSha;
use serde_json::json;

use crate::{GitHub, GraphqlError, merge::Refusal};

const ENABLE: &str = "mutation EnableAutoMerge($input: EnablePullRequestAutoMergeInput!) {
  enablePullRequestAutoMerge(input: $input) { pullRequest { id } }
}";

/// Why auto-merge was not turned on.
#[derive(Debug, thiserror::Error)]
pub enum EnableError {
    /// Nothing is missing: it can be merged at once.
    #[error("nothing is left to wait for: it can be merged at once")]
    CleanStatus,
    /// The repository has auto-merge turned off, or the base has no rule that anything could wait for.
    #[error("the repository does not allow auto-merge of this pull request")]
    NotAllowed,
    /// The token's actor may not push to the base.
    #[error("the token may not push to the base")]
    NotAuthorized,
    /// The head is another commit than the one that was expected.
    #[error("the head is another commit by now")]
    HeadMoved,
    /// Anything else.
    #[error(transparent)]
    Graphql(#[from] GraphqlError),
}

/// Lets GitHub merge as soon as nothing is missing, if the head is `expected_head` now: GitHub does not hold on to that
/// commit afterwards. `pull_id` is the pull request's [`node_id`](crate::pulls::PullRequest::node_id), `method` is
/// `merge`, `squash` or `rebase`. Needs `contents: write` and `pull-requests: write`
/// (<https://docs.github.com/en/graphql/reference/mutations#enablepullrequestautomerge>).
pub async fn enable(
    github: &GitHub,
    pull_id: &str,
    method: &str,
    expected_head: &CommitSha,
    title: Option<&str>,
    body: Option<&str>,
) -> Result<(), EnableError> {
    let mut input = json!({
        "pullRequestId": pull_id,
        "mergeMethod": method.to_uppercase(),
        "expectedHeadOid": expected_head.as_str(),
    });
    for (key, value) in [("commitHeadline", title), ("commitBody", body)] {
        if let Some(value) = value {
            input[key] = value.into();
        }
    }
    github.graphql(ENABLE, json!({ "input": input })).await.map(drop).map_err(classify)
}

/// The texts are what users have quoted: the schema has no codes for them.
fn classify(error: GraphqlError) -> EnableError {
    let says =
        |words: &str| error.problems().iter().any(|problem| problem.message.to_lowercase().contains(words));
    let ready = ["is in clean status", "is in unstable status", "is in has_hooks status"];
    if ready.into_iter().any(says) {
        EnableError::CleanStatus
    } else if says("auto merge is not allowed") || says("can't enable auto-merge") {
        EnableError::NotAllowed
    } else if says("not authorized for this protected branch") {
        EnableError::NotAuthorized
    } else if error.problems().iter().any(|one| Refusal::in_words(&one.message) == Some(Refusal::HeadMoved)) {
        EnableError::HeadMoved
    } else {
        EnableError::Graphql(error)
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;
    use crate::{Call, GraphqlProblem, GraphqlRejection};

    fn classified(message: &str) -> EnableError {
        let call = Call { method: Method::POST, path: "/graphql (mutation EnableAutoMerge)".to_owned() };
        let problem = GraphqlProblem {
            kind: "UNPROCESSABLE".to_owned(),
            message: message.to_owned(),
            path: "enablePullRequestAutoMerge".to_owned(),
        };
        let data = serde_json::Value::Null;
        let rejection =
            GraphqlRejection { call, problems: vec![problem], data, headers: http::HeaderMap::new() };
        classify(GraphqlError::Rejected(Box::new(rejection)))
    }

    #[test]
    fn every_known_text_has_its_meaning() {
        for status in ["clean", "unstable", "has_hooks"] {
            let text = format!("Pull request Pull request is in {status} status");
            assert!(matches!(classified(&text), EnableError::CleanStatus), "{text}");
        }
        for text in [
            "Auto merge is not allowed for this repository",
            "Can't enable auto-merge for this pull request.",
        ] {
            assert!(matches!(classified(text), EnableError::NotAllowed), "{text}");
        }
        let text = "Pull request User is not authorized for this protected branch";
        assert!(matches!(classified(text), EnableError::NotAuthorized));
        for text in ["Expected head oid to be a but it was b.", "Head branch was modified. Review it."] {
            assert!(matches!(classified(text), EnableError::HeadMoved), "{text}");
        }
        for text in ["Pull request is in dirty status", "Resource not accessible by integration"] {
            assert!(matches!(classified(text), EnableError::Graphql(_)), "{text}");
        }
    }
}
