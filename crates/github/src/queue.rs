//! Merge queues
//! (<https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/managing-a-merge-queue>).

use model::CommitSha;
use serde_json::json;

use crate::{GitHub, GraphqlError};

const ENQUEUE: &str = "mutation Enqueue($input: EnqueuePullRequestInput!) {
  enqueuePullRequest(input: $input) { mergeQueueEntry { position mergeQueue { url } } }
}";

/// A pull request's place in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enqueued {
    /// The place, from 1; none if GitHub does not say.
    pub position: Option<u64>,
    /// The queue's page.
    pub url: Option<String>,
}

/// Puts a pull request at the end of its base's merge queue, if its head is `expected_head`. `pull_id` is its
/// [`node_id`](crate::pulls::PullRequest::node_id). A push to the head takes it out again. Needs `contents: write` and
/// `pull-requests: write` (<https://docs.github.com/en/graphql/reference/mutations#enqueuepullrequest>).
pub async fn enqueue(
    github: &GitHub,
    pull_id: &str,
    expected_head: &CommitSha,
) -> Result<Enqueued, GraphqlError> {
    let input = json!({ "pullRequestId": pull_id, "expectedHeadOid": expected_head.as_str() });
    let data = github.graphql(ENQUEUE, json!({ "input": input })).await?;
    let entry = &data["enqueuePullRequest"]["mergeQueueEntry"];
    Ok(Enqueued {
        position: entry["position"].as_u64(),
        url: entry["mergeQueue"]["url"].as_str().map(str::to_owned),
    })
}
