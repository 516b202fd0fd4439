//! Why a repository could not be reached, read or written.

use std::{io, time::Duration};

/// Why a remote repository could not be used. Displays as one sentence of cause; [`RemoteError::remedy`] says what to
/// do. Neither has a secret in it.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// There is no `git` on `PATH`, or it cannot be run.
    #[error("cannot run `git`: {0}")]
    NoGit(#[source] io::Error),
    /// The git that is installed does not know what is needed.
    #[error("git {found} is too old to write to {url}")]
    TooOld {
        /// The version that is installed.
        found: String,
        /// The repository.
        url: String,
    },
    /// The private directory could not be written.
    #[error("cannot write a private copy of {url}: {cause}")]
    Disk {
        /// The repository.
        url: String,
        /// What the operating system said.
        #[source]
        cause: io::Error,
    },
    /// The server does not let this token, key or user in, or not for writing.
    #[error("{url} refuses the access: {text}")]
    Denied {
        /// The repository.
        url: String,
        /// What the server and git said.
        text: String,
    },
    /// There is no such repository, or not for this token, key or user: servers do not tell which.
    #[error("there is no repository {url}, or it is not shown to this user: {text}")]
    NotFound {
        /// The repository.
        url: String,
        /// What the server and git said.
        text: String,
    },
    /// The SSH server's key is not known, or is another one than the one that is known.
    #[error("the host key of {host} is not the one that is trusted: {text}")]
    HostKey {
        /// The host.
        host: String,
        /// What ssh said.
        text: String,
    },
    /// The server's TLS certificate is not trusted.
    #[error("the TLS certificate of {host} is not trusted: {text}")]
    Certificate {
        /// The host.
        host: String,
        /// What git said.
        text: String,
    },
    /// The server did not answer, or with a status that asks to come later.
    #[error("{url} does not answer: {text}")]
    Unreachable {
        /// The repository.
        url: String,
        /// What git said.
        text: String,
    },
    /// A command had not ended when the time was over.
    #[error("`git {command}` with {url} had not ended when the {} s were over, and was stopped", budget.as_secs_f32())]
    TimedOut {
        /// The subcommand.
        command: String,
        /// The repository.
        url: String,
        /// The time that there was for all.
        budget: Duration,
    },
    /// A file cannot be put into the commit.
    #[error("`{path}` cannot be written: {reason}")]
    BadFile {
        /// The path.
        path: String,
        /// Why.
        reason: String,
    },
    /// A command failed in another way.
    #[error("`git {command}` with {url} failed: {text}")]
    Failed {
        /// The subcommand.
        command: String,
        /// The repository.
        url: String,
        /// What git said.
        text: String,
    },
}

impl RemoteError {
    /// One sentence: what to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::NoGit(_) => "Install git on the runner, at least 2.30.",
            Self::TooOld { .. } => "Install git 2.30 or newer on the runner.",
            Self::Disk { .. } => {
                "Make room in the runner's temporary directory (`RUNNER_TEMP`, else `TMPDIR`) and let this user write there."
            }
            Self::Denied { .. } => {
                "Pass a token or an SSH key that may write to this repository: a token's scope must include writing, a deploy \
                 key needs write access and no passphrase."
            }
            Self::NotFound { .. } => {
                "Check the spelling of the URL, and that the token or the key has access to this repository."
            }
            Self::HostKey { .. } => {
                "Compare the key with the one that the host's owner publishes, and pass its line (`ssh-keyscan HOST`) as \
                 `ssh-known-hosts`."
            }
            Self::Certificate { .. } => {
                "Make the runner trust the authority that signed it: `git config --global http.sslCAInfo FILE`, or \
                 `GIT_SSL_CAINFO`."
            }
            Self::Unreachable { .. } => {
                "Check the host's name and port, the proxy (`https_proxy`, `no_proxy`) and the firewall between the runner and \
                 the host, then run the job again."
            }
            Self::TimedOut { .. } => "Run the job again; if the host is slow, give it a longer `timeout`.",
            Self::BadFile { .. } => "Name a file by its path from the root of the repository.",
            Self::Failed { .. } => {
                "Read git's own words in the message; `RUNNER_DEBUG=1` shows every command."
            }
        }
    }

    /// Whether the same command may succeed in a moment.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }
}
