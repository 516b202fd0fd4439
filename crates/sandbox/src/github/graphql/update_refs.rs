//! The mutation `updateRefs`: several refs at once, each with a compare-and-swap
//! (<https://docs.github.com/en/graphql/reference/mutations#updaterefs>). The words of its refusals are those of the
//! other ways to move a ref: nobody has quoted its own.

use serde_json::{Value, json};

use super::{
    Problem, commit_on_branch,
    mutate::{repository_by_id, unresolved},
    objects::{Node, Resolution, Resolved, allowed},
};
use crate::github::{
    git::RefUpdate,
    policy::{self, Unmovable, Update},
    repository::Repository,
    rest::{Context, need},
};

const ZERO: &str = "0000000000000000000000000000000000000000";

pub(super) async fn run(context: &Context, input: &Value) -> Resolution {
    let repository = repository_by_id(context, input["repositoryId"].as_str().unwrap_or_default())?;
    allowed(context, &repository, need::WRITE_CONTENTS)?;
    let _updates = repository.updates.lock().await;
    let mut updates = Vec::new();
    for wanted in input["refUpdates"].as_array().into_iter().flatten() {
        updates.push(planned(context, &repository, wanted).await?);
    }
    if !repository.git.update_refs(&updates).await? {
        return Err(Problem::of("STALE_DATA", "Reference cannot be updated"));
    }
    context.github().after_moves(&repository, &context.actor(), &updates).await?;
    let plain = json!({ "clientMutationId": input["clientMutationId"] });
    Ok(Resolved::One(Node::Payload("UpdateRefsPayload", Vec::new(), plain)))
}

/// Checks one update against what is there and against the rules.
async fn planned(context: &Context, repository: &Repository, wanted: &Value) -> Result<RefUpdate, Problem> {
    let text = |name: &str| wanted[name].as_str();
    let name = text("name").unwrap_or_default();
    let Some(branch) = name.strip_prefix("refs/heads/") else {
        return Err(Problem::of(
            "UNPROCESSABLE",
            format!("Ref name {name} must begin with refs/heads/ here."),
        ));
    };
    context.github().race(repository, branch).await?;
    let old = repository.git.resolve(name).await?;
    let at = old.as_deref().unwrap_or(ZERO);
    if let Some(expected) = text("beforeOid").filter(|expected| *expected != at) {
        let text = format!("Reference {name} is at {at} but expected {expected}");
        return Err(Problem::of("UNPROCESSABLE", text));
    }
    let after = text("afterOid").unwrap_or_default();
    let (update, new) = if after == ZERO {
        (Update::Delete, None)
    } else {
        let sha = repository.git.resolve(after).await?.ok_or_else(|| unresolved(after))?;
        let forward = match &old {
            Some(old) => repository.git.is_ancestor(old, &sha).await?,
            None => true,
        };
        if !forward && wanted["force"] != true {
            return Err(Problem::of("UNPROCESSABLE", "Update is not a fast forward"));
        }
        (if forward { Update::FastForward(after) } else { Update::Forced(after) }, Some(sha))
    };
    if old != new {
        match context
            .may_move(repository, branch, old.as_deref(), update, new.as_deref().unwrap_or(at))
            .await?
        {
            Some(Unmovable::Rules(refusal)) => return Err(commit_on_branch::refused(&refusal)),
            Some(Unmovable::Workflow(path)) => {
                return Err(Problem::of("FORBIDDEN", policy::workflow_text(&path)));
            }
            None => {}
        }
    }
    Ok(RefUpdate { name: name.to_owned(), old, new })
}
