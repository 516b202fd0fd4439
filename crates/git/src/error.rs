//! What can go wrong with the git binary.

use std::{path::PathBuf, time::Duration};

/// Why git did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// There is no `git` on `PATH`, or it cannot be run.
    #[error("cannot run `git`: {0}")]
    NoGit(#[source] std::io::Error),
    /// The directory is not in a work tree.
    #[error("{} is not in a Git work tree", path.display())]
    NotARepository {
        /// The directory.
        path: PathBuf,
    },
    /// The directory belongs to another user, as in containers
    /// (<https://git-scm.com/docs/git-config#Documentation/git-config.txt-safedirectory>).
    #[error("{} belongs to another user, so git refuses to read it; run `git config --global --add safe.directory {}`", path.display(), path.display())]
    ForeignOwner {
        /// The directory.
        path: PathBuf,
    },
    /// A revision does not name a commit.
    #[error("`{revision}` is not a commit in this repository")]
    NoCommit {
        /// The revision as it was given.
        revision: String,
    },
    /// A command had not ended when the time was over.
    #[error("`git {command}` in {} had not ended after {} s and was killed; does its file system answer, and do its hooks and filters end?", directory.display(), budget.as_secs_f32())]
    TimedOut {
        /// The subcommand.
        command: String,
        /// Where it ran.
        directory: PathBuf,
        /// The time that there was for all commands.
        budget: Duration,
    },
    /// A command failed in another way.
    #[error("`git {command}` failed: {message}")]
    Failed {
        /// The subcommand.
        command: String,
        /// What git wrote to standard error.
        message: String,
    },
    /// git answered with something that is not in its manual.
    #[error("`git {command}` answered with `{output}`")]
    Unexpected {
        /// The subcommand.
        command: String,
        /// The start of what git wrote.
        output: String,
    },
}
