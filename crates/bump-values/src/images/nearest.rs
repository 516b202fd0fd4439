//! What to say when an image is named nowhere.

use model::{Failure, ImageName};

use super::{
    Looked,
    site::{Form, Site},
    wanted::{Wanted, canonical},
};
use crate::{codes::IMAGE_NOT_FOUND, request::Permit};

/// How many candidates and mentions are listed.
const LISTED: usize = 10;

/// Returns the failure with the names that are nearest, and the lines that have the name where it is not looked for.
pub(super) fn not_found(
    wanted: &Wanted,
    files: &[Looked<'_>],
    places: &[Vec<Site<'_>>],
    permit: Permit,
) -> Failure {
    let mut cause = format!("`{}` is named in none of the files", wanted.written);
    if permit.create {
        cause.push_str(", and none of them is a kustomization that an entry could be added to");
    }
    let mut candidates: Vec<(bool, usize, String)> = Vec::new();
    for (file, sites) in files.iter().zip(places) {
        for site in sites.iter().filter(|site| site.has_parts() && site.form != Form::Added) {
            let note = format!("{}:{} names {} at `{}`", file.path, site.line, site.name, site.at);
            let (far, distance) = distance(&wanted.image.name, &site.name);
            candidates.push((far, distance, note));
        }
    }
    candidates.sort();
    let failure = Failure::new(&IMAGE_NOT_FOUND, cause);
    let notes = candidates.into_iter().map(|(.., note)| note).take(LISTED);
    notes.chain(mentions(wanted, files, places)).fold(failure, Failure::with_note)
}

/// The last part of the name counts most, then how many characters differ.
fn distance(wanted: &ImageName, other: &ImageName) -> (bool, usize) {
    let (wanted, other) = (canonical(wanted), canonical(other));
    let last = |repository: &str| repository.rsplit('/').next().map(str::to_owned);
    let letters = |(registry, repository): &(String, String)| format!("{registry}/{repository}");
    (last(&wanted.1) != last(&other.1), edits_between(&letters(&wanted), &letters(&other)))
}

/// Levenshtein's distance.
fn edits_between(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for (at, candidate) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *candidate);
            diagonal = row[at + 1];
            row[at + 1] = replaced.min(row[at] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

/// Lines that have the name, but not as an image that could be set: in a template, a comment or some other text.
fn mentions(wanted: &Wanted, files: &[Looked<'_>], places: &[Vec<Site<'_>>]) -> Vec<String> {
    let name = wanted.image.name.repository();
    let name = name.strip_prefix("library/").unwrap_or(name);
    let lines = files.iter().zip(places).flat_map(|(file, sites)| {
        let numbered = file.text.lines().enumerate();
        let is_new = |index: usize| sites.iter().all(|site| site.line != index + 1);
        numbered.filter(move |(index, line)| has_word(line, name) && is_new(*index)).map(|(index, line)| {
            let how = if line.contains("{{") {
                "in a template, which becomes an image only when it is rendered"
            } else if line.trim_start().starts_with('#') {
                "in a comment"
            } else {
                "under a key that is no image's, or with another registry"
            };
            format!("{}:{} has `{name}` {how}", file.path, index + 1)
        })
    });
    lines.take(LISTED).collect()
}

/// Whether `name` is in `line` by itself, and not as a part of a longer name.
fn has_word(line: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    line.match_indices(name).any(|(at, _)| {
        !line[..at].ends_with(is_part) && !line[at + name.len()..].starts_with(|c| is_part(c) || c == '/')
    })
}
