//! What commit and pull request say.

use model::Branch;

use super::notes::trailers;
use crate::message::{Bump, Message};

/// What the line with the rule begins with.
const RULE: &str = "The rule: ";

/// A value that the pull request has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// `file:path`.
    pub(super) place: String,
    pub(super) value: String,
    /// Whose it is.
    pub(super) bump: Bump,
}

/// The message of a commit that speaks for `others` too, which come before `ours`.
pub(super) fn message(ours: Message, others: &[Bump], entries: &[Entry], files: usize) -> Message {
    if others.is_empty() {
        return ours;
    }
    let (_, own) = ours.body.rsplit_once("\n\n").unwrap_or(("", &ours.body));
    let list: Vec<String> =
        entries.iter().map(|entry| format!("- {} to {}", entry.place, shown(&entry.value))).collect();
    let mut paragraphs = vec![list.join("\n")];
    paragraphs.extend(others.iter().map(trailers));
    paragraphs.push(own.to_owned());
    Message { headline: headline(entries, files), body: paragraphs.join("\n\n") }
}

/// The message of a commit that speaks for these bumps alone, of which none is ours.
pub(super) fn message_of(bumps: &[Bump], entries: &[Entry], files: usize) -> Message {
    let list = entries.iter().map(|entry| format!("- {} to {}", entry.place, shown(&entry.value)));
    let paragraphs = std::iter::once(list.collect::<Vec<_>>().join("\n")).chain(bumps.iter().map(trailers));
    Message { headline: headline(entries, files), body: paragraphs.collect::<Vec<_>>().join("\n\n") }
}

/// `bump: 3 values in v.yaml`.
fn headline(entries: &[Entry], files: usize) -> String {
    if let [entry] = entries
        && let Some((file, path)) = entry.place.split_once(':')
    {
        return format!("bump: {path} to {} in {file}", shown(&entry.value));
    }
    let file = entries.first().and_then(|entry| entry.place.split(':').next()).unwrap_or_default();
    let place = if files == 1 { file.to_owned() } else { format!("{files} files") };
    format!("bump: {} values in {place}", entries.len())
}

/// How many values the description lists: GitHub refuses one of more than 65,536 characters.
const MOST_ROWS: usize = 100;

/// Title and description of the pull request; `by_hand` if its branch has commits of people.
pub(super) fn describe(
    headline: &str,
    entries: &[Entry],
    (base, branch): (&Branch, &Branch),
    rules: &str,
    by_hand: bool,
) -> (String, String) {
    // GitHub cuts longer titles off in its lists, and refuses those beyond 256 characters.
    let title: String = headline.chars().take(200).collect();
    let mut lines = vec![
        format!("Branch `{base}` takes no direct commit, so the values wait here:"),
        String::new(),
        "| Value | | Source | Run |".to_owned(),
        "| --- | --- | --- | --- |".to_owned(),
    ];
    lines.extend(entries.iter().take(MOST_ROWS).map(row));
    if let Some(more) = entries.len().checked_sub(MOST_ROWS).filter(|&more| more > 0) {
        lines.push(String::new());
        lines.push(format!("And {more} more, which the commit's message lists."));
    }
    lines.push(String::new());
    lines.push(format!("{RULE}{rules}"));
    lines.push(String::new());
    lines.push(if by_hand {
        format!("`{branch}` has commits that were made by hand: further bumps come on top of them.")
    } else {
        format!(
            "Further bumps of the same files join this pull request, and `{branch}` follows `{base}`. Commits that are \
             made by hand on `{branch}` stay."
        )
    });
    (title, lines.join("\n"))
}

fn row(entry: &Entry) -> String {
    let Bump { repository, sha, workflow, run, .. } = &entry.bump;
    let source = match (repository, sha) {
        (Some(repository), Some(sha)) => format!("{repository}@{sha}"),
        _ => String::new(),
    };
    let run = run.map(|run| format!("{} {run}", workflow.as_deref().unwrap_or("run"))).unwrap_or_default();
    let cells = [code(&entry.place), code(shown(&entry.value)), plain(&source), plain(&run)];
    format!("| {} |", cells.join(" | "))
}

fn shown(value: &str) -> &str {
    if value.is_empty() { "nothing" } else { value }
}

/// Text in a table that GitHub renders as it is.
fn code(text: &str) -> String {
    format!("`{}`", plain(text).replace('`', "'"))
}

fn plain(text: &str) -> String {
    text.replace(['\n', '\r'], " ").replace('|', "\\|")
}

/// Finds the rule in a description of ours.
pub(super) fn rule_in(body: &str) -> String {
    body.lines().find_map(|line| line.strip_prefix(RULE)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failures::in_one_line;

    fn entry(place: &str, value: &str, run: u64) -> Entry {
        let bump = Bump {
            repository: Some("org/x".parse().unwrap()),
            sha: Some("a94a8fe5ccb19ba61c4c0873d391e987982fbbd3".parse().unwrap()),
            workflow: Some("dev".into()),
            run: Some(run),
            places: vec![place.to_owned()],
            nonce: Some(format!("n{run}")),
        };
        Entry { place: place.to_owned(), value: value.to_owned(), bump }
    }

    #[test]
    fn a_commit_for_several_bumps_names_all() {
        let ours =
            Message { headline: "bump: b to 2 in v".into(), body: "Bump-Path: v:b\nBump-Nonce: n2".into() };
        assert_eq!(message(ours.clone(), &[], &[], 1), ours);
        let entries = [entry("v:a", "1", 1), entry("v:b", "", 2)];
        let message = message(ours, &[entries[0].bump.clone()], &entries, 1);
        insta::assert_snapshot!(format!("{}\n\n{}", message.headline, message.body), @r"
        bump: 2 values in v

        - v:a to 1
        - v:b to nothing

        Bump-Source: org/x@a94a8fe5ccb19ba61c4c0873d391e987982fbbd3
        Bump-Workflow: dev
        Bump-Run: 1
        Bump-Path: v:a
        Bump-Nonce: n1

        Bump-Path: v:b
        Bump-Nonce: n2
        ");
    }

    #[test]
    fn the_pull_request_lists_values_and_their_runs() {
        let names = (&"dev".parse().unwrap(), &"bump/dev/0a1b2c3d".parse().unwrap());
        let rules = in_one_line(
            "Repository rule violations found\n\nChanges must be made through a pull request.\n\n",
        );
        let entries = [entry("v:a|b", "1`2", 1)];
        let (title, body) = describe("bump: a to 1", &entries, names, &rules, false);
        insta::assert_snapshot!(format!("{title}\n\n{body}"), @r"
        bump: a to 1

        Branch `dev` takes no direct commit, so the values wait here:

        | Value | | Source | Run |
        | --- | --- | --- | --- |
        | `v:a\|b` | `1'2` | org/x@a94a8fe5ccb19ba61c4c0873d391e987982fbbd3 | dev 1 |

        The rule: Repository rule violations found Changes must be made through a pull request.

        Further bumps of the same files join this pull request, and `bump/dev/0a1b2c3d` follows `dev`. Commits that are made by hand on `bump/dev/0a1b2c3d` stay.
        ");
        assert!(describe("x", &entries, names, &rules, true).1.contains("by hand: further bumps"));
        let many: Vec<Entry> =
            (0..1000).map(|n| entry(&format!("values/dev.yaml:key.k{n}"), "v1", n)).collect();
        let (_, body) = describe("x", &many, names, &rules, false);
        assert!(body.len() < 65_536 && body.contains("And 900 more"), "{}", body.len());
    }
}
