//! The scenarios of argocd-sync on a real control plane, which lives as long as they take.

use std::path::Path;

use super::stage::{Outcome, cargo, without};
use crate::stack::{build, needs, running::Leashed};

/// Builds the programs of a stack if they are not there yet, starts one, and runs every scenario on it.
pub(super) fn run(root: &Path) -> Outcome {
    if let Err(why) = needs() {
        return without(why);
    }
    match build::build(root, &mut |_| {}).and_then(|_| Leashed::start()) {
        Err(error) => Outcome::failed(error),
        Ok(leash) => {
            let state = leash.state.display().to_string();
            let arguments =
                ["test", "-p", "stack", "-p", "argocd-sync", "--test", "smoke", "--test", "scenarios"];
            cargo(root, &arguments, &[(stack::state::VARIABLE, &state)])
        }
    }
}
