//! `cargo xtask tidy`: the rules of docs/ARCHITECTURE.md that a machine can check.

mod layers;
mod sources;

use std::path::Path;

use crate::generate;

/// Returns what is not tidy below `root`, one line each.
pub(crate) fn run(root: &Path) -> Result<Vec<String>, String> {
    let mut problems = layers::problems(root)?;
    problems.extend(sources::problems(root)?);
    problems.extend(generate::code_problems());
    let stale = generate::run(root, generate::Mode::Check)?;
    problems
        .extend(stale.iter().map(|path| format!("{path}: not what its action says; run `cargo xtask gen`")));
    Ok(problems)
}
