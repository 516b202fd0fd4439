//! `deployment` and `deployment-status`.

use serde_json::{Value, json};

use super::{node_id, user};
use crate::github::{
    State,
    repository::{Deployment, DeploymentStatus, Repository},
};

/// `deployment`.
pub(crate) fn deployment(state: &State, repository: &Repository, deployment: &Deployment) -> Value {
    let repo = format!("{}/repos/{}", state.urls.github, repository.slug());
    let url = format!("{repo}/deployments/{}", deployment.id);
    json!({
        "url": url,
        "id": deployment.id,
        "node_id": node_id("Deployment", &deployment.id.to_string()),
        "sha": deployment.sha,
        "ref": deployment.ref_,
        "task": deployment.task,
        "payload": deployment.payload,
        "original_environment": deployment.environment,
        "environment": deployment.environment,
        "description": deployment.description,
        "creator": user(state, &deployment.creator),
        "created_at": deployment.created_at,
        "updated_at": deployment.updated_at,
        "statuses_url": format!("{url}/statuses"),
        "repository_url": repo,
        "transient_environment": deployment.transient,
        "production_environment": deployment.production,
        "performed_via_github_app": null,
    })
}

/// `deployment-status`.
pub(crate) fn deployment_status(
    state: &State,
    repository: &Repository,
    deployment: &Deployment,
    status: &DeploymentStatus,
) -> Value {
    let repo = format!("{}/repos/{}", state.urls.github, repository.slug());
    let url = format!("{repo}/deployments/{}", deployment.id);
    json!({
        "url": format!("{url}/statuses/{}", status.id),
        "id": status.id,
        "node_id": node_id("DeploymentStatus", &status.id.to_string()),
        "state": status.state,
        "creator": user(state, &status.creator),
        "description": status.description,
        "environment": deployment.environment,
        "target_url": status.log_url,
        "created_at": status.created_at,
        "updated_at": status.created_at,
        "deployment_url": url,
        "repository_url": repo,
        "environment_url": status.environment_url,
        "log_url": status.log_url,
        "performed_via_github_app": null,
    })
}
