//! What an operation does to an application, and what it leaves behind.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    argocd::{
        app::{App, Deployment},
        operation::{Operation, SyncResult},
        render::Rendered,
        resources,
    },
    oidc::now,
};

/// How an attempt ended.
pub(super) struct Outcome {
    phase: &'static str,
    message: String,
    result: SyncResult,
    /// Whether there is a new pod template to roll out.
    pub(super) rolls_out: bool,
}

/// Applies what was rendered. Health stays as it was assessed before, until the application is compared again: right
/// after an operation it says nothing about what was applied.
pub(super) fn apply(
    app: &mut App,
    operation: &Operation,
    compared: Result<(String, Rendered), String>,
) -> Outcome {
    let source = if operation.source.is_null() { app.spec.source() } else { operation.source.clone() };
    let (commit, target) = match compared {
        Ok(compared) => compared,
        Err(message) => {
            app.conditions = vec![("ComparisonError", message.clone(), now())];
            let result = SyncResult { revision: operation.revision.clone(), source, resources: Vec::new() };
            let message = format!("ComparisonError: {message}");
            return Outcome { phase: "Error", message, result, rolls_out: false };
        }
    };
    app.conditions.clear();
    let failure = if operation.dry_run { None } else { app.fail_apply.take() };
    let mut word = if app.applied.is_none() { "created" } else { "unchanged" };
    let mut rolls_out = false;
    let name = app.spec.release_name.clone();
    let is_applied =
        failure.is_none() && !operation.dry_run && operation.includes("argoproj.io", "Rollout", &name);
    if is_applied {
        app.assessed = Some(app.health());
        rolls_out = app.rollout.apply(&name, &target);
        if rolls_out && word == "unchanged" {
            word = "configured";
        }
        app.applied = Some(target);
    }
    let resources = results(app, operation, word, failure.as_deref());
    let result = SyncResult { revision: commit, source, resources };
    let (phase, message) = match failure {
        Some(reason) => ("Failed", format!("one or more objects failed to apply, reason: {reason}")),
        None => ("Succeeded", "successfully synced (all tasks run)".to_owned()),
    };
    Outcome { phase, message, result, rolls_out }
}

fn results(app: &App, operation: &Operation, word: &str, failure: Option<&str>) -> Vec<Value> {
    resources::managed(app)
        .iter()
        .filter(|resource| operation.includes(resource.group, resource.kind, &resource.name))
        .map(|resource| {
            let is_rollout = resource.kind == "Rollout";
            let kind = resource.kind.to_ascii_lowercase();
            let path = if resource.group.is_empty() { kind } else { format!("{kind}.{}", resource.group) };
            let said = if is_rollout || word == "created" { word } else { "unchanged" };
            let (status, message, phase) = match failure.filter(|_| is_rollout) {
                Some(reason) => ("SyncFailed", reason.to_owned(), "Failed"),
                None => ("Synced", format!("{path}/{} {said}", resource.name), "Running"),
            };
            let mut result = json!({
                "group": resource.group,
                "version": resource.version,
                "kind": resource.kind,
                "namespace": app.spec.destination_namespace,
                "name": resource.name,
                "status": status,
                "message": message,
                "hookPhase": phase,
                "syncPhase": "Sync",
            });
            if let Some(applied) = app.applied.as_ref().filter(|_| is_rollout) {
                result["images"] = json!([applied.image]);
            }
            result
        })
        .collect()
}

/// Ends the operation, or leaves it Running with an end time, which means that it will be retried.
pub(super) fn finish(app: &mut App, operation: &Operation, outcome: Outcome) -> Option<Duration> {
    let Outcome { phase, message, result, .. } = outcome;
    let state = app.state.as_mut()?;
    let failed = phase != "Succeeded";
    state.finished = Some(now());
    state.result = Some(result);
    if failed && state.retries < operation.retry_limit() {
        state.retries += 1;
        state.message = format!("{message}. Retrying attempt #{} at 12:00AM.", state.retries);
        let wait = operation.retry["backoff"]["duration"].as_str().and_then(seconds).unwrap_or(5.0);
        return Some(Duration::from_secs_f64(wait));
    }
    let again = if failed && state.retries > 0 {
        format!(" (retried {} times).", state.retries)
    } else {
        String::new()
    };
    (state.phase, state.message) = (phase, message + &again);
    app.operation = None;
    let revision = state.result.as_ref().map(|result| result.revision.clone()).unwrap_or_default();
    // A selective sync and a dry run leave no entry.
    if !failed && operation.resources.is_empty() && !operation.dry_run {
        let (started, source) = (state.started, state.result.as_ref().map(|result| result.source.clone()));
        app.history.push(Deployment {
            id: app.history.last().map_or(0, |last| last.id + 1),
            revision,
            started,
            deployed: now(),
            source: source.unwrap_or_default(),
            username: operation.username.clone(),
            automated: operation.automated,
        });
        // revisionHistoryLimit: 10
        let surplus = app.history.len().saturating_sub(10);
        app.history.drain(..surplus);
    }
    None
}

/// Reads `2s`, `500ms`, `1m`.
fn seconds(text: &str) -> Option<f64> {
    let unit = text.trim_start_matches(|digit: char| digit.is_ascii_digit() || digit == '.');
    let number: f64 = text.strip_suffix(unit)?.parse().ok()?;
    Some(match unit {
        "ms" => number / 1000.0,
        "s" => number,
        "m" => number * 60.0,
        _ => return None,
    })
}
