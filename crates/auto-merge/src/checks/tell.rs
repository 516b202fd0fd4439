//! Checks as a person reads them.

use github::checks::{Check, CheckState, Source};
use model::CommitSha;

use super::{By, Line, Standing};

/// Returns one line for each check that has to succeed and one for each that can be mistaken for it.
pub(crate) fn tell_all(lines: &[Line], reported: &[Check], head: &CommitSha) -> Vec<String> {
    lines.iter().map(|line| tell(line, reported, head)).collect()
}

/// Returns the names of the checks that stand so, for a sentence: `` `ci`, `lint` ``.
pub(crate) fn names(lines: &[Line], standings: &[Standing]) -> String {
    let names: Vec<String> = lines
        .iter()
        .filter(|line| standings.contains(&line.standing))
        .map(|line| format!("`{}`", line.name))
        .collect();
    names.join(", ")
}

fn tell(line: &Line, reported: &[Check], head: &CommitSha) -> String {
    let name = match line.by {
        By::GitHub => format!("required check `{}`", line.name),
        By::Input => format!("check `{}` (asked for by `checks`)", line.name),
    };
    let state = match line.standing {
        Standing::Own => {
            let url = page(&line.reported);
            format!("it is the very job that does this merge, so that each would wait for the other{url}")
        }
        Standing::Missing => missing(line, reported, head),
        _ if line.reported.len() > 1 => several(line),
        _ => line.reported.first().map(one).unwrap_or_default(),
    };
    format!("{name}: {state}")
}

fn missing(line: &Line, reported: &[Check], head: &CommitSha) -> String {
    let others: Vec<&str> = reported
        .iter()
        .filter(|check| check.name == line.name)
        .filter_map(|check| match &check.source {
            Source::App { slug, .. } => Some(slug.as_str()),
            Source::Status => None,
        })
        .collect();
    match (line.app, others.as_slice()) {
        (Some(app), [_, ..]) => format!(
            "reported on {} by `{}`, and the rule counts the App with number {app} only",
            head.short(),
            others.join("`, `")
        ),
        _ if line.name == "*" => format!("no check at all is reported on {} yet", head.short()),
        _ => format!(
            "no check of that name exists on {}; see whether its workflow runs for this base and these files",
            head.short()
        ),
    }
}

/// Checks of one name from several places hide each other on the pull request's page.
fn several(line: &Line) -> String {
    let each: Vec<String> = line.reported.iter().map(one).collect();
    format!(
        "reported {} times under one name ({}), and GitHub may count the one that did not succeed: give each job a name of its own",
        each.len(),
        each.join("; ")
    )
}

fn one(check: &Check) -> String {
    let state = match &check.state {
        CheckState::Pending => "not finished",
        CheckState::Passed => "passed",
        CheckState::Neutral => "neutral",
        CheckState::Skipped => "skipped",
        CheckState::Failed(word) => word,
    };
    let from = match &check.source {
        Source::App { slug, .. } => format!(" by `{slug}`"),
        Source::Status => " by a status".to_owned(),
    };
    format!("{state}{from}{}", page(std::slice::from_ref(check)))
}

fn page(checks: &[Check]) -> String {
    checks.iter().find_map(|check| check.url.as_ref()).map(|url| format!(", {url}")).unwrap_or_default()
}
