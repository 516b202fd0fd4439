//! The mutation `enqueuePullRequest` (<https://docs.github.com/en/graphql/reference/mutations#enqueuepullrequest>).

use serde_json::{Value, json};

use super::{
    mutate::writable_pull,
    objects::{Node, Resolution, Resolved},
    pull_fields,
};
use crate::{
    faults::lock,
    github::{pull::Pull, queue, render::node_id, repository::Repository, rest::Context},
};

pub(super) async fn run(context: &Context, input: &Value) -> Resolution {
    let (repository, number) = writable_pull(context, input)?;
    let expected = input["expectedHeadOid"].as_str();
    context.github().enqueue(&repository, number, &context.actor(), expected).await?;
    let pull = lock(&repository.data).pulls.get(&number).cloned();
    let plain = json!({
        "clientMutationId": input["clientMutationId"],
        "mergeQueueEntry": pull.and_then(|pull| entry(context, &repository, &pull)),
    });
    Ok(Resolved::One(Node::Payload("EnqueuePullRequestPayload", Vec::new(), plain)))
}

/// `MergeQueueEntry` of a pull request that is in a queue.
pub(super) fn entry(context: &Context, repository: &Repository, pull: &Pull) -> Option<Value> {
    let queued = pull.queued.as_ref()?;
    let position = queue::position(&lock(&repository.data), pull)?;
    let slug = repository.slug();
    Some(json!({
        "id": node_id("MergeQueueEntry", &queued.id.to_string()),
        "position": position,
        "state": "QUEUED",
        "enqueuedAt": queued.at,
        "enqueuer": pull_fields::actor(context, &queued.by),
        "jump": false,
        "solo": false,
        "mergeQueue": {
            "id": node_id("MergeQueue", &repository.id.to_string()),
            "url": format!("{}/{slug}/queue/{}", context.world.urls.github, pull.base_ref),
        },
    }))
}
