//! One run of the git binary.

use std::{path::Path, process::Stdio};

use model::Deadline;
use tokio::process::Command;

use crate::GitError;

/// What a run of git left behind.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) command: String,
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

/// Runs `git -C directory arguments…` to its end, whatever its exit code; it is killed when the deadline passes, as on a
/// file system that hangs, or behind a filter or a hook that does not end.
pub(crate) async fn git(
    directory: &Path,
    arguments: &[&str],
    deadline: Deadline,
) -> Result<Finished, GitError> {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(directory)
        .args(["--no-optional-locks", "--literal-pathspecs"])
        .args(arguments)
        .env("LC_ALL", "C")
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    // A hook or a wrapper may have set them for another repository.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE"] {
        command.env_remove(name);
    }
    let name = arguments.first().copied().unwrap_or_default();
    let Ok(output) = tokio::time::timeout_at(deadline.instant().into(), command.output()).await else {
        return Err(GitError::TimedOut {
            command: name.to_owned(),
            directory: directory.to_owned(),
            budget: deadline.budget(),
        });
    };
    let output = output.map_err(GitError::NoGit)?;
    let finished = Finished {
        command: name.to_owned(),
        code: output.status.code(),
        stdout: output.stdout,
        stderr: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    };
    tracing::debug!(command = finished.command, code = finished.code, "git");
    Ok(finished)
}

impl Finished {
    /// Returns standard output if the exit code was 0.
    pub(crate) fn success(self) -> Result<Self, GitError> {
        if self.code == Some(0) { Ok(self) } else { Err(self.failure()) }
    }

    /// Turns it into an error.
    pub(crate) fn failure(self) -> GitError {
        let message = if self.stderr.is_empty() {
            self.code.map_or_else(|| "it was killed".to_owned(), |code| format!("exit code {code}"))
        } else {
            self.stderr
        };
        GitError::Failed { command: self.command, message }
    }

    /// Returns standard output as text without the line break at its end.
    pub(crate) fn text(&self) -> Result<&str, GitError> {
        std::str::from_utf8(&self.stdout)
            .map(|text| text.trim_end_matches('\n'))
            .map_err(|_| self.unexpected())
    }

    /// Builds the error for an answer that is not understood.
    pub(crate) fn unexpected(&self) -> GitError {
        let output = String::from_utf8_lossy(&self.stdout).chars().take(200).collect();
        GitError::Unexpected { command: self.command.clone(), output }
    }
}
