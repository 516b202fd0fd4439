//! Go modules, pinned by a `go.mod` and a `go.sum` of ours: read as they are, or built into programs.
//!
//! Modules are in Go's own cache, outside the checkout.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;
use sha2::{Digest, Sha256};

/// What to do where Go is missing or too old.
const REMEDY: &str = "install Go 1.24 or newer (https://go.dev/dl; Debian's package golang-go may be older), and see \
                      that Go's module proxy can be reached";

/// What `go mod download -json` says of a module.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Module {
    path: String,
    dir: Option<PathBuf>,
    error: Option<String>,
}

/// Fetches the modules that `directory/go.mod` requires, without what they depend on, and returns where they are.
/// Each one is checked against `directory/go.sum`.
pub(crate) fn modules(directory: &Path) -> Result<Vec<PathBuf>, String> {
    let wanted = required(&read(directory, "go.mod")?);
    let sums = read(directory, "go.sum")?;
    // Go would add a line that is missing, and then anything passes.
    if let Some(module) =
        wanted.iter().find(|module| !sums.contains(&format!("{} h1:", module.replace('@', " "))))
    {
        return Err(format!("{} has no line for {module}", directory.join("go.sum").display()));
    }
    let output = go(directory)
        .args(["mod", "download", "-json"])
        .args(&wanted)
        .output()
        .map_err(|error| format!("cannot run `go`: {error}; {REMEDY}"))?;
    let modules = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Module>();
    let modules: Vec<Module> =
        modules.collect::<Result<_, _>>().map_err(|error| format!("`go mod download -json`: {error}"))?;
    if modules.len() < wanted.len() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("`go mod download` failed: {}; {REMEDY}", said.trim()));
    }
    let found = modules.into_iter().map(|module| match (module.dir, module.error) {
        (Some(dir), None) => Ok(dir),
        (_, error) => Err(format!("{}: {}; {REMEDY}", module.path, error.unwrap_or_default().trim())),
    });
    found.collect()
}

/// Builds a program from the versions in `directory`, once, and returns its path.
pub(crate) fn program(directory: &Path, package: &str, name: &str) -> Result<PathBuf, String> {
    let digest = Sha256::digest(read(directory, "go.sum")?);
    let path = super::directory()
        .join(format!("go-{:02x}{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2], digest[3]));
    let path = path.join(name);
    if path.is_file() {
        return Ok(path);
    }
    crate::process::quiet(
        go(directory).args(["build", "-mod=readonly", "-trimpath", "-o"]).arg(&path).arg(package),
    )
    .map_err(|error| format!("cannot build {package}: {error}; {REMEDY}"))?;
    Ok(path)
}

/// Builds the one static program of `directory` for Linux on both processors, once, and returns the directory that has it
/// as `amd64` and `arm64`.
pub(crate) fn static_programs(directory: &Path) -> Result<PathBuf, String> {
    let digest = Sha256::digest(read(directory, "main.go")?);
    let place = super::directory()
        .join(format!("static-{:02x}{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2], digest[3]));
    for architecture in ["amd64", "arm64"] {
        let path = place.join(architecture);
        if !path.is_file() {
            let mut command = go(directory);
            command.args(["build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o"]);
            command.arg(&path).arg(".").envs([
                ("CGO_ENABLED", "0"),
                ("GOOS", "linux"),
                ("GOARCH", architecture),
            ]);
            crate::process::quiet(&mut command)
                .map_err(|error| format!("cannot build {}: {error}; {REMEDY}", directory.display()))?;
        }
    }
    Ok(place)
}

fn go(directory: &Path) -> Command {
    let mut command = Command::new("go");
    command.current_dir(directory).env("GOWORK", "off").env("GOFLAGS", "");
    command
}

fn read(directory: &Path, name: &str) -> Result<String, String> {
    let path = directory.join(name);
    fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// Returns `module@version` of each line in `require ( … )`.
fn required(manifest: &str) -> Vec<String> {
    let lines = manifest.lines().filter_map(|line| line.strip_prefix('\t'));
    lines.filter(|line| !line.contains("//")).map(|line| line.trim().replace(' ', "@")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_those_of_ours() {
        let manifest =
            "module x\n\nrequire (\n\ta.b/c v1.2.3\n\td v2.0.3+incompatible\n\te v1 // indirect\n)\n";
        assert_eq!(required(manifest), ["a.b/c@v1.2.3", "d@v2.0.3+incompatible"]);
    }

    #[test]
    fn a_module_without_a_sum_is_not_fetched() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("go.mod"), "require (\n\ta.b/c v1.2.3\n)\n").unwrap();
        fs::write(directory.path().join("go.sum"), "a.b/c v1.2.3/go.mod h1:x=\n").unwrap();
        let error = modules(directory.path()).unwrap_err();
        assert!(error.ends_with("go.sum has no line for a.b/c@v1.2.3"), "{error}");
    }
}
