//! The way by GraphQL: a commit that GitHub signs, if the head is still the one that was read.

use github::{
    commit_on_branch::{self, CommitError, NewCommit},
    snapshot::MODE_FILE,
};

use model::Failure;

use super::{Committed, Hub, NewFile, Snapshot, WriteError};
use crate::{
    codes::{BRANCH_NOT_FOUND, FILE_MODE},
    message::Message,
    request::Remote,
};

/// Why a commit cannot be made by GraphQL.
pub(super) enum Unfit<'a> {
    /// It takes no mode: a new content is an ordinary file.
    Mode(&'a NewFile<'a>),
    /// It makes no branch.
    NoBranch,
}

impl Unfit<'_> {
    /// The reason, for log and summary.
    pub(super) fn phrase(&self, hub: &Hub) -> String {
        match self {
            Self::Mode(file) => {
                format!("{} has mode {:06o}, which a commit by GraphQL would lose", file.path, file.mode)
            }
            Self::NoBranch => format!("branch {} does not exist yet", hub.remote.branch),
        }
    }

    /// The failure where no other way may be taken.
    pub(super) fn into_failure(self, hub: &Hub) -> Failure {
        match self {
            Self::Mode(file) => {
                let cause = format!("`{}` has mode {:06o}, not 100644", file.path, file.mode);
                Failure::new(&FILE_MODE, cause).at(file.path, None)
            }
            Self::NoBranch => {
                let Remote { repository, branch, .. } = &hub.remote;
                Failure::new(&BRANCH_NOT_FOUND, format!("{repository} has no branch `{branch}`"))
                    .with_remedy("Use `method: auto` or `method: git-data`, which can make it from `base`.")
            }
        }
    }
}

/// Looks for what cannot be done.
pub(super) fn unfit<'a>(snapshot: &Snapshot, files: &'a [NewFile<'a>]) -> Option<Unfit<'a>> {
    if !snapshot.exists {
        return Some(Unfit::NoBranch);
    }
    files.iter().find(|file| file.mode != MODE_FILE).map(Unfit::Mode)
}

pub(super) async fn write(
    hub: &Hub,
    snapshot: &Snapshot,
    message: &Message,
    files: &[NewFile<'_>],
) -> Result<Committed, WriteError> {
    let additions: Vec<(String, Vec<u8>)> =
        files.iter().map(|file| (file.path.to_owned(), file.bytes.to_vec())).collect();
    let commit = NewCommit {
        repository: &hub.repository,
        branch: &hub.remote.branch,
        expected_head: &snapshot.head,
        headline: &message.headline,
        body: &message.body,
        additions: &additions,
    };
    match commit_on_branch::create(&hub.github, &commit).await {
        Ok(made) => Ok(Committed { oid: made.oid, url: made.url, verified: made.verified }),
        Err(CommitError::HeadMoved(text)) => Err(WriteError::Moved(text)),
        Err(CommitError::Forbidden(rules)) => Err(WriteError::Protected { rules }),
        Err(CommitError::InDoubt(error)) => Err(WriteError::InDoubt(error.to_string())),
        Err(CommitError::Refused(error)) => Err(hub.graphql_refusal(error)),
    }
}
