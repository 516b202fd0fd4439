//! All edits of one file.

use std::fs;

use serde_json::{Value, json};
use yaml_set::{Edit, Path, Scalar, Segment, SetError, set};

use super::{Extent, figures::Figures, files::File, judge::Judge, keys};

/// What is written: what YAML readers like to take for something else than a string, and what needs care.
const VALUES: [&str; 20] = [
    "1.20",
    "58467e65",
    "v1.2.3",
    "yes",
    "~",
    "a: b #c",
    "12:34",
    "2026-11-21",
    "it's",
    "gr\u{fc}n \u{2603} \u{1f600}",
    "0o17",
    "sha256:0a1b",
    "#x",
    "- x",
    "{{ .Values.tag }}",
    "\"quoted\"",
    "*x",
    "back\\slash",
    "null",
    // The last one, since a block scalar cannot hold it.
    "",
];

/// Edits `file` in every way, and has the results judged.
pub(crate) fn edit(file: &File, extent: &Extent, judge: &mut Judge) -> Figures {
    let mut figures = Figures::default();
    let Ok(text) = String::from_utf8(fs::read(&file.path).unwrap()) else {
        figures.refused.insert("NotUtf8".to_owned(), 1);
        return figures;
    };
    let scalars = match yaml_set::scalars(&text) {
        Ok(scalars) => scalars,
        Err(error) => {
            let reason = reason(&error);
            judge.tell(&json!({ "file": file.path, "refused": reason }));
            if judge.verdict().is_readable {
                figures.readable_but_refused.push((file.name.clone(), reason.clone()));
            }
            figures.refused.insert(reason, 1);
            return figures;
        }
    };
    let paths: Vec<Value> = scalars.iter().map(|scalar| path(&scalar.path)).collect();
    judge.tell(&json!({ "file": file.path, "leaves": paths }));
    let singles = sample(scalars.len(), extent.of(text.len()));
    for at in singles {
        let value = VALUES[at % VALUES.len()];
        figures.one_by_one += apply(&text, &scalars, &[(at, value)], judge, &mut figures);
    }
    let all: Vec<(usize, &str)> =
        (0..scalars.len()).map(|at| (at, VALUES[(at + 7) % (VALUES.len() - 1)])).collect();
    if all.len() > 1 {
        figures.at_once += apply(&text, &scalars, &all, judge, &mut figures);
    }
    keys::add(&text, &scalars, extent.keys, judge, &mut figures);
    let verdict = judge.verdict();
    if !verdict.is_readable {
        figures.unjudged.push(file.name.clone());
    }
    figures.problems.extend(verdict.problems.iter().map(|problem| format!("{}: {problem}", file.name)));
    figures.leaves += scalars.len();
    figures.edited.insert(file.kind, 1);
    figures
}

/// Sets leaves together. If one of them is refused, which fails the others too, does so by halves.
/// Returns how many were set.
fn apply(
    text: &str,
    scalars: &[Scalar],
    leaves: &[(usize, &str)],
    judge: &mut Judge,
    figures: &mut Figures,
) -> usize {
    let at: Vec<usize> = leaves.iter().map(|(at, _)| *at).collect();
    let edits: Vec<Edit> =
        leaves.iter().map(|(at, value)| Edit::new(scalars[*at].path.clone(), *value)).collect();
    match set(text, &edits) {
        Ok(edited) => {
            let values: Vec<&str> = leaves.iter().map(|(_, value)| *value).collect();
            judge.tell(&json!({ "at": at, "values": values, "text": edited.text }));
            leaves.len()
        }
        Err(error) if leaves.len() == 1 => {
            let reason = reason(&error);
            judge.tell(&json!({ "at": at, "refused": reason }));
            *figures.refused_leaves.entry(reason).or_default() += 1;
            0
        }
        Err(_) => {
            let (left, right) = leaves.split_at(leaves.len() / 2);
            apply(text, scalars, left, judge, figures) + apply(text, scalars, right, judge, figures)
        }
    }
}

/// Returns `count` of the numbers below `length`, evenly spread; all if there are no more.
pub(crate) fn sample(length: usize, count: usize) -> Vec<usize> {
    if count >= length {
        return (0..length).collect();
    }
    (0..count).map(|step| step * length / count).collect()
}

/// Returns document, keys and indexes.
pub(crate) fn path(path: &Path) -> Value {
    let segments = path.segments().iter().map(|segment| match segment {
        Segment::Key(key) => json!(key),
        Segment::Index(index) => json!(index),
        other => panic!("a path of a scalar has a {other:?}"),
    });
    let document = json!(path.document().unwrap_or(1));
    Value::Array(std::iter::once(document).chain(segments).collect())
}

/// Returns the name of the kind of error.
pub(crate) fn reason(error: &SetError) -> String {
    let debug = format!("{error:?}");
    debug.split([' ', '{', '(']).next().unwrap_or_default().to_owned()
}
