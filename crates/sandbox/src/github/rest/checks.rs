//! Check runs.

use serde_json::{Value, json};

use super::{Context, Reply, Role, created, input::Input, ok, page};
use crate::{
    faults::lock,
    github::{
        clock::Clock,
        error::ApiError,
        render,
        repository::{CheckRun, Repository},
    },
};

pub(super) async fn list(context: &Context, name: &str) -> Reply {
    let repository = context.repository(Role::Read)?;
    let missing = || ApiError::new(422, format!("No commit found for SHA: {name}"));
    let sha = repository.git.commit_ish(name).await?.ok_or_else(missing)?;
    let all = context.parameter("filter") == Some("all");
    let mut runs: Vec<CheckRun> = Vec::new();
    for run in lock(&repository.data).check_runs.iter().rev().filter(|run| run.sha == sha) {
        let superseded = runs.iter().any(|one| one.name == run.name && one.app == run.app);
        let wanted = context.parameter("check_name").is_none_or(|name| run.name == name)
            && context.parameter("status").is_none_or(|status| run.status == status);
        if wanted && (all || !superseded) {
            runs.push(run.clone());
        }
    }
    let page = page::Page::of(context);
    let total = runs.len();
    let shown: Vec<Value> =
        page.cut(runs).iter().map(|run| render::check_run(context.github(), &repository, run)).collect();
    Ok(page::with_link(context, page, total, json!({ "total_count": total, "check_runs": shown })))
}

pub(super) async fn one(context: Context) -> Reply {
    let repository = context.repository(Role::Read)?;
    let id = context.number("id")?;
    let found = lock(&repository.data).check_runs.iter().find(|run| run.id == id).cloned();
    ok(render::check_run(context.github(), &repository, &found.ok_or_else(ApiError::not_found)?))
}

pub(super) async fn create(context: Context, input: Input) -> Reply {
    let repository = context.repository(Role::Write)?;
    // Only Apps make check runs.
    if context.token.as_ref().is_some_and(|token| !token.is_app()) {
        return Err(ApiError::new(403, "You must authenticate via a GitHub App."));
    }
    let (name, sha) = (input.required("name")?, input.required("head_sha")?);
    let missing = || ApiError::new(422, format!("No commit found for SHA: {sha}"));
    let sha = repository.git.resolve(&sha).await?.ok_or_else(missing)?;
    let mut run = CheckRun {
        id: context.github().next_id(),
        sha: sha.clone(),
        name,
        status: "queued".to_owned(),
        conclusion: None,
        details_url: None,
        external_id: input.text("external_id")?.unwrap_or_default(),
        output: Value::Null,
        started_at: context.github().clock.now(),
        completed_at: None,
        app: context.actor().login,
    };
    apply(&mut run, &input, &context.github().clock)?;
    lock(&repository.data).check_runs.push(run.clone());
    context.github().changed_checks(&repository, &sha).await?;
    created(render::check_run(context.github(), &repository, &run))
}

pub(super) async fn update(context: Context, input: Input) -> Reply {
    let repository = context.repository(Role::Write)?;
    let run = change(&context, &repository, &input)?;
    context.github().changed_checks(&repository, &run.sha).await?;
    ok(render::check_run(context.github(), &repository, &run))
}

fn change(context: &Context, repository: &Repository, input: &Input) -> Result<CheckRun, ApiError> {
    let id = context.number("id")?;
    let mut data = lock(&repository.data);
    let run = data.check_runs.iter_mut().find(|run| run.id == id).ok_or_else(ApiError::not_found)?;
    apply(run, input, &context.github().clock)?;
    Ok(run.clone())
}

/// A conclusion completes a run; a completed run must have one.
fn apply(run: &mut CheckRun, input: &Input, clock: &Clock) -> Result<(), ApiError> {
    if let Some(status) = input.text("status")? {
        run.status = status;
    }
    if let Some(conclusion) = input.text("conclusion")? {
        run.conclusion = Some(conclusion);
        "completed".clone_into(&mut run.status);
        run.completed_at = Some(clock.now());
    } else if run.status == "completed" && run.conclusion.is_none() {
        return Err(ApiError::invalid_request("\"conclusion\" wasn't supplied."));
    }
    if let Some(url) = input.text("details_url")? {
        run.details_url = Some(url);
    }
    if let Some(output) = input.value("output") {
        run.output = output.clone();
    }
    Ok(())
}
