//! Commit statuses.

use serde_json::Value;

use super::{Context, Reply, Role, created, input::Input, page};
use crate::{
    faults::lock,
    github::{
        error::ApiError,
        render,
        repository::{Repository, Status},
    },
};

async fn sha_of(repository: &Repository, name: &str) -> Result<String, ApiError> {
    let missing = || ApiError::new(422, format!("No commit found for SHA: {name}"));
    repository.git.commit_ish(name).await?.ok_or_else(missing)
}

pub(super) async fn create(context: Context, input: Input) -> Reply {
    let repository = context.repository(Role::Write)?;
    let sha = sha_of(&repository, context.part("sha")).await?;
    let state = input.required("state")?;
    if !["error", "failure", "pending", "success"].contains(&state.as_str()) {
        return Err(ApiError::validation(
            "Status",
            "state",
            "custom",
            Some("state is not included in the list"),
        ));
    }
    let description = input.text("description")?;
    if description.as_ref().is_some_and(|text| text.chars().count() > 140) {
        let text = "description is too long (maximum is 140 characters)";
        return Err(ApiError::validation("Status", "description", "custom", Some(text)));
    }
    let status = Status {
        id: context.github().next_id(),
        sha: sha.clone(),
        state,
        context: input.text("context")?.unwrap_or_else(|| "default".to_owned()),
        description,
        target_url: input.text("target_url")?,
        creator: context.actor().login,
        created_at: context.github().clock.now(),
    };
    lock(&repository.data).statuses.push(status.clone());
    context.github().changed_checks(&repository, &sha).await?;
    created(render::status(context.github(), &repository, &status))
}

/// All statuses of a commit, newest first.
fn of_commit(repository: &Repository, sha: &str) -> Vec<Status> {
    lock(&repository.data).statuses.iter().filter(|status| status.sha == sha).rev().cloned().collect()
}

pub(super) async fn list(context: &Context, name: &str) -> Reply {
    let repository = context.repository(Role::Read)?;
    let sha = sha_of(&repository, name).await?;
    let shown: Vec<Value> = of_commit(&repository, &sha)
        .iter()
        .map(|status| render::status(context.github(), &repository, status))
        .collect();
    Ok(page::paged(context, shown))
}

pub(super) async fn combined(context: &Context, name: &str) -> Reply {
    let repository = context.repository(Role::Read)?;
    let sha = sha_of(&repository, name).await?;
    let mut latest: Vec<Status> = Vec::new();
    for status in of_commit(&repository, &sha) {
        if latest.iter().all(|one| one.context != status.context) {
            latest.push(status);
        }
    }
    let page = page::Page::of(context);
    let shown = page.cut(latest.clone());
    let body = render::combined_status(context.github(), &repository, &sha, &latest, &shown);
    Ok(page::with_link(context, page, latest.len(), body))
}
