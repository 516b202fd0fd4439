//! `cargo xtask gen`: `action.yml` and README of each action, and docs/errors.md, from the actions themselves.

mod action_yml;
mod errors;
mod readme;

use std::{fs, path::Path};

use day2::actions;

/// Whether files are written or only compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Files are written.
    Write,
    /// Files are compared, and any difference is an error.
    Check,
}

/// Generates everything below `root`. Returns the paths that were (or in check mode: would be) changed.
pub(crate) fn run(root: &Path, mode: Mode) -> Result<Vec<String>, String> {
    let mut changed = Vec::new();
    for (path, text) in files() {
        let full = root.join(&path);
        if fs::read_to_string(&full).ok().as_deref() == Some(text.as_str()) {
            continue;
        }
        if mode == Mode::Write {
            let written =
                full.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&full, &text));
            written.map_err(|error| format!("cannot write {path}: {error}"))?;
        }
        changed.push(path);
    }
    Ok(changed)
}

/// Returns what is wrong with the failure codes.
pub(crate) fn code_problems() -> Vec<String> {
    errors::problems(&actions())
}

/// Returns path and text of every generated file.
fn files() -> Vec<(String, String)> {
    let mut files = vec![("docs/errors.md".to_owned(), errors::render(&actions()))];
    for action in actions() {
        let name = action.spec.name;
        files.push((format!("actions/{name}/action.yml"), action_yml::render(&action.spec)));
        files.push((format!("actions/{name}/README.md"), readme::render(&action.spec)));
    }
    files
}

/// Returns an argument's help as one paragraph.
fn help(arg: &clap::Arg) -> String {
    let text = arg.get_long_help().or_else(|| arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.ends_with(['.', ':']) || text.is_empty() { text } else { format!("{text}.") }
}

/// Returns the inputs of a command: every long argument but help and version.
fn inputs(command: &clap::Command) -> impl Iterator<Item = (&str, &clap::Arg)> {
    command
        .get_arguments()
        .filter_map(|arg| Some((arg.get_long()?, arg)))
        .filter(|(name, arg)| !matches!(*name, "help" | "version") && !arg.is_hide_set())
}
