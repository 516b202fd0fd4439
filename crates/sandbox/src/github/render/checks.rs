//! `status`, `combined-commit-status`, `check-run`.

use serde_json::{Value, json};

use super::{node_id, repository::minimal_repository, user};
use crate::github::{
    State,
    repository::{CheckRun, Repository, Status},
};

/// `status`.
pub(crate) fn status(state: &State, repository: &Repository, status: &Status) -> Value {
    let creator = user(state, &status.creator);
    json!({
        "url": format!("{}/repos/{}/statuses/{}", state.urls.github, repository.slug(), status.sha),
        "avatar_url": creator["avatar_url"],
        "id": status.id,
        "node_id": node_id("StatusContext", &status.id.to_string()),
        "state": status.state,
        "description": status.description,
        "target_url": status.target_url,
        "context": status.context,
        "created_at": status.created_at,
        "updated_at": status.created_at,
        "creator": creator,
    })
}

/// `combined-commit-status`; `latest` holds the last status of each context.
pub(crate) fn combined_status(
    state: &State,
    repository: &Repository,
    sha: &str,
    latest: &[Status],
    page: &[Status],
) -> Value {
    let has = |names: &[&str]| latest.iter().any(|status| names.contains(&status.state.as_str()));
    let combined = if has(&["error", "failure"]) {
        "failure"
    } else if latest.is_empty() || has(&["pending"]) {
        "pending"
    } else {
        "success"
    };
    let api = format!("{}/repos/{}/commits/{sha}", state.urls.github, repository.slug());
    let statuses: Vec<Value> = page
        .iter()
        .map(|one| {
            let mut value = status(state, repository, one);
            if let Value::Object(fields) = &mut value {
                fields.remove("creator");
            }
            value
        })
        .collect();
    json!({
        "state": combined,
        "statuses": statuses,
        "sha": sha,
        "total_count": latest.len(),
        "repository": minimal_repository(state, repository),
        "commit_url": api,
        "url": format!("{api}/status"),
    })
}

/// `check-run`.
pub(crate) fn check_run(state: &State, repository: &Repository, run: &CheckRun) -> Value {
    let slug = repository.slug();
    let api = format!("{}/repos/{slug}/check-runs/{}", state.urls.github, run.id);
    let app = run.app.trim_end_matches("[bot]");
    let app_id = if app == "github-actions" { 15_368 } else { state.user(&run.app).id };
    let output = |name: &str| run.output.get(name).cloned().unwrap_or(Value::Null);
    json!({
        "id": run.id,
        "name": run.name,
        "node_id": node_id("CheckRun", &run.id.to_string()),
        "head_sha": run.sha,
        "external_id": run.external_id,
        "url": api,
        "html_url": format!("{}/{slug}/runs/{}", state.urls.github, run.id),
        "details_url": run.details_url,
        "status": run.status,
        "conclusion": run.conclusion,
        "started_at": run.started_at,
        "completed_at": run.completed_at,
        "output": {
            "title": output("title"),
            "summary": output("summary"),
            "text": output("text"),
            "annotations_count": 0,
            "annotations_url": format!("{api}/annotations"),
        },
        "check_suite": { "id": app_id },
        "app": {
            "id": app_id,
            "slug": app,
            "node_id": node_id("App", &app_id.to_string()),
            "owner": user(state, "github"),
            "name": app,
            "description": "",
            "external_url": format!("{}/apps/{app}", state.urls.github),
            "html_url": format!("{}/apps/{app}", state.urls.github),
            "created_at": run.started_at,
            "updated_at": run.started_at,
            "permissions": { "checks": "write" },
            "events": [],
        },
        "pull_requests": [],
    })
}
