//! How an attempt at an operation ends, and what it leaves behind.

use std::time::Duration;

use crate::{
    argocd::{
        app::{App, Deployment},
        operation::{Operation, SyncResult},
        phase::Phase,
    },
    oidc::now,
};

/// How an attempt ended.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) phase: Phase,
    pub(super) message: String,
    pub(super) result: SyncResult,
}

/// Ends the operation, or leaves it Running with an end time, which means that it will be retried after what is
/// returned.
pub(super) fn finish(app: &mut App, operation: &Operation, outcome: Outcome) -> Option<Duration> {
    let Outcome { phase, message, result } = outcome;
    let state = app.state.as_mut()?;
    let failed = phase != Phase::Succeeded;
    let origin = result.origin.clone();
    (state.finished, state.result) = (Some(now()), Some(result));
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
    // A selective sync and a dry run leave no entry.
    if !failed && operation.resources.is_empty() && !operation.dry_run {
        app.history.push(Deployment {
            id: app.history.last().map_or(0, |last| last.id + 1),
            origin,
            started: state.started,
            deployed: now(),
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
