//! What a bump leaves for people and for later steps.

mod summary;

use model::Failure;
use serde_json::{Map, Value};
use toolkit::{Annotation, Level, Report};
use yaml_set::Change;

use crate::{
    diff::unified,
    edit::{self, EditedFile},
    method::Method,
    pull_request::Proposed,
    request::{Request, Target},
    stale::Newer,
};

/// How many values get an annotation: GitHub shows ten of a kind for each step.
const ANNOTATED: usize = 10;

/// What has become of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Result {
    /// Every value was there already.
    Unchanged,
    /// A newer value is there.
    Superseded(Newer),
    /// The plan was wanted, and no more.
    Planned,
    /// Committed.
    Committed {
        /// The commit's page, if GitHub named one.
        url: String,
        /// Whether GitHub shows it as *Verified*.
        verified: Option<bool>,
    },
    /// A pull request has them.
    Proposed(Proposed),
    /// Written to the work tree.
    Written,
}

impl Result {
    /// Whether something was written.
    fn is_change(&self) -> bool {
        match self {
            Self::Committed { .. } | Self::Written => true,
            Self::Proposed(proposed) => proposed.own.is_some(),
            Self::Unchanged | Self::Superseded(_) | Self::Planned => false,
        }
    }

    /// Page and verification of our commit.
    fn own(&self) -> Option<(&str, Option<bool>)> {
        match self {
            Self::Committed { url, verified } => Some((url, *verified)),
            Self::Proposed(proposed) => proposed.own.as_ref().map(|own| (own.url.as_str(), own.verified)),
            _ => None,
        }
    }
}

/// The end of a bump.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) result: Result,
    /// The commit that has the values: ours, else the head that was read; empty outside a repository.
    pub(crate) commit: String,
    pub(crate) files: Vec<EditedFile>,
    /// How often it was tried to write.
    pub(crate) attempts: u32,
    /// How and where: `by GraphQL to branch dev of org/product`.
    pub(crate) way: String,
    /// The method that was taken in the end.
    pub(crate) method: Method,
    /// Why that one: a phrase.
    pub(crate) why: String,
    pub(crate) timings: Vec<Vec<String>>,
    /// What makes it a failure although it is done.
    pub(crate) failure: Option<Failure>,
}

/// Returns outputs, summary, annotations and the closing lines.
pub(crate) fn report(request: &Request, outcome: &Outcome) -> Report {
    let changed = outcome.result.is_change();
    let superseded = matches!(outcome.result, Result::Superseded(_));
    let diff = if superseded { String::new() } else { unified(&outcome.files) };
    let left = left(outcome);
    let lines =
        found(&outcome.files).into_iter().chain(left.iter().map(|newer| format!("Left as it is: {newer}")));
    let report = lines.fold(Report::new(), Report::line);
    let mut report = report
        .line(headline(outcome))
        .output("changed", changed.to_string())
        .output("commit", outcome.commit.clone())
        .output("previous", previous(&outcome.files))
        .output("superseded", superseded.to_string())
        .output("attempts", outcome.attempts.to_string())
        .output("diff", diff.trim_end_matches('\n'))
        .output("method", outcome.method.name())
        .output("verified", verified(outcome))
        .output("pull-request", pull_request(outcome))
        .summary(summary::write(outcome, &diff));
    for newer in left.iter().take(ANNOTATED) {
        report = report.annotation(Annotation::new(Level::Notice, "newer value left", newer.to_string()));
    }
    if changed {
        report = annotated(report, request, outcome);
    }
    if let Some((_, Some(false))) = outcome.result.own()
        && outcome.failure.is_none()
    {
        let text = format!("GitHub does not show {} as verified", outcome.commit);
        report = report.annotation(Annotation::new(Level::Warning, "commit not verified", text));
    }
    report
}

/// Adds a notice for each value, at its line where that is in the repository of the run: GitHub would look for the file of
/// another one there.
fn annotated(mut report: Report, request: &Request, outcome: &Outcome) -> Report {
    let is_own = match &request.target {
        Target::Branch(remote) => {
            remote.slug().is_some_and(|slug| request.origin.repository.as_ref() == Some(slug))
        }
        Target::Worktree => true,
    };
    for (file, change) in changes(outcome).filter(|(_, change)| change.changed).take(ANNOTATED) {
        let text = format!("{}: {} → {}", change.path, old(change), change.new);
        report = report.annotation(if is_own {
            Annotation::new(Level::Notice, "value set", text).at(&file.path, Some(change.line))
        } else {
            let text = format!("{}:{}: {text}", file.path, change.line);
            Annotation::new(Level::Notice, "value set", text)
        });
    }
    report
}

/// `true` or `false`, or nothing where there is no commit of ours or nobody said.
fn verified(outcome: &Outcome) -> String {
    match outcome.result.own() {
        Some((_, Some(verified))) => verified.to_string(),
        _ => String::new(),
    }
}

/// The number of the pull request that has the values, or nothing.
fn pull_request(outcome: &Outcome) -> String {
    match &outcome.result {
        Result::Proposed(proposed) => proposed.number.to_string(),
        _ => String::new(),
    }
}

fn headline(outcome: &Outcome) -> String {
    let commit = &outcome.commit;
    let names: Vec<&str> = outcome.files.iter().map(|file| file.path.as_str()).collect();
    let files = names.join(", ");
    match &outcome.result {
        Result::Unchanged => format!("Nothing to do: every value is in {files} already"),
        Result::Superseded(newer) => format!("Superseded: {newer}; its value stays"),
        Result::Planned => format!("Dry run: {files} would be changed {}", outcome.way),
        Result::Committed { .. } if outcome.attempts > 1 => {
            format!("Committed {commit} {} at attempt {}", outcome.way, outcome.attempts)
        }
        Result::Committed { .. } => format!("Committed {commit} {}", outcome.way),
        Result::Proposed(Proposed { number, url, branch, own, .. }) => match own {
            Some(_) => format!("Pull request {number} has the values now, by {commit} on `{branch}`: {url}"),
            None => format!("Pull request {number} has every value already, on `{branch}`: {url}"),
        },
        Result::Written => format!("Changed {files} {}", outcome.way),
    }
}

/// A line for each place where an image is named.
fn found(files: &[EditedFile]) -> Vec<String> {
    let line = |file: &EditedFile, found: &crate::images::Found| {
        let number = found.line.map(|line| format!(":{line}")).unwrap_or_default();
        let left = found.left.map(|why| format!("; left as it is, since {why}")).unwrap_or_default();
        format!("{} is in {}{number} at {} ({}{left})", found.image, file.path, found.place, found.form)
    };
    files.iter().flat_map(|file| file.found.iter().map(move |found| line(file, found))).collect()
}

/// The newer values that are left although something else was done, or beside the one that the headline names.
fn left(outcome: &Outcome) -> Vec<Newer> {
    let mut left = edit::left(&outcome.files);
    if let Result::Superseded(first) = &outcome.result {
        left.retain(|newer| newer != first);
    }
    left
}

fn changes(outcome: &Outcome) -> impl Iterator<Item = (&EditedFile, &Change)> {
    outcome.files.iter().flat_map(|file| file.changes.iter().map(move |change| (file, change)))
}

fn old(change: &Change) -> &str {
    change.old.as_deref().unwrap_or(if change.created { "(not there)" } else { "(empty)" })
}

/// `{"file": {"path": "old value"}}`; null where nothing was written. The paths lead to one place each, so that a bump with
/// `file:path=value` of each pair puts the old values back.
fn previous(files: &[EditedFile]) -> String {
    let of_file = |file: &EditedFile| {
        let values =
            file.changes.iter().map(|change| (change.path.to_string(), Value::from(change.old.clone())));
        (file.path.clone(), Value::Object(values.collect()))
    };
    Value::Object(files.iter().map(of_file).collect::<Map<_, _>>()).to_string()
}

#[cfg(test)]
mod tests;
