//! A stack as a process: left running, or on the leash of this process.

use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// How the line begins that says that everything serves; the path of the state file follows.
pub(super) const READY: &str = "ready ";

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
}

impl Leashed {
    /// Starts a stack and waits until it serves.
    pub(crate) fn start() -> Result<Self, String> {
        let mut command = Command::new("setsid");
        command.arg(own()?).args(["stack", "supervise", "--leash"]).stdin(Stdio::piped());
        let (child, state) = served(&mut command)?;
        Ok(Self { child, state })
    }
}

impl Drop for Leashed {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Starts a supervisor and returns it with its state file once it has said that everything serves.
fn served(command: &mut Command) -> Result<(Child, PathBuf), String> {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("cannot start the stack: {error}"))?;
    let mut said = BufReader::new(child.stdout.take().ok_or("the stack has no output")?);
    let mut text = String::new();
    said.read_line(&mut text).map_err(|error| format!("cannot hear the stack: {error}"))?;
    if let Some(state) = text.trim_end().strip_prefix(READY) {
        return Ok((child, PathBuf::from(state)));
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
