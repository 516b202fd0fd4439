//! The mutations.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    Problem, commit_on_branch, enqueue,
    objects::{Node, Resolution, Resolved, allowed},
    pull_fields, update_refs,
};
use crate::{
    faults::lock,
    github::{
        policy::{self, Unmovable, Update},
        pull::AutoMerge,
        render::{mergeable_state, node_id},
        repository::Repository,
        rest::{Context, need},
    },
};

/// Runs one mutation.
pub(super) async fn run(context: &Context, name: &str, input: &Value) -> Resolution {
    match name {
        "createCommitOnBranch" => commit_on_branch::run(context, input).await,
        "createRef" => create_ref(context, input).await,
        "updateRefs" => update_refs::run(context, input).await,
        "enqueuePullRequest" => enqueue::run(context, input).await,
        "enablePullRequestAutoMerge" => auto_merge(context, input, true).await,
        _ => auto_merge(context, input, false).await,
    }
}

pub(super) fn unresolved(id: &str) -> Problem {
    Problem::of("NOT_FOUND", format!("Could not resolve to a node with the global id of '{id}'"))
}

fn repositories(context: &Context) -> Vec<Arc<Repository>> {
    lock(&context.github().repositories).values().cloned().collect()
}

pub(super) fn repository_by_id(context: &Context, id: &str) -> Result<Arc<Repository>, Problem> {
    let is = |one: &Arc<Repository>| node_id("Repository", &one.id.to_string()) == id;
    repositories(context).into_iter().find(is).ok_or_else(|| unresolved(id))
}

async fn create_ref(context: &Context, input: &Value) -> Resolution {
    let text = |name: &str| input[name].as_str().unwrap_or_default();
    let (id, name, oid) = (text("repositoryId"), text("name"), text("oid"));
    let repository = repository_by_id(context, id)?;
    allowed(context, &repository, need::WRITE_CONTENTS)?;
    let Some(branch) = name.strip_prefix("refs/heads/") else {
        return Err(Problem::of("UNPROCESSABLE", "Ref name must begin with refs/heads/ here."));
    };
    let _updates = repository.updates.lock().await;
    let Some(sha) = repository.git.resolve(oid).await? else { return Err(unresolved(oid)) };
    let exists = || {
        let text = format!("A ref named \"{name}\" already exists in the repository.");
        Problem::of("UNPROCESSABLE", text)
    };
    if repository.git.branch(branch).await?.is_some() {
        return Err(exists());
    }
    let created = Update::FastForward(&sha);
    match context.may_move(&repository, branch, None, created, &sha).await? {
        Some(Unmovable::Rules(refusal)) => return Err(commit_on_branch::refused(&refusal)),
        Some(Unmovable::Workflow(path)) => {
            return Err(Problem::of("FORBIDDEN", policy::workflow_text(&path)));
        }
        None => {}
    }
    if !context.github().move_branch(&repository, &context.actor(), branch, None, Some(&sha)).await? {
        return Err(exists());
    }
    let node = Node::Ref(repository.clone(), name.to_owned(), sha);
    let plain = json!({ "clientMutationId": input["clientMutationId"] });
    Ok(Resolved::One(Node::Payload("CreateRefPayload", vec![("ref", node)], plain)))
}

/// The pull request of a mutation that leads to a merge.
pub(super) fn writable_pull(context: &Context, input: &Value) -> Result<(Arc<Repository>, u64), Problem> {
    let id = input["pullRequestId"].as_str().unwrap_or_default();
    let found = repositories(context).into_iter().find_map(|repository| {
        let data = lock(&repository.data);
        let pull = data.pulls.values().find(|pull| node_id("PullRequest", &pull.id.to_string()) == id)?;
        let number = pull.number;
        drop(data);
        Some((repository, number))
    });
    let (repository, number) = found.ok_or_else(|| unresolved(id))?;
    allowed(context, &repository, need::WRITE_PULLS)?;
    allowed(context, &repository, need::WRITE_CONTENTS)?;
    Ok((repository, number))
}

async fn auto_merge(context: &Context, input: &Value, enable: bool) -> Resolution {
    let (repository, number) = writable_pull(context, input)?;
    let login = context.actor().login;
    if enable {
        context.github().assess(&repository, number).await?;
        may_enable(&repository, number, input)?;
    }
    if let Some(pull) = lock(&repository.data).pulls.get_mut(&number) {
        let text = |name: &str| input[name].as_str().map(str::to_owned);
        pull.auto_merge = enable.then(|| AutoMerge {
            by: login.clone(),
            method: text("mergeMethod").unwrap_or_else(|| "MERGE".to_owned()).to_lowercase(),
            title: text("commitHeadline"),
            message: text("commitBody"),
        });
    }
    let kind =
        if enable { "EnablePullRequestAutoMergePayload" } else { "DisablePullRequestAutoMergePayload" };
    let plain = json!({
        "clientMutationId": input["clientMutationId"],
        "actor": pull_fields::actor(context, &login),
    });
    Ok(Resolved::One(Node::Payload(kind, vec![("pullRequest", Node::Pull(repository, number))], plain)))
}

/// GitHub refuses auto-merge where it is off, and where there is nothing to wait for.
fn may_enable(repository: &Repository, number: u64, input: &Value) -> Result<(), Problem> {
    let refuse = |text: &str| Err(Problem::of("UNPROCESSABLE", text));
    let (allowed, pull) = {
        let data = lock(&repository.data);
        (data.allow_auto_merge, data.pulls.get(&number).cloned())
    };
    let Some(mut pull) = pull else { return refuse("Could not resolve to a PullRequest.") };
    if !allowed {
        return refuse("Auto merge is not allowed for this repository");
    }
    if input["expectedHeadOid"].as_str().is_some_and(|oid| oid != pull.head_sha) {
        let text =
            format!("Expected head oid to be {} but it was {}.", input["expectedHeadOid"], pull.head_sha);
        return refuse(&text);
    }
    // The state in truth, not what a reader is told meanwhile.
    pull.mergeability.hidden_reads = 0;
    let blocked = policy::unmet(&lock(&repository.data), &pull, "").is_some();
    match mergeable_state(repository, &pull) {
        state @ ("clean" | "unstable") if !blocked => {
            refuse(&format!("Pull request Pull request is in {state} status"))
        }
        _ => Ok(()),
    }
}
