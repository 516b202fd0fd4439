//! The scenarios of multiarch-push on real registries, and what they pushed as other programs see it; logins at moto.

mod readers;
pub(super) mod started;

use std::{collections::BTreeSet, fs, path::Path};

use self::readers::{Image, READERS};
use super::stage::{Outcome, cargo, without};
use crate::registries::{Kind, Running};

const TESTS: &[&str] = &["test", "--no-fail-fast", "-p", "multiarch-push", "--test", "registries"];

const LOGINS: &[&str] = &["test", "-p", "oidc-ecr-login", "--test", "moto", "--", "--ignored"];

const BUILDAH: &[&str] =
    &["test", "-p", "multiarch-push", "--test", "push", "--", "a_real_buildah", "--ignored"];

/// Plays the scenarios on a registry of this kind, and shows each image that came of it to every reader that is there.
pub(super) fn run(root: &Path, kind: Kind) -> Outcome {
    let program = match kind.program(root) {
        Ok(program) => program,
        Err(why) => return without(why),
    };
    let built = cargo(root, &[TESTS, &["--no-run"]].concat(), &[]);
    if let Outcome::Failed { .. } = built {
        return built;
    }
    played(root, kind, &program).unwrap_or_else(Outcome::failed)
}

/// Lets the buildah of this machine build what is pushed.
pub(super) fn buildah(root: &Path) -> Outcome {
    match readers::debian("buildah") {
        Ok(_) => cargo(root, BUILDAH, &[]),
        Err(why) => without(why),
    }
}

/// Signs in at moto.
pub(super) fn moto(root: &Path) -> Outcome {
    let program = match Kind::Moto.program(root) {
        Ok(program) => program,
        Err(why) => return without(why),
    };
    let served = || -> Result<Outcome, String> {
        let place = tempfile::tempdir().map_err(|error| format!("cannot make a directory: {error}"))?;
        let moto = Running::start(Kind::Moto, &program, place.path())?;
        Ok(cargo(root, LOGINS, &[("DAY2_MOTO", &format!("http://{}", moto.address))]))
    };
    served().unwrap_or_else(Outcome::failed)
}

fn played(root: &Path, kind: Kind, program: &Path) -> Result<Outcome, String> {
    let place = tempfile::tempdir().map_err(|error| format!("cannot make a directory: {error}"))?;
    let registry = Running::start(kind, program, place.path())?;
    let list = place.path().join("pushed");
    let address = registry.address.to_string();
    let env = [("DAY2_REGISTRY", address.as_str()), ("DAY2_PUSHED", &list.display().to_string())];
    let tests = match cargo(root, TESTS, &env) {
        Outcome::Passed { tests } => tests,
        other => return Ok(other),
    };
    let list = fs::read_to_string(&list).map_err(|error| format!("no image was pushed: {error}"))?;
    let mut seen = BTreeSet::new();
    let images: Vec<Image> = list
        .lines()
        .filter_map(|line| Image::read(&address, line))
        .filter(|image| seen.insert(image.digest.clone()))
        .collect();
    let mut notes = vec![format!("{tests} scenarios, {} images", images.len())];
    let mut problems = Vec::new();
    for reader in READERS {
        match (reader.find)(root) {
            Ok(program) => match reader.all(&program, &images, place.path()) {
                Ok(()) => notes.push(format!("good for {}", reader.name)),
                Err(problem) => problems.push(problem),
            },
            Err(why) => match without(why) {
                Outcome::Skipped { why } => notes.push(format!("not shown to {}: {why}", reader.name)),
                _ => problems.push(format!("{} is not there", reader.name)),
            },
        }
    }
    Ok(if problems.is_empty() {
        Outcome::Noted { note: notes.join(", ") }
    } else {
        Outcome::failed(problems.join("\n"))
    })
}
