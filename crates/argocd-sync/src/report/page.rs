//! The run's page.

use toolkit::Summary;

use crate::{
    clause::Holds,
    gantt::{self, Row},
    outcome::{Outcome, Seen},
};

/// More rows would hide the rest of the page.
const MOST_RESOURCES: usize = 50;
/// More applications than this have their chart folded.
const MOST_CHARTS: usize = 3;

/// Renders it.
pub(super) fn page(outcomes: &[Outcome]) -> Summary {
    let summary = Summary::new().heading(&heading(outcomes));
    let summary = match outcomes {
        [Outcome { seen: Some(seen), .. }] => {
            summary.table(&["condition", "holds", "why not"], &clauses(seen))
        }
        // The failure has its own part of the page.
        [_] => summary,
        several => summary
            .table(&["application", "result", "why not"], &several.iter().map(result).collect::<Vec<_>>()),
    };
    let summary = resources(outcomes, summary);
    let chart = gantt::chart(&rows(outcomes));
    match chart.is_empty() {
        true => summary,
        false if outcomes.len() > MOST_CHARTS => {
            summary.details("Where the time went", &Summary::new().code("text", &chart))
        }
        false => summary.code("text", &chart),
    }
}

fn heading(outcomes: &[Outcome]) -> String {
    let failed = outcomes.iter().filter(|outcome| outcome.failure.is_some()).count();
    match (outcomes, failed) {
        ([], _) => "Argo CD: no application".to_owned(),
        ([one], failed) => {
            let how = if failed == 0 { "is at" } else { "is not proven at" };
            format!("Argo CD: {} {how} {}", one.request.application, one.request.revision.short())
        }
        ([first, ..], 0) => {
            format!("Argo CD: {} applications are at {}", outcomes.len(), first.request.revision.short())
        }
        ([first, ..], failed) => format!(
            "Argo CD: {failed} of {} applications are not proven at {}",
            outcomes.len(),
            first.request.revision.short()
        ),
    }
}

/// A row for each condition.
fn clauses(seen: &Seen) -> Vec<Vec<String>> {
    let row =
        |title: &str, holds: &str, reason: &str| vec![title.to_owned(), holds.to_owned(), reason.to_owned()];
    seen.verdict
        .clauses
        .iter()
        .map(|(clause, holds)| match holds {
            Holds::Yes => row(clause.title(), "yes", ""),
            Holds::No(reason) => row(clause.title(), "no", reason),
        })
        .collect()
}

/// The row of one application among several.
fn result(outcome: &Outcome) -> Vec<String> {
    let name = outcome.request.application.to_string();
    let Some(failure) = &outcome.failure else {
        return vec![name, "proven".to_owned(), String::new()];
    };
    let unmet = outcome.seen.as_ref().map(|seen| seen.verdict.unmet()).unwrap_or_default();
    let reasons: Vec<String> = std::iter::once(failure.cause.clone()).chain(unmet).collect();
    vec![name, failure.code.id.to_owned(), reasons.join("; ")]
}

/// A table of the managed resources, with what the operation said of each, folded.
fn resources(outcomes: &[Outcome], summary: Summary) -> Summary {
    let has_several = outcomes.len() > 1;
    let all: Vec<Vec<String>> = outcomes
        .iter()
        .flat_map(|outcome| {
            let name = has_several.then(|| outcome.request.application.to_string());
            let rows = outcome.seen.as_ref().map(resources_of).unwrap_or_default();
            rows.into_iter().map(move |row| name.iter().cloned().chain(row).collect())
        })
        .collect();
    if all.is_empty() {
        return summary;
    }
    let header: &[&str] = &["application", "resource", "status", "health", "message"];
    let header = if has_several { header } else { header.split_first().map_or(header, |(_, rest)| rest) };
    let shown = Summary::new().table(header, &all.iter().take(MOST_RESOURCES).cloned().collect::<Vec<_>>());
    let title = match all.len().saturating_sub(MOST_RESOURCES) {
        0 => format!("Resources ({})", all.len()),
        more => format!("Resources ({}, {more} not shown)", all.len()),
    };
    summary.details(&title, &shown)
}

fn resources_of(seen: &Seen) -> Vec<Vec<String>> {
    let results = seen.operation().and_then(|state| state.sync_result.as_ref());
    seen.app
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
            let health = resource.health.clone().unwrap_or_default();
            let said = [health.message, result.map(|result| result.message.clone()).unwrap_or_default()];
            let said: Vec<String> = said.into_iter().filter(|text| !text.is_empty()).collect();
            vec![
                format!("`{} {}/{}`", resource.kind, resource.namespace, resource.name),
                resource.status.clone(),
                health.status,
                said.join("; "),
            ]
        })
        .collect()
}

/// The rows of the chart.
fn rows(outcomes: &[Outcome]) -> Vec<Row> {
    let has_several = outcomes.len() > 1;
    outcomes
        .iter()
        .filter_map(|outcome| {
            let title = if has_several { outcome.request.application.to_string() } else { String::new() };
            Some(Row { title, phases: outcome.seen.as_ref()?.phases.list() })
        })
        .collect()
}
