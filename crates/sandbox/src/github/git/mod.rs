//! The `git` program on one bare repository.
//!
//! A call is one process with a clean configuration, so that the state of the machine cannot show through. What is
//! simple is answered without one, from loose objects, loose refs and what is known of objects already.

mod backend;
mod diff;
mod loose;
mod memory;
mod merge;
mod read;
#[cfg(test)]
mod tests;
mod trees;
mod write;

use std::{
    io,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
};

use tokio::{io::AsyncWriteExt as _, process::Command};

use super::clock::Clock;

pub(crate) use backend::Request as BackendRequest;
pub(crate) use diff::ChangedFile;
pub(crate) use merge::Merge;
pub(crate) use read::{Commit, Person, TreeEntry};
pub(crate) use write::{Change, NewCommit, RefUpdate};

/// `git` refused or could not be started.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The program could not be run.
    #[error("cannot run git: {0}; install git 2.38 or newer")]
    Spawn(#[from] io::Error),
    /// The program failed.
    #[error("git {command} failed with {code}: {stderr}")]
    Failed {
        /// The arguments.
        command: String,
        /// The exit code.
        code: i32,
        /// What it wrote.
        stderr: String,
    },
}

impl From<GitError> for io::Error {
    fn from(error: GitError) -> Self {
        match error {
            GitError::Spawn(error) => error,
            failed @ GitError::Failed { .. } => io::Error::other(failed),
        }
    }
}

/// What a process ended with.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    pub(crate) code: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

/// A bare repository.
#[derive(Debug, Clone)]
pub(crate) struct Git {
    directory: PathBuf,
    /// What commits are dated by.
    clock: Clock,
    memory: Arc<memory::Memory>,
}

impl Git {
    pub(crate) fn new(directory: &Path, clock: &Clock) -> Self {
        Self { directory: directory.to_owned(), clock: clock.clone(), memory: Arc::default() }
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Creates the bare repository.
    pub(crate) async fn init(&self, default_branch: &str) -> Result<(), GitError> {
        std::fs::create_dir_all(&self.directory)?;
        let head = format!("--initial-branch={default_branch}");
        self.text(&["init", "--quiet", "--bare", "--template=", &head]).await?;
        // As on GitHub: any commit that is there can be fetched by its id, partial clones work, and the
        // sandbox's own refs are not shown.
        let config = "[http]\n\treceivepack = true\n\
            [uploadpack]\n\tallowFilter = true\n\tallowAnySHA1InWant = true\n\
            [transfer]\n\thideRefs = refs/sandbox\n\
            [gc]\n\tauto = 0\n[receive]\n\tautogc = false\n[core]\n\tfsync = none\n";
        let path = self.directory.join("config");
        let mut text = std::fs::read_to_string(&path)?;
        text.push_str(config);
        std::fs::write(&path, text)?;
        Ok(())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        for inherited in
            ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_CONFIG_COUNT"]
        {
            command.env_remove(inherited);
        }
        command
            .args(arguments)
            .current_dir(&self.directory)
            .env("GIT_DIR", &self.directory)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("HOME", &self.directory)
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .env("GIT_TERMINAL_PROMPT", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Runs to the end, whatever the exit code.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Result<Output, GitError> {
        Self::finish(self.command(arguments), &[]).await
    }

    /// The same with bytes on standard input.
    async fn run_with(&self, arguments: &[&str], input: &[u8]) -> Result<Output, GitError> {
        Self::finish(self.command(arguments), input).await
    }

    async fn finish(mut command: Command, input: &[u8]) -> Result<Output, GitError> {
        let output = if input.is_empty() {
            command.output().await?
        } else {
            let mut child = command.stdin(Stdio::piped()).spawn()?;
            let stdin = child.stdin.take();
            let write = async {
                if let Some(mut stdin) = stdin {
                    // A process that ends before it has read everything says so with its exit code.
                    let _ = stdin.write_all(input).await;
                }
            };
            let (output, ()) = tokio::join!(child.wait_with_output(), write);
            output?
        };
        Ok(Output { code: output.status.code().unwrap_or(-1), stdout: output.stdout, stderr: output.stderr })
    }

    /// Runs, and fails unless the exit code is 0.
    pub(crate) async fn bytes(&self, arguments: &[&str]) -> Result<Vec<u8>, GitError> {
        check(arguments, self.run(arguments).await?)
    }

    /// Runs, and returns standard output without the newline at its end.
    pub(crate) async fn text(&self, arguments: &[&str]) -> Result<String, GitError> {
        Ok(as_text(&self.bytes(arguments).await?))
    }
}

fn check(arguments: &[&str], output: Output) -> Result<Vec<u8>, GitError> {
    if output.code == 0 {
        return Ok(output.stdout);
    }
    Err(GitError::Failed { command: arguments.join(" "), code: output.code, stderr: as_text(&output.stderr) })
}

fn as_text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end_matches('\n').to_owned()
}
