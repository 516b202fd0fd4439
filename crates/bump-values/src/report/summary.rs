//! The part of the run's page.

use toolkit::Summary;
use yaml_set::Change;

use super::{Outcome, Result, changes, headline, left, old};
use crate::{diff::cut, edit::EditedFile};

/// The most rows of a table.
const ROWS: usize = 100;
/// The most bytes of the diff that is shown; the output has more of it.
const DIFF: usize = 60_000;

/// Returns the heading, what was set, where images were found, the diff, and how it was done.
pub(super) fn write(outcome: &Outcome, diff: &str) -> Summary {
    let title = match &outcome.result {
        Result::Unchanged => "Values are up to date",
        Result::Superseded(_) => "Values left as they are",
        Result::Planned => "Values would be set",
        Result::Committed { .. } | Result::Written => "Values set",
        Result::Proposed(_) => "Values proposed",
    };
    let mut summary = Summary::new().heading(title).text(&format!("{}.", headline(outcome)));
    let left: Vec<Vec<String>> =
        left(outcome).iter().map(|newer| vec![code(&newer.place), newer.to_string()]).collect();
    let values = changes(outcome).flat_map(|(file, change)| of_change(file, change)).collect();
    summary = table(summary, &["File", "Path", "Before", "Wanted"], values);
    if !left.is_empty() {
        summary = table(summary, &["Left as it is", "Since"], left);
    }
    let found: Vec<Vec<String>> = outcome.files.iter().flat_map(of_images).collect();
    if !found.is_empty() {
        summary = table(summary, &["Image", "File", "Found as", "At"], found);
    }
    if !diff.is_empty() {
        summary = summary.code("diff", &cut(diff.to_owned(), DIFF));
    }
    if let Result::Proposed(proposed) = &outcome.result {
        summary = summary.text(&format!("The branch takes no direct commit: {}", proposed.rules));
    }
    if let Some((url, _)) = outcome.result.own()
        && url.starts_with("http")
        && !url.contains(['(', ')', ' ', '<'])
    {
        summary = summary.markdown(&format!("[The commit on GitHub]({url})"));
    }
    let way = Summary::new()
        .text(&format!("Method: {}, {}.", outcome.way, outcome.why))
        .table(&["Phase", "Time"], &outcome.timings);
    summary.details("Way and timings", &way)
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

/// A value, and the places that change with it since they use its anchor.
fn of_change(file: &EditedFile, change: &Change) -> Vec<Vec<String>> {
    let row = |path: String| vec![code(&file.path), path, code(old(change)), code(&change.new)];
    let also = change.also.iter().map(|place| row(format!("{} (its anchor's value)", place.path)));
    std::iter::once(row(code(&change.path.to_string()))).chain(also).collect()
}

fn of_images(file: &EditedFile) -> Vec<Vec<String>> {
    let row = |found: &crate::images::Found| {
        let line = found.line.map(|line| format!(", line {line}")).unwrap_or_default();
        let left = found.left.map(|why| format!("; left as it is, since {why}")).unwrap_or_default();
        vec![
            code(&found.image),
            code(&file.path),
            format!("{}{left}", found.form),
            format!("{}{line}", found.place),
        ]
    };
    file.found.iter().map(row).collect()
}

/// Adds a table, of which so many rows are shown as people read.
fn table(summary: Summary, header: &[&str], mut rows: Vec<Vec<String>>) -> Summary {
    let more = rows.len().saturating_sub(ROWS);
    rows.truncate(ROWS);
    let summary = summary.table(header, &rows);
    if more > 0 { summary.text(&format!("… and {more} more.")) } else { summary }
}
