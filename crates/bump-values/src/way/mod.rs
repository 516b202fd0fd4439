//! The ways to a branch: each reads one snapshot of it, and puts one commit on top of exactly that snapshot.
//!
//! A way never tries again by itself: what to do when the branch has moved is for [`crate::attempt`], which reads fresh
//! bytes first.

use std::time::Duration;

use github::snapshot::{CommitNote, FileAt};
use model::{CommitSha, Failure};

use crate::{
    message::Message,
    method::{Method, Wish},
};

mod git;
mod git_data;
mod graphql;
mod hub;

pub(crate) use self::{git::Git, hub::Hub};

/// How many commits are read with a snapshot, and searched for newer values: one page of GitHub's.
pub(crate) const HISTORY: u32 = 100;

/// A way to the branch.
pub(crate) enum Way {
    /// One query, one `createCommitOnBranch`.
    Graphql(Hub),
    /// The same query, then GitHub's Git database.
    GitData(Hub),
    /// Git, over HTTPS or SSH.
    Git(Box<Git>),
}

/// The branch at one commit.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// The branch's head.
    pub(crate) head: CommitSha,
    /// The head's tree; empty where the way does not need it.
    pub(crate) tree: String,
    /// The repository's node id; empty where the way does not need it.
    pub(crate) repository_id: String,
    /// Whether the branch exists; else it is that of `base`.
    pub(crate) exists: bool,
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
    /// Which one it is.
    pub(crate) fn method(&self) -> Method {
        match self {
            Self::Graphql(_) => Method::Graphql,
            Self::GitData(_) => Method::GitData,
            Self::Git(_) => Method::Git,
        }
    }

    /// How, for people: `by GraphQL`.
    pub(crate) fn words(&self) -> &'static str {
        match self {
            Self::Graphql(_) => "by GraphQL",
            Self::GitData(_) => "by GitHub's Git database",
            Self::Git(_) => "by Git",
        }
    }

    /// GitHub, if the branch is there.
    pub(crate) fn hub(&self) -> Option<&Hub> {
        match self {
            Self::Graphql(hub) | Self::GitData(hub) => Some(hub),
            Self::Git(_) => None,
        }
    }

    /// Whether GitHub signs what is written this way.
    pub(crate) fn signs(&self) -> bool {
        match self {
            Self::Graphql(_) => true,
            Self::GitData(hub) => hub.is_app,
            Self::Git(_) => false,
        }
    }

    /// Asks whether a commit is verified, where the reply to writing it was lost.
    pub(crate) async fn is_verified(&self, commit: &str) -> Option<bool> {
        match self {
            Self::Graphql(hub) | Self::GitData(hub) => hub.is_verified(commit).await,
            Self::Git(_) => None,
        }
    }

    /// Reads the files at the branch's head, or at that of the branch that it is to be made from.
    pub(crate) async fn read(&mut self, paths: &[String]) -> Result<Snapshot, Failure> {
        match self {
            Self::Graphql(hub) | Self::GitData(hub) => hub.read(paths).await,
            Self::Git(git) => git.read(paths).await,
        }
    }

    /// Lists the commits that the branch has got since it was at `since`, at least.
    pub(crate) async fn commits_since(
        &self,
        since: &CommitSha,
        snapshot: &Snapshot,
    ) -> Result<Vec<CommitNote>, Failure> {
        match self {
            Self::Graphql(hub) | Self::GitData(hub) => hub.between(since, &snapshot.head).await,
            Self::Git(git) => git.back_to(since).await,
        }
    }

    /// Looks whether these files can be written this way. Another way and the reason for it, if not; a failure if the
    /// input `method` forbids another one.
    pub(crate) fn instead(
        &self,
        snapshot: &Snapshot,
        files: &[NewFile<'_>],
    ) -> Result<Option<(Self, String)>, Failure> {
        let Self::Graphql(hub) = self else { return Ok(None) };
        let Some(unfit) = graphql::unfit(snapshot, files) else { return Ok(None) };
        match hub.remote.wish {
            Wish::Auto => Ok(Some((Self::GitData(hub.clone()), unfit.phrase(hub)))),
            Wish::Only(_) => Err(unfit.into_failure(hub)),
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
            Self::Graphql(hub) => graphql::write(hub, snapshot, message, files).await,
            Self::GitData(hub) => git_data::write(hub, snapshot, message, files).await,
            Self::Git(git) => git.write(snapshot, message, files).await,
        }
    }
}
