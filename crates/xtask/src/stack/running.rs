//! A stack as a process: left running, or on the leash of this process.

use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

/// The line that says that everything serves.
pub(super) const READY: &str = "ready";

/// Starts a stack that outlives this process, and waits until it serves.
pub(super) fn detached(state: &Path) -> Result<(), String> {
    // In a session of its own, so that a Ctrl-C or the end of a terminal is not for it.
    let mut command = Command::new("setsid");
    command.arg(own()?).args(["stack", "supervise", "--state"]).arg(state).stdin(Stdio::null());
    served(&mut command).map(drop)
}

/// A stack that ends when this is dropped, or when this process ends in any way.
pub(crate) struct Leashed {
    child: Child,
    /// Its state file.
    pub(crate) state: PathBuf,
    _directory: TempDir,
}

impl Leashed {
    /// Starts a stack and waits until it serves.
    pub(crate) fn start() -> Result<Self, String> {
        let directory = tempfile::tempdir().map_err(|error| format!("cannot make a directory: {error}"))?;
        let state = directory.path().join("stack.json");
        let mut command = Command::new("setsid");
        command
            .arg(own()?)
            .args(["stack", "supervise", "--leash", "--state"])
            .arg(&state)
            .stdin(Stdio::piped());
        let child = served(&mut command)?;
        Ok(Self { child, state, _directory: directory })
    }
}

impl Drop for Leashed {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Starts a supervisor and returns it once it has said that everything serves.
fn served(command: &mut Command) -> Result<Child, String> {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("cannot start the stack: {error}"))?;
    let mut said = BufReader::new(child.stdout.take().ok_or("the stack has no output")?);
    let mut text = String::new();
    said.read_line(&mut text).map_err(|error| format!("cannot hear the stack: {error}"))?;
    if text.trim_end() == READY {
        return Ok(child);
    }
    let _ = said.read_to_string(&mut text);
    let _ = child.wait();
    Err(if text.is_empty() {
        "the stack ended without a word".to_owned()
    } else {
        text.trim_end().to_owned()
    })
}

fn own() -> Result<PathBuf, String> {
    std::env::current_exe().map_err(|error| format!("cannot find this program: {error}"))
}
