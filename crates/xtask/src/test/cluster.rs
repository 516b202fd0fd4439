//! The scenarios of argocd-sync on a real control plane, which lives as long as they take.

use std::path::Path;

use super::stage::{Outcome, cargo, without};
use crate::stack::{build, needs, running::Leashed};

/// What runs on the stack: that it is what it should be, and the scenarios.
const TESTS: &[&str] = &[
    "test",
    "--no-fail-fast",
    "-p",
    "stack",
    "-p",
    "argocd-sync",
    "--test",
    "smoke",
    "--test",
    "fates",
    "--test",
    "scenarios",
];

/// Scenarios wait most of the time, so that more of them play at once than there are cores; those of the sandbox alone
/// have been played without the stack.
const MANNER: &[&str] = &["--", "--test-threads=4", "--skip", "sandbox_only"];

/// Builds the programs of a stack if they are not there yet, starts one, and runs every scenario on it.
pub(super) fn run(root: &Path) -> Outcome {
    if let Err(why) = needs() {
        return without(why);
    }
    if let Err(error) = build::build(root, &mut |_| {}) {
        return Outcome::failed(error);
    }
    // Built before the stack starts: on a machine with few cores each would slow the other down.
    let built = cargo(root, &[TESTS, &["--no-run"]].concat(), &[]);
    if let Outcome::Failed { .. } = built {
        return built;
    }
    match Leashed::start() {
        Err(error) => Outcome::failed(error),
        Ok(leash) => {
            let state = leash.state.display().to_string();
            // A failed scenario says why; where in the test that was, its first line does.
            let env = [(stack::state::VARIABLE, state.as_str()), ("RUST_BACKTRACE", "0")];
            cargo(root, &[TESTS, MANNER].concat(), &env)
        }
    }
}
