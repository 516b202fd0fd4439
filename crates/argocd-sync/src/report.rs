//! What is told at the end: outputs, lines of the log, and the run's page. Pure.

mod page;

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use toolkit::Report;

use crate::{
    course::MARK,
    outcome::{Outcome, Seen},
    paused,
    request::WaitFor,
    revert::Revert,
    wire::ResourceStatus,
};

/// Renders how it ended for each application.
pub(crate) fn report(outcomes: &[Outcome]) -> Report {
    let images: BTreeSet<&str> = outcomes
        .iter()
        .filter_map(|outcome| outcome.seen.as_ref())
        .flat_map(|seen| seen.app.status.summary.images.iter().map(String::as_str))
        .collect();
    let mut report = Report::new()
        .output("revision", each(outcomes, |seen| Some(seen.revision.as_str())))
        .output("phase", each(outcomes, |seen| Some(seen.operation()?.phase.as_str())))
        .output("health", each(outcomes, |seen| Some(seen.app.status.health.status.as_str())))
        .output("images", images.into_iter().collect::<Vec<_>>().join("\n"))
        .output("operation-id", each(outcomes, mark))
        .output("paused", paused(outcomes))
        .output("rolled-back", outcomes.iter().any(|outcome| outcome.aftermath.is_rolled_back).to_string())
        .output("rollback", rollback(outcomes))
        .output("timings", timings(outcomes))
        .summary(page::page(outcomes));
    for outcome in outcomes {
        if let (None, Some(seen)) = (&outcome.failure, &outcome.seen) {
            let holds: Vec<_> = seen.verdict.clauses.iter().map(|(clause, _)| clause.title()).collect();
            let name = &outcome.request.application;
            report = report.line(format!(
                "application {name} is at {}: {}",
                outcome.request.revision,
                holds.join(", ")
            ));
            let paused: Vec<String> = paused::paused(&seen.app).map(ResourceStatus::title).collect();
            if !paused.is_empty() && outcome.request.wait_for >= WaitFor::Healthy {
                let paused = paused.join(", ");
                report =
                    report.line(format!("application {name}: the old pods still serve: {paused} is paused"));
            }
        }
    }
    report
}

/// The mark of the operation, if it has one of ours.
fn mark(seen: &Seen) -> Option<&str> {
    let info = seen.operation()?.operation.info.iter().find(|info| info.name == MARK)?;
    Some(&info.value)
}

/// What is the same for all applications once, else a line `APPLICATION VALUE` for each.
fn each(outcomes: &[Outcome], value: impl Fn(&Seen) -> Option<&str>) -> String {
    let values: Vec<(String, &str)> = outcomes
        .iter()
        .map(|outcome| {
            let value = outcome.seen.as_ref().and_then(&value).unwrap_or_default();
            (outcome.request.application.to_string(), value)
        })
        .collect();
    match values.split_first() {
        None => String::new(),
        Some(((_, first), rest)) if rest.iter().all(|(_, value)| value == first) => (*first).to_owned(),
        Some(_) => {
            values.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join("\n")
        }
    }
}

/// What is paused before its cutover, as `Rollout app/product`, one per line.
fn paused(outcomes: &[Outcome]) -> String {
    let seen = outcomes.iter().filter_map(|outcome| outcome.seen.as_ref());
    let paused = seen.flat_map(|seen| paused::paused(&seen.app)).map(ResourceStatus::title);
    paused.collect::<Vec<_>>().join("\n")
}

/// The inputs of bump-values that restore what was live; for several applications, by application.
fn rollback(outcomes: &[Outcome]) -> String {
    match outcomes {
        [one] => one.aftermath.revert.as_ref().map(Revert::to_json).unwrap_or_default(),
        several => {
            let all = several.iter().filter_map(|outcome| {
                let revert = serde_json::from_str(&outcome.aftermath.revert.as_ref()?.to_json()).ok()?;
                Some((outcome.request.application.to_string(), revert))
            });
            let all: Map<String, Value> = all.collect();
            if all.is_empty() { String::new() } else { Value::Object(all).to_string() }
        }
    }
}

/// Milliseconds of each phase; for several applications, by application.
fn timings(outcomes: &[Outcome]) -> String {
    let phases = |outcome: &Outcome| {
        let text = outcome.seen.as_ref().map(|seen| seen.phases.to_json());
        text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_else(|| Value::Object(Map::new()))
    };
    match outcomes {
        [one] => phases(one),
        several => {
            let by_name = |outcome: &Outcome| (outcome.request.application.to_string(), phases(outcome));
            Value::Object(several.iter().map(by_name).collect())
        }
    }
    .to_string()
}

#[cfg(test)]
mod tests;
