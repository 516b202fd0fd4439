//! What tests ask the sandbox's GitHub, Argo CD and AWS, and what these answer, checked against what their makers
//! publish: GitHub's OpenAPI document and GraphQL schema, Argo CD's swagger document, and AWS's service models
//! (`tests/schema`).

use std::{
    cell::Cell,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::stage::{Outcome, cargo, without};
use crate::{process, tools};

/// Tell the sandbox where to write (`record.rs` of `crates/sandbox/src/github` and `…/argocd`, and `…/record/aws.rs`).
const VARIABLES: [(&str, &str); 3] =
    [("DAY2_RECORD_GITHUB", GITHUB), ("DAY2_RECORD_ARGOCD", ARGOCD), ("DAY2_RECORD_AWS", AWS)];

/// The directories of the three in that of the recording.
const GITHUB: &str = "github";
const ARGOCD: &str = "argocd";
const AWS: &str = "aws";

/// The oldest major version of Node.js that the check runs on.
const NODE: u32 = 18;

/// The crates whose tests talk to the sandbox most, for a run of these stages alone.
const TESTS: &[&str] = &[
    "test",
    "-p",
    "sandbox",
    "-p",
    "github",
    "-p",
    "auto-merge",
    "-p",
    "fast-forward",
    "-p",
    "bump-values",
    "-p",
    "argocd-sync",
    "-p",
    "oidc-ecr-login",
    "-p",
    "multiarch-push",
];

/// A directory that the stage of the tests fills and the stage of the check reads.
pub(super) struct Recording {
    directory: std::io::Result<TempDir>,
    /// The tests were told of it.
    is_used: Cell<bool>,
}

impl Recording {
    pub(super) fn new() -> Self {
        Self { directory: tempfile::tempdir(), is_used: Cell::new(false) }
    }

    /// Runs tests that fill the directory.
    pub(super) fn tests(&self, root: &Path, arguments: &[&str], env: &[(&str, &str)]) -> Outcome {
        self.is_used.set(true);
        // Empty, which records nothing, if there is no directory.
        let place = |name: &str| {
            self.directory
                .as_ref()
                .map(|found| found.path().join(name).display().to_string())
                .unwrap_or_default()
        };
        let places = VARIABLES.map(|(variable, name)| (variable, place(name)));
        let recording = places.each_ref().map(|(variable, place)| (*variable, place.as_str()));
        // On a real control plane, which a caller's environment may name, nothing would be recorded.
        let sandbox = [(stack::state::VARIABLE, "")];
        cargo(root, arguments, &[env, &recording, &sandbox].concat())
    }

    /// Checks what was recorded of GitHub, after showing that the check can fail.
    pub(super) fn check(&self, root: &Path) -> Outcome {
        let packages = match packages(root) {
            Ok(packages) => packages,
            Err(why) => return without(why),
        };
        self.judge(root, GITHUB, &|| {
            let mut command = Command::new("node");
            command.arg(root.join("tests/schema/check.mjs")).arg("--packages").arg(&packages);
            command
        })
    }

    /// The same of Argo CD.
    pub(super) fn check_argocd(&self, root: &Path) -> Outcome {
        let swagger = node().and_then(|()| tools::go::modules(&root.join("tests/schema")));
        let swagger = match swagger.map(|modules| modules.into_iter().next()) {
            Ok(Some(module)) => module.join("assets/swagger.json"),
            Ok(None) => return Outcome::failed("tests/schema/go.mod names no module".to_owned()),
            Err(why) => return without(why),
        };
        self.judge(root, ARGOCD, &|| {
            let mut command = Command::new("node");
            command.arg(root.join("tests/schema/argocd-check.mjs")).arg(&swagger);
            command
        })
    }

    /// The same of STS and ECR.
    pub(super) fn check_aws(&self, root: &Path) -> Outcome {
        let python = match tools::python_with_botocore() {
            Ok(python) => python,
            Err(why) => return without(why),
        };
        self.judge(root, AWS, &|| {
            let mut command = Command::new(&python);
            // No compiled files beside the sources.
            command.arg("-B").arg(root.join("tests/schema/aws-check.py"));
            command
        })
    }

    /// Runs a check on itself and then on a part of the recording, which is made if it is not there yet.
    fn judge(&self, root: &Path, part: &str, begin: &dyn Fn() -> Command) -> Outcome {
        let directory = match &self.directory {
            Ok(directory) => directory.path().join(part),
            Err(error) => return Outcome::failed(format!("cannot make a directory: {error}")),
        };
        if !self.is_used.get()
            && let failed @ Outcome::Failed { .. } = self.tests(root, TESTS, &[])
        {
            return failed;
        }
        let run = |what: &Path| process::text(begin().arg(what));
        match run(Path::new("--self-test")).and_then(|_| run(&directory)) {
            Ok(note) => Outcome::Noted { note },
            Err(problems) => Outcome::failed(problems),
        }
    }
}

/// Whether there is a Node.js that the checks run on.
fn node() -> Result<(), String> {
    let missing = |why: &str| format!("it takes Node.js {NODE} or later (Debian: nodejs): {why}");
    let version = process::output(Command::new("node").arg("--version")).map_err(|error| missing(&error))?;
    if major(&version) < NODE {
        return Err(missing(&format!("this is {version}")));
    }
    Ok(())
}

/// Returns a directory with the pinned packages in `node_modules`; the first call installs them.
pub(super) fn packages(root: &Path) -> Result<PathBuf, String> {
    let sources = &root.join("tests/schema");
    let missing = |why: &str| {
        format!(
            "it takes Node.js {NODE} or later with npm (Debian: nodejs, npm), and npm's registry within reach: {why}"
        )
    };
    let version = process::output(Command::new("node").arg("--version")).map_err(|error| missing(&error))?;
    if major(&version) < NODE {
        return Err(missing(&format!("this is {version}")));
    }
    let lock = sources.join("package-lock.json");
    let digest = fs::read(&lock).map(Sha256::digest);
    let digest = digest.map_err(|error| format!("cannot read {}: {error}", lock.display()))?;
    let name = format!("schema-{:02x}{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2], digest[3]);
    let directory = tools::directory().join(&name);
    if directory.is_dir() {
        return Ok(directory);
    }
    // Installed beside it and moved: what is there is whole.
    let beside = tools::directory().join(format!("{name}.{}", std::process::id()));
    let installed = install(sources, &beside).map_err(|error| missing(&error));
    let moved = installed.and_then(|()| match fs::rename(&beside, &directory) {
        // Another run was faster.
        Err(_) if directory.is_dir() => Ok(()),
        Err(error) => Err(format!("cannot make {}: {error}", directory.display())),
        Ok(()) => Ok(()),
    });
    let _ = fs::remove_dir_all(&beside);
    moved.map(|()| directory)
}

fn install(sources: &Path, directory: &Path) -> Result<(), String> {
    let text = |error: std::io::Error| format!("cannot fill {}: {error}", directory.display());
    fs::create_dir_all(directory).map_err(text)?;
    for name in ["package.json", "package-lock.json"] {
        fs::copy(sources.join(name), directory.join(name)).map_err(text)?;
    }
    let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    process::quiet(Command::new("npm").args(arguments).current_dir(directory))?;
    // Hundreds of megabytes for other editions of GitHub.
    let documents = directory.join("node_modules/@octokit/openapi/generated");
    for entry in fs::read_dir(documents).map_err(text)?.flatten() {
        if entry.file_name() != "api.github.com.json" {
            fs::remove_file(entry.path()).map_err(text)?;
        }
    }
    Ok(())
}

/// The major version in `v20.1.2`; 0 if there is none.
fn major(version: &str) -> u32 {
    let first = version.trim_start_matches('v').split('.').next();
    first.and_then(|text| text.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_node_are_read() {
        assert_eq!(major("v20.20.2"), 20);
        assert_eq!(major("v8.0.0"), 8);
        assert_eq!(major("node"), 0);
    }

    #[test]
    fn the_lock_pins_every_package_by_its_hash_and_by_no_place() {
        let lock = fs::read_to_string(crate::root().join("tests/schema/package-lock.json")).unwrap();
        let lock: serde_json::Value = serde_json::from_str(&lock).unwrap();
        let packages = lock["packages"].as_object().unwrap();
        for (name, package) in packages.iter().filter(|(name, _)| !name.is_empty()) {
            assert!(package["integrity"].as_str().is_some_and(|hash| hash.starts_with("sha512-")), "{name}");
            assert!(package.get("resolved").is_none(), "{name}");
        }
        assert!(packages.len() > 3);
    }
}
