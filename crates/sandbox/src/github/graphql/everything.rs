//! A selection of everything that the schema here offers, so that a test can ask for all of it at once.

use super::schema::{fields, objects};

/// How deep the selection goes; `Commit` leads to `Commit`.
const DEPTH: usize = 5;

/// What a field needs to be asked for.
const ARGUMENTS: &[(&str, &str)] = &[
    ("Repository.ref", "(qualifiedName: \"refs/heads/dev\")"),
    ("Repository.object", "(expression: \"dev:values\")"),
    ("Repository.pullRequest", "(number: 1)"),
    ("Repository.pullRequests", "(first: 1)"),
    ("Commit.history", "(first: 2)"),
    ("Commit.parents", "(first: 2)"),
    ("Commit.file", "(path: \"app.py\")"),
    ("PullRequest.labels", "(first: 5)"),
];

/// Returns the selection of all fields of `kind`.
pub(in crate::github) fn selection(kind: &str) -> String {
    of(kind, DEPTH)
}

fn of(kind: &str, depth: usize) -> String {
    let mut parts = vec!["__typename".to_owned()];
    for (name, _, result) in fields(kind).unwrap_or_default() {
        let key = format!("{kind}.{name}");
        let arguments = ARGUMENTS.iter().find(|(one, _)| *one == key).map_or("", |(_, arguments)| *arguments);
        if result.is_empty() {
            parts.push((*name).to_owned());
        } else if depth > 0 {
            parts.push(format!("{name}{arguments} {}", of(result, depth - 1)));
        }
    }
    if depth > 0 {
        parts.extend(objects(kind).iter().map(|object| format!("... on {object} {}", of(object, depth - 1))));
    }
    format!("{{ {} }}", parts.join(" "))
}
