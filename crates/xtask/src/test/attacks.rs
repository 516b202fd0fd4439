//! Attacks on the prod gate, played through the workflow files of a release tree; see tests/tests/attacks.

use std::path::{Path, PathBuf};

use runner::variables::{ACT, PAYLOADS, REFS, RELEASE};
use tempfile::TempDir;

use super::{
    schema::{self, Recording},
    stage::{Outcome, without},
};
use crate::{demo::release, dist::build::Profile, tools};

/// What the tests need.
struct Needs {
    act: PathBuf,
    /// Packages of npm.
    packages: PathBuf,
}

/// Builds a release tree and plays the attacks on it. What they exchange with GitHub is recorded.
pub(super) fn run(root: &Path, recording: &Recording) -> Outcome {
    let needs = tools::act().and_then(|act| Ok(Needs { act, packages: schema::packages(root)? }));
    match needs {
        Ok(needs) => play(root, recording, &needs).unwrap_or_else(Outcome::failed),
        Err(why) => without(why),
    }
}

fn play(root: &Path, recording: &Recording, needs: &Needs) -> Result<Outcome, String> {
    let directory = TempDir::new().map_err(|error| format!("cannot make a directory: {error}"))?;
    let release = directory.path().join("release");
    let refs = release::build(root, &release, Profile::Dev)?.join(",");
    let payloads = needs.packages.join("node_modules/@octokit/webhooks-examples/api.github.com/index.json");
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let (release, act, payloads) = (text(&release), text(&needs.act), text(&payloads));
    let env = [(RELEASE, release.as_str()), (REFS, &refs), (ACT, &act), (PAYLOADS, &payloads)];
    Ok(recording.tests(root, &["test", "--quiet", "-p", "e2e", "--test", "attacks"], &env))
}
