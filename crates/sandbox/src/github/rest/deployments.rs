//! Deployments and their statuses.

use axum::{Json, response::IntoResponse as _};
use http::StatusCode;
use serde_json::{Value, json};

use super::{Context, Reply, Role, created, input::Input, message, ok, page};
use crate::{
    faults::lock,
    github::{
        error::ApiError,
        policy, render,
        repository::{Data, Deployment, DeploymentStatus, Repository},
    },
};

pub(super) async fn list(context: Context) -> Reply {
    let repository = context.repository(Role::Read)?;
    let wanted = |name: &str, value: &str| context.parameter(name).is_none_or(|one| one == value);
    let found: Vec<Deployment> = lock(&repository.data)
        .deployments
        .iter()
        .rev()
        .filter(|one| wanted("sha", &one.sha) && wanted("ref", &one.ref_))
        .filter(|one| wanted("environment", &one.environment) && wanted("task", &one.task))
        .cloned()
        .collect();
    let shown = found.iter().map(|one| render::deployment(context.github(), &repository, one)).collect();
    Ok(page::paged(&context, shown))
}

fn find(data: &Data, id: u64) -> Result<&Deployment, ApiError> {
    data.deployments.iter().find(|one| one.id == id).ok_or_else(ApiError::not_found)
}

pub(super) async fn one(context: Context) -> Reply {
    let repository = context.repository(Role::Read)?;
    let found = find(&lock(&repository.data), context.number("id")?)?.clone();
    ok(render::deployment(context.github(), &repository, &found))
}

pub(super) async fn create(context: Context, input: Input) -> Reply {
    let repository = context.repository(Role::Write)?;
    let name = input.required("ref")?;
    let missing = || ApiError::new(422, format!("No ref found for: {name}"));
    let sha = repository.git.commit_ish(&name).await?.ok_or_else(missing)?;
    if let Some(answer) = auto_merge(&context, &repository, &input, &name, &sha).await? {
        return Ok(answer);
    }
    check_contexts(&repository, &input, &name, &sha)?;
    let environment = input.text("environment")?.unwrap_or_else(|| "production".to_owned());
    let now = context.github().clock.now();
    let made = Deployment {
        id: context.github().next_id(),
        sha,
        ref_: name,
        task: input.text("task")?.unwrap_or_else(|| "deploy".to_owned()),
        description: input.text("description")?,
        payload: input.value("payload").cloned().unwrap_or_else(|| json!({})),
        transient: input.flag("transient_environment")?.unwrap_or(false),
        production: input.flag("production_environment")?.unwrap_or(environment == "production"),
        environment,
        creator: context.actor().login,
        created_at: now.clone(),
        updated_at: now,
        statuses: Vec::new(),
    };
    lock(&repository.data).deployments.push(made.clone());
    let shown = render::deployment(context.github(), &repository, &made);
    context.github().note(
        &repository,
        "deployment",
        "created",
        // No workflow made it: it came over the API.
        json!({ "deployment": shown, "workflow": null, "workflow_run": null }),
        &context.actor(),
    );
    created(shown)
}

/// Unless told not to, GitHub merges the default branch into a branch that is to be deployed and is behind.
async fn auto_merge(
    context: &Context,
    repository: &Repository,
    input: &Input,
    name: &str,
    sha: &str,
) -> Result<Option<axum::response::Response>, ApiError> {
    let default = lock(&repository.data).default_branch.clone();
    if !input.flag("auto_merge")?.unwrap_or(true) || name == default {
        return Ok(None);
    }
    let (branch, tip) = (repository.git.branch(name).await?, repository.git.branch(&default).await?);
    let (Some(_), Some(tip)) = (branch, tip) else { return Ok(None) };
    if repository.git.is_ancestor(&tip, sha).await? {
        return Ok(None);
    }
    let title = format!("Merge branch '{default}' into {name}");
    let merged = context.github().merge_branch(repository, &context.actor(), name, &tip, &title).await;
    match merged {
        Ok(_) => {
            let body = message(&format!("Auto-merged {default} into {name} on deployment."));
            Ok(Some((StatusCode::ACCEPTED, Json(body)).into_response()))
        }
        Err(_) => Err(ApiError::new(409, format!("Conflict merging {default} into {name}."))),
    }
}

/// `required_contexts`: all that are known when absent, none when empty.
fn check_contexts(repository: &Repository, input: &Input, name: &str, sha: &str) -> Result<(), ApiError> {
    let required = input.texts("required_contexts")?;
    let data = lock(&repository.data);
    let known = policy::checks(&data, sha);
    let names = required.unwrap_or_else(|| known.iter().map(|(name, _)| name.clone()).collect());
    let passed = |name: &String| known.iter().any(|(one, passed)| one == name && *passed == Some(true));
    if names.iter().all(passed) {
        return Ok(());
    }
    let state = |name: &String| match known.iter().find(|(one, _)| one == name) {
        Some((_, Some(true))) => "success",
        Some((_, Some(false))) => "failure",
        _ => "pending",
    };
    let contexts: Vec<Value> =
        names.iter().map(|name| json!({ "context": name, "state": state(name) })).collect();
    let mut refusal = ApiError::new(409, format!("Conflict: Commit status checks failed for {name}."));
    refusal.errors = Some(Box::new(json!([{
        "contexts": contexts,
        "resource": "Deployment",
        "field": "required_contexts",
        "code": "invalid",
    }])));
    Err(refusal)
}

pub(super) async fn statuses(context: Context) -> Reply {
    let repository = context.repository(Role::Read)?;
    let found = find(&lock(&repository.data), context.number("id")?)?.clone();
    let shown = found
        .statuses
        .iter()
        .rev()
        .map(|status| render::deployment_status(context.github(), &repository, &found, status))
        .collect();
    Ok(page::paged(&context, shown))
}

const STATES: &[&str] = &["error", "failure", "inactive", "in_progress", "queued", "pending", "success"];

pub(super) async fn create_status(context: Context, input: Input) -> Reply {
    let repository = context.repository(Role::Write)?;
    let id = context.number("id")?;
    let state = input.required("state")?;
    if !STATES.contains(&state.as_str()) {
        let text = format!(
            "For 'properties/state', \"{state}\" is not a possible value. Must be one of: {}.",
            STATES.join(", ")
        );
        return Err(ApiError::invalid_request(&text));
    }
    let now = context.github().clock.now();
    let mut status = DeploymentStatus {
        id: context.github().next_id(),
        state,
        description: input.text("description")?.unwrap_or_default(),
        environment_url: input.text("environment_url")?.unwrap_or_default(),
        log_url: input.text("log_url")?.or(input.text("target_url")?).unwrap_or_default(),
        creator: context.actor().login,
        created_at: now.clone(),
    };
    let auto_inactive = input.flag("auto_inactive")?.unwrap_or(true);
    let deployment = {
        let mut data = lock(&repository.data);
        let environment = find(&data, id)?.environment.clone();
        for one in data.deployments.iter_mut().filter(|one| one.environment == environment) {
            if one.id == id {
                one.statuses.push(status.clone());
                one.updated_at.clone_from(&now);
                continue;
            }
            // Only earlier successes that are neither transient nor production become inactive by themselves.
            let replaced = auto_inactive
                && status.state == "success"
                && !(one.transient || one.production)
                && one.statuses.last().is_some_and(|last| last.state == "success");
            if replaced {
                let id = context.github().next_id();
                one.statuses.push(DeploymentStatus { id, state: "inactive".to_owned(), ..status.clone() });
            }
        }
        find(&data, id)?.clone()
    };
    status.created_at.clone_from(&now);
    let shown = render::deployment_status(context.github(), &repository, &deployment, &status);
    let event = json!({
        "deployment": render::deployment(context.github(), &repository, &deployment),
        "deployment_status": shown,
    });
    context.github().note(&repository, "deployment_status", "created", event, &context.actor());
    created(shown)
}
