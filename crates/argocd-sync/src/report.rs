//! What is told at the end: outputs and the run's page. Pure.

use model::Failure;
use toolkit::{Phases, Report, Summary};

use crate::{
    assess::Verdict,
    clause::Holds,
    course::MARK,
    request::Request,
    wire::{Application, OperationState},
};

/// More rows would hide the rest of the page.
const MOST_RESOURCES: usize = 50;

/// How it ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) request: Request,
    /// The last state that was seen.
    pub(crate) app: Application,
    pub(crate) verdict: Verdict,
    pub(crate) phases: Phases,
    /// Why it is no success.
    pub(crate) failure: Option<Failure>,
}

impl Outcome {
    /// The operation that was followed: as it ended, else as it was last seen.
    fn operation(&self) -> Option<&OperationState> {
        self.verdict.ended.as_deref().or(self.app.status.operation_state.as_ref())
    }
}

/// Renders it.
pub(crate) fn report(outcome: &Outcome) -> Report {
    let status = &outcome.app.status;
    let operation = outcome.operation();
    let id = operation.and_then(|state| state.operation.info.iter().find(|info| info.name == MARK));
    let mut report = Report::new()
        .output("revision", operation.map_or("", OperationState::synced_revision))
        .output("phase", operation.map_or("", |state| &state.phase))
        .output("health", &*status.health.status)
        .output("images", status.summary.images.join("\n"))
        .output("operation-id", id.map_or("", |info| &info.value))
        .output("timings", outcome.phases.to_json())
        .summary(summary(outcome));
    if outcome.failure.is_none() {
        report = report.line(format!(
            "application {} is at {}: {}",
            outcome.request.application,
            outcome.request.revision,
            outcome.verdict.clauses.iter().map(|(clause, _)| clause.title()).collect::<Vec<_>>().join(", ")
        ));
    }
    report
}

fn summary(outcome: &Outcome) -> Summary {
    let Outcome { request, verdict, phases, .. } = outcome;
    let how = if outcome.failure.is_none() { "is at" } else { "is not proven at" };
    let clauses: Vec<Vec<String>> = verdict
        .clauses
        .iter()
        .map(|(clause, holds)| match holds {
            Holds::Yes => vec![clause.title().to_owned(), "yes".to_owned(), String::new()],
            Holds::No(reason) => vec![clause.title().to_owned(), "no".to_owned(), reason.clone()],
        })
        .collect();
    let mut summary = Summary::new()
        .heading(&format!("Argo CD: {} {how} {}", request.application, request.revision.short()))
        .table(&["condition", "holds", "why not"], &clauses);
    let resources = resources(outcome);
    if !resources.is_empty() {
        let table = Summary::new().table(
            &["resource", "status", "health", "message"],
            &resources[..resources.len().min(MOST_RESOURCES)],
        );
        let more = resources.len().saturating_sub(MOST_RESOURCES);
        let title = match more {
            0 => format!("Resources ({})", resources.len()),
            more => format!("Resources ({}, {more} not shown)", resources.len()),
        };
        summary = summary.details(&title, &table);
    }
    summary.table(&["phase", "took"], &phases.rows())
}

/// A row for each managed resource, with what the operation said of it.
fn resources(outcome: &Outcome) -> Vec<Vec<String>> {
    let results = outcome.operation().and_then(|state| state.sync_result.as_ref());
    outcome
        .app
        .status
        .resources
        .iter()
        .map(|resource| {
            let result = results.and_then(|results| {
                results.resources.iter().find(|result| {
                    (&result.kind, &result.namespace, &result.name)
                        == (&resource.kind, &resource.namespace, &resource.name)
                })
            });
            vec![
                format!("`{} {}/{}`", resource.kind, resource.namespace, resource.name),
                resource.status.clone(),
                resource.health.as_ref().map(|health| health.status.clone()).unwrap_or_default(),
                result.map(|result| result.message.clone()).unwrap_or_default(),
            ]
        })
        .collect()
}

#[cfg(test)]
mod tests;
