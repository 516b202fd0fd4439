//! `PullRequest` and its connection.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    enqueue,
    execute::Arguments,
    objects::{Node, Resolution, Resolved, leaf, one},
};
use crate::{
    faults::lock,
    github::{
        error::ApiError,
        pull::Pull,
        render::{mergeable_state, node_id},
        repository::Repository,
        rest::Context,
    },
};

/// The fields of `Actor` and of the types that it stands for, and which of them it is.
pub(super) fn actor(context: &Context, login: &str) -> Value {
    let user = context.github().user(login);
    json!({
        "__typename": user.kind,
        "id": node_id(user.kind, &user.id.to_string()),
        "login": login,
        "url": format!("{}/{login}", context.world.urls.github),
        "databaseId": user.id,
    })
}

/// Numbers of the pull requests that the arguments of `pullRequests` select.
pub(super) fn matching(repository: &Repository, arguments: &Arguments) -> Vec<u64> {
    let states = arguments.value("states");
    let listed = |state: &str| match &states {
        Value::Array(list) => list.iter().any(|one| one == state),
        Value::String(one) => one == state,
        _ => true,
    };
    let data = lock(&repository.data);
    let mut numbers: Vec<u64> = data
        .pulls
        .values()
        .filter(|pull| listed(state_of(pull)))
        .filter(|pull| arguments.text("headRefName").is_none_or(|name| pull.head_ref == name))
        .filter(|pull| arguments.text("baseRefName").is_none_or(|name| pull.base_ref == name))
        .map(|pull| pull.number)
        .collect();
    let most = |name: &str| arguments.number(name).and_then(|most| usize::try_from(most).ok());
    if let Some(first) = most("first") {
        numbers.truncate(first);
    } else if let Some(last) = most("last") {
        numbers.drain(..numbers.len().saturating_sub(last));
    }
    numbers
}

fn state_of(pull: &Pull) -> &'static str {
    match (&pull.merged, pull.open) {
        (Some(_), _) => "MERGED",
        (None, true) => "OPEN",
        (None, false) => "CLOSED",
    }
}

pub(super) async fn field(
    context: &Context,
    repository: &Arc<Repository>,
    number: u64,
    name: &str,
) -> Resolution {
    let computed = matches!(name, "mergeable" | "mergeStateStatus");
    if computed {
        context.github().assess(repository, number).await?;
    }
    let found = lock(&repository.data).pulls.get(&number).cloned();
    let pull = found.ok_or_else(ApiError::not_found)?;
    if computed && let Some(stored) = lock(&repository.data).pulls.get_mut(&number) {
        stored.mergeability.hidden_reads = stored.mergeability.hidden_reads.saturating_sub(1);
    }
    match name {
        "mergeCommit" => {
            let Some(merged) = &pull.merged else { return leaf(Value::Null) };
            let commit = repository.git.commit(&merged.sha).await?;
            one(commit.map(|commit| Node::Commit(repository.clone(), Box::new(commit))))
        }
        "mergeable" => {
            leaf(match (pull.open && pull.mergeability.is_known(), &pull.mergeability.test_merge) {
                (false, _) => "UNKNOWN",
                (true, None) => "CONFLICTING",
                (true, Some(_)) => "MERGEABLE",
            })
        }
        "isInMergeQueue" => leaf(pull.queued.is_some()),
        "mergeQueueEntry" => {
            Ok(Resolved::Data(enqueue::entry(context, repository, &pull).unwrap_or(Value::Null)))
        }
        "mergeStateStatus" => leaf(mergeable_state(repository, &pull).to_uppercase()),
        _ => Ok(Resolved::Data(data(context, repository, &pull)[name].take())),
    }
}

fn data(context: &Context, repository: &Repository, pull: &Pull) -> Value {
    let labels: Vec<Value> = {
        let data = lock(&repository.data);
        let color = |name: &String| data.labels.get(name).map(|label| label.color.clone());
        pull.labels.iter().map(|name| json!({ "name": name, "color": color(name) })).collect()
    };
    let merged = pull.merged.as_ref();
    let auto = pull.auto_merge.as_ref().map(|auto| {
        json!({
            "mergeMethod": auto.method.to_uppercase(),
            "enabledBy": actor(context, &auto.by),
            "commitHeadline": auto.title,
            "commitBody": auto.message,
        })
    });
    json!({
        "id": node_id("PullRequest", &pull.id.to_string()),
        "databaseId": pull.id,
        "number": pull.number,
        "title": pull.title,
        "body": pull.body.clone().unwrap_or_default(),
        "url": format!("{}/{}/pull/{}", context.world.urls.github, repository.slug(), pull.number),
        "state": state_of(pull),
        "isDraft": pull.draft,
        "closed": !pull.open,
        "merged": merged.is_some(),
        "mergedAt": merged.map(|merged| &merged.at),
        "mergedBy": merged.map(|merged| actor(context, &merged.by)),
        "author": actor(context, &pull.author),
        "headRefName": pull.head_ref,
        "headRefOid": pull.head_sha,
        "baseRefName": pull.base_ref,
        "baseRefOid": pull.base_sha,
        "labels": { "totalCount": labels.len(), "nodes": labels },
        "autoMergeRequest": auto,
    })
}
