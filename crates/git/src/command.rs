//! One run of the git binary.

use std::{path::Path, time::Instant};

use model::Deadline;
use tokio::process::Command;

use crate::{
    GitError,
    process::{Stopped, run},
};

/// What a run of git left behind.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) command: String,
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

/// What a hook or a wrapper may have set for another repository, and what would run another git.
const FOREIGN: [&str; 20] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_QUARANTINE_PATH",
    "GIT_SHALLOW_FILE",
    "GIT_REPLACE_REF_BASE",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_TEMPLATE_DIR",
    "GIT_DEFAULT_HASH",
    "GIT_EXEC_PATH",
    "GIT_CURL_VERBOSE",
    "GIT_ALLOW_PROTOCOL",
    "LANGUAGE",
];

/// Whether a variable holds a secret that is not git's, or makes git write down what it does, secrets included
/// (<https://git-scm.com/docs/git#_other>): the inputs of the step, and the tokens of the runner and the workflow.
fn is_withheld(name: &str) -> bool {
    name.starts_with("INPUT_")
        || name.starts_with("GIT_TRACE")
        || (name.starts_with("ACTIONS_") && name.ends_with("_TOKEN"))
        || matches!(name, "GITHUB_TOKEN" | "GH_TOKEN" | "GH_ENTERPRISE_TOKEN" | "GITHUB_ENTERPRISE_TOKEN")
}

/// Prepares `git`: untranslated, without prompts, and without another repository's surroundings or the step's secrets,
/// which everything that git starts would see.
#[expect(
    clippy::disallowed_methods,
    reason = "names are read here, not values: what is there is what is taken away"
)]
pub(crate) fn prepare() -> Command {
    let mut command = Command::new("git");
    for name in FOREIGN {
        command.env_remove(name);
    }
    for (name, _) in std::env::vars_os() {
        if is_withheld(&name.to_string_lossy()) {
            command.env_remove(name);
        }
    }
    command.env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0");
    command
}

/// Runs a prepared git to its end, whatever its exit code. `name` is its subcommand.
pub(crate) async fn finish(
    command: Command,
    name: &str,
    input: &[u8],
    deadline: Deadline,
) -> Result<Finished, Stopped> {
    let start = Instant::now();
    let ended = run(command, input, deadline).await;
    let ms = start.elapsed().as_millis();
    match ended {
        Ok(ended) => {
            let finished = Finished {
                command: name.to_owned(),
                code: ended.status.code(),
                stdout: ended.stdout,
                stderr: String::from_utf8_lossy(&ended.stderr).trim().to_owned(),
            };
            tracing::debug!(command = name, code = finished.code, ms, "git");
            Ok(finished)
        }
        Err(stopped) => {
            tracing::debug!(command = name, ms, ?stopped, "git");
            Err(stopped)
        }
    }
}

/// Runs `git -C directory arguments…` to its end, whatever its exit code; it is killed when the deadline passes, as on a
/// file system that hangs, or behind a filter or a hook that does not end.
pub(crate) async fn git(
    directory: &Path,
    arguments: &[&str],
    deadline: Deadline,
) -> Result<Finished, GitError> {
    let mut command = prepare();
    command.arg("-C").arg(directory).args(["--no-optional-locks", "--literal-pathspecs"]).args(arguments);
    let name = arguments.first().copied().unwrap_or_default();
    finish(command, name, &[], deadline).await.map_err(|stopped| match stopped {
        Stopped::NotStarted(error) => GitError::NoGit(error),
        Stopped::TimedOut => GitError::TimedOut {
            command: name.to_owned(),
            directory: directory.to_owned(),
            budget: deadline.budget(),
        },
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_secrets_are_withheld() {
        for name in [
            "INPUT_TOKEN",
            "INPUT_SSH_KEY",
            "ACTIONS_RUNTIME_TOKEN",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
            "GITHUB_TOKEN",
            "GH_TOKEN",
            "GIT_TRACE",
            "GIT_TRACE2_EVENT",
            "GIT_TRACE_CURL",
        ] {
            assert!(is_withheld(name), "{name}");
        }
        for name in ["PATH", "HOME", "https_proxy", "GIT_SSL_CAINFO", "SSH_AUTH_SOCK", "GITHUB_ACTIONS"] {
            assert!(!is_withheld(name), "{name}");
        }
    }
}
