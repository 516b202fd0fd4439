//! The scenarios of argocd-sync on a real control plane, which lives as long as they take.

use std::path::Path;

use toolkit::Env;

use super::stage::{Outcome, cargo, without};
use crate::{
    stack::{build, running::Leashed},
    tools,
};

/// Builds the programs of a stack if they are not there yet, starts one, and runs every scenario on it.
pub(super) fn run(root: &Path) -> Outcome {
    if let Err(why) = needs() {
        return without(why);
    }
    match start(root) {
        Err(error) => Outcome::failed(error),
        Ok((stack, _directory)) => {
            let state = stack.state.display().to_string();
            let arguments =
                ["test", "-p", "stack", "-p", "argocd-sync", "--test", "smoke", "--test", "scenarios"];
            cargo(root, &arguments, &[(stack::state::VARIABLE, &state)])
        }
    }
}

/// What a machine must have; the line says how to get it.
fn needs() -> Result<(), String> {
    if tools::on_path("go").is_none() {
        return Err(build::REMEDY.to_owned());
    }
    stack::programs::from_debian(&Env::from_process()).map(drop).map_err(|error| error.to_string())
}

fn start(root: &Path) -> Result<(Leashed, tempfile::TempDir), String> {
    build::build(root, &mut |_| {})?;
    let directory = tempfile::tempdir().map_err(|error| format!("cannot make a directory: {error}"))?;
    Ok((Leashed::start(directory.path())?, directory))
}
