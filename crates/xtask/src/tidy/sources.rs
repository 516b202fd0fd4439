//! Rules for single files: length, module documentation, nothing left open, no links.

use std::{fs, path::Path, process::Command};

/// The longest a source file may be, its tests included.
const LONGEST: usize = 400;

/// Returns what is wrong with the tracked files.
pub(super) fn problems(root: &Path) -> Result<Vec<String>, String> {
    let mut problems = Vec::new();
    for path in tracked(root)? {
        let full = root.join(&path);
        let Ok(metadata) = fs::symlink_metadata(&full) else { continue };
        if metadata.is_symlink() {
            problems.push(format!("{path}: a link; the runner copies what it points to, or breaks on it"));
        } else if full.extension().is_some_and(|extension| extension == "rs")
            && let Ok(text) = fs::read_to_string(&full)
        {
            problems.extend(of_source(&path, &text));
        }
    }
    Ok(problems)
}

/// Returns the files that git tracks, and those that it would.
fn tracked(root: &Path) -> Result<Vec<String>, String> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .map_err(|error| format!("cannot run git: {error}"))?;
    if !output.status.success() {
        return Err(format!("git ls-files failed: {}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout)
        .split('\0')
        .filter(|path| !path.is_empty())
        .map(str::to_owned)
        .collect())
}

fn of_source(path: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let lines = text.lines().count();
    if lines > LONGEST {
        problems.push(format!("{path}: {lines} lines, more than {LONGEST}; one idea per file"));
    }
    // A module of tests is named by what it tests.
    let is_tests = path.ends_with("/tests.rs") || path.contains("/src/") && path.contains("/tests/");
    if !is_tests && !text.starts_with("//!") {
        problems.push(format!("{path}:1: no `//!` that says what the module is for"));
    }
    for (number, line) in text.lines().enumerate() {
        // Spelt in two parts, so that this file does not find itself.
        for open in [
            concat!("to", "do!("),
            concat!("unimple", "mented!("),
            concat!("FIX", "ME"),
            concat!("XX", "X"),
            concat!("#[ig", "nore]"),
        ] {
            if line.contains(open) {
                problems.push(format!("{path}:{}: `{open}` leaves something open", number + 1));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_can_fail() {
        assert!(of_source("a.rs", "//! Good.\n").is_empty());
        assert_eq!(of_source("a.rs", "fn main() {}\n").len(), 1);
        assert_eq!(of_source("a.rs", &format!("//! Long.\n{}", "\n".repeat(LONGEST))).len(), 1);
        assert_eq!(of_source("a.rs", concat!("//! Open.\nto", "do!()")).len(), 1);
    }
}
