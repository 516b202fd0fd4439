//! The ways to a branch: each reads one snapshot of it, and puts one commit on top of exactly that snapshot.
//!
//! A way never tries again by itself: what to do when the branch has moved is for [`crate::attempt`], which reads fresh
//! bytes first.

use std::time::Duration;

use github::snapshot::{CommitNote, FileAt};
use model::{CommitSha, Failure};

use crate::message::Message;

pub(crate) mod graphql;

pub(crate) use graphql::Graphql;

/// A way to the branch.
pub(crate) enum Way {
    /// One query, one `createCommitOnBranch`.
    Graphql(Graphql),
}

/// The branch at one commit.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// The branch's head.
    pub(crate) head: CommitSha,
    /// The latest commits, newest first.
    pub(crate) history: Vec<CommitNote>,
    /// The files that were asked for, in that order; none where there is no such file.
    pub(crate) files: Vec<Option<FileAt>>,
}

/// A file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewFile<'a> {
    /// Its path from the root of the repository.
    pub(crate) path: &'a str,
    /// Git's mode, which it had before.
    pub(crate) mode: u32,
    /// The whole content.
    pub(crate) bytes: &'a [u8],
}

/// A commit that is on the branch.
#[derive(Debug, Clone)]
pub(crate) struct Committed {
    /// Its id.
    pub(crate) oid: CommitSha,
    /// Its page; empty if there is none.
    pub(crate) url: String,
    /// Whether GitHub shows it as *Verified*; none if nobody said.
    pub(crate) verified: Option<bool>,
}

/// Why there is no commit, as far as the next step depends on it.
#[derive(Debug)]
pub(crate) enum WriteError {
    /// The branch points elsewhere, or is said to: in the server's words.
    Moved(String),
    /// A rule of the branch forbids it: in the server's words.
    Protected {
        /// The rules.
        rules: String,
    },
    /// The commit may be there or not.
    InDoubt(String),
    /// The server is not to be asked again before that; what to say if the time does not suffice.
    Busy {
        /// How long to wait at least.
        retry_after: Duration,
        /// The refusal.
        failure: Failure,
    },
    /// Refused for good.
    Refused(Failure),
}

impl Way {
    /// Its name, as `method` has it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Graphql(_) => "graphql",
        }
    }

    /// How and where, for people: `by GraphQL to branch dev of org/product`.
    pub(crate) fn phrase(&self) -> String {
        match self {
            Self::Graphql(way) => way.phrase(),
        }
    }

    /// Reads the files at the branch's head.
    pub(crate) async fn read(&self, paths: &[String]) -> Result<Snapshot, Failure> {
        match self {
            Self::Graphql(way) => way.read(paths).await,
        }
    }

    /// Commits the files on top of `snapshot`, once.
    pub(crate) async fn write(
        &self,
        snapshot: &Snapshot,
        message: &Message,
        files: &[NewFile<'_>],
    ) -> Result<Committed, WriteError> {
        match self {
            Self::Graphql(way) => way.write(snapshot, message, files).await,
        }
    }
}
