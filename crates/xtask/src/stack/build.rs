//! Builds the programs of a stack from pinned Go modules, once, outside the checkout.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use sha2::{Digest, Sha256};
use stack::programs::{MANIFESTS, TOOLS, Tool};

use crate::{process, tools};

/// How everything is built: programs that need no libraries, without the paths of this machine.
const FLAGS: &[&str] = &["build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags=-s -w"];
/// What to do without Go.
const REMEDY: &str = "the stack is built from source: it takes Go 1.21 or newer (https://go.dev/dl; Debian's package golang-go \
                      may be older), and Go's module proxy within reach";
/// The first version that fetches the newer Go which a `go.mod` asks for.
const OLDEST: (u32, u32) = (1, 21);

/// Says in one line what to do where Go is missing or too old.
pub(super) fn has_go() -> Result<(), String> {
    let said =
        process::text(Command::new("go").arg("version")).map_err(|error| format!("{error}; {REMEDY}"))?;
    match version(&said) {
        Some(found) if found >= OLDEST => Ok(()),
        _ => Err(format!("this is {said}; {REMEDY}")),
    }
}

/// Reads `go version go1.26.8 linux/amd64`.
fn version(said: &str) -> Option<(u32, u32)> {
    let mut numbers = said.split(' ').nth(2)?.strip_prefix("go")?.split('.');
    let minor =
        |text: &str| text.split(|c: char| !c.is_ascii_digit()).next().and_then(|text| text.parse().ok());
    Some((numbers.next()?.parse().ok()?, minor(numbers.next()?)?))
}

/// Builds what is not there yet and returns the directory.
pub(crate) fn build(root: &Path, say: &mut dyn FnMut(&str)) -> Result<PathBuf, String> {
    let built = directory(root)?;
    for tool in TOOLS {
        let program = built.join("bin").join(tool.name);
        if !program.is_file() {
            let start = Instant::now();
            say(&format!("{}: building", tool.name));
            one(root, tool, &program)?;
            say(&format!("{}: built in {:.0} s", tool.name, start.elapsed().as_secs_f64()));
        }
    }
    for (directory, module, paths) in MANIFESTS {
        for path in *paths {
            let target = built.join("share").join(directory).join(path);
            if !target.is_dir() {
                copy(&module_directory(root, directory, module)?.join(path), &target)?;
            }
        }
    }
    Ok(built)
}

/// Where the programs of this version of `stack/` are, or will be.
pub(super) fn directory(root: &Path) -> Result<PathBuf, String> {
    let mut hash = Sha256::new();
    let mut directories: Vec<&str> = TOOLS.iter().map(|tool| tool.directory).collect();
    directories.dedup();
    for directory in directories {
        for name in ["go.mod", "go.sum"] {
            let path = root.join("stack").join(directory).join(name);
            hash.update(fs::read(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?);
        }
    }
    hash.update(FLAGS.join(" "));
    let digest = hash.finalize();
    let short: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    Ok(tools::directory().join(format!("stack-{short}")))
}

fn one(root: &Path, tool: &Tool, program: &Path) -> Result<(), String> {
    // A build that is cut short leaves no program behind.
    let partial = program.with_extension("partial");
    process::quiet(go(root, tool.directory).args(FLAGS).arg("-o").arg(&partial).arg(tool.package))
        .map_err(|error| format!("cannot build {}: {error}; {REMEDY}", tool.name))?;
    fs::rename(&partial, program).map_err(|error| format!("cannot write {}: {error}", program.display()))
}

fn module_directory(root: &Path, directory: &str, module: &str) -> Result<PathBuf, String> {
    let mut command = go(root, directory);
    process::output(command.args(["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", module]))
        .map(PathBuf::from)
}

/// Copies the files of one directory. The modules' cache may be cleaned at any time.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let failed =
        |error: std::io::Error| format!("cannot copy {} to {}: {error}", from.display(), to.display());
    let partial = to.with_extension("partial");
    fs::create_dir_all(&partial).map_err(failed)?;
    for entry in fs::read_dir(from).map_err(failed)?.flatten().filter(|entry| entry.path().is_file()) {
        let bytes = fs::read(entry.path()).map_err(failed)?;
        fs::write(partial.join(entry.file_name()), bytes).map_err(failed)?;
    }
    fs::rename(&partial, to).map_err(failed)
}

fn go(root: &Path, directory: &str) -> Command {
    let mut command = Command::new("go");
    command.current_dir(root.join("stack").join(directory));
    command.envs([("GOWORK", "off"), ("GOFLAGS", ""), ("CGO_ENABLED", "0")]);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_go_are_read() {
        for (said, expected) in [
            ("go version go1.26.8 linux/amd64", Some((1, 26))),
            ("go version go1.27rc1 linux/amd64", Some((1, 27))),
            ("go version go1.19 linux/arm64", Some((1, 19))),
            ("go version devel", None),
        ] {
            assert_eq!(version(said), expected, "{said}");
        }
    }
}
