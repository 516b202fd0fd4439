//! The way by GitHub's Git database: a commit with the modes that the files had, then the branch is moved to it, or made.
//!
//! Until the branch moves nothing is seen by anybody, so that only the last call can be in doubt. The branch is moved only
//! if it still is where it was read: what was forced back since then stays back.

use github::{
    ApiError, Rejection,
    git_data::{self, NewCommit},
    refs::{self, RefError},
};

use super::{Committed, Hub, NewFile, Snapshot, WriteError};
use crate::message::Message;

pub(super) async fn write(
    hub: &Hub,
    snapshot: &Snapshot,
    message: &Message,
    files: &[NewFile<'_>],
) -> Result<Committed, WriteError> {
    let files: Vec<git_data::NewFile<'_>> = files
        .iter()
        .map(|file| git_data::NewFile { path: file.path, mode: file.mode, bytes: file.bytes })
        .collect();
    let commit = NewCommit {
        repository: &hub.repository,
        parent: &snapshot.head,
        tree: &snapshot.tree,
        message: &message.text(),
        files: &files,
    };
    let made = git_data::create(&hub.github, &commit).await.map_err(|error| unseen(hub, error))?;
    let (github, repository, branch) = (&hub.github, &hub.repository, &hub.remote.branch);
    let moved = if snapshot.exists {
        match refs::move_from(github, &snapshot.repository_id, branch, &snapshot.head, &made.oid, false).await
        {
            Err(error) if refs::lacks_swap(&error) => {
                refs::fast_forward(github, repository, branch, &made.oid).await
            }
            moved => moved,
        }
    } else {
        refs::create(github, repository, branch, &made.oid).await
    };
    moved.map_err(|error| sort(hub, error))?;
    Ok(Committed { oid: made.oid, url: made.url, verified: made.verified })
}

/// A call that stores objects failed: whatever became of it, the branch is as it was.
fn unseen(hub: &Hub, error: ApiError) -> WriteError {
    if error.is_in_doubt() {
        return WriteError::InDoubt(error.to_string());
    }
    hub.refusal(error)
}

/// The last call failed.
fn sort(hub: &Hub, error: RefError) -> WriteError {
    let words = |reply: Box<Rejection>| reply.text();
    match error {
        // A branch that was made or deleted in the meantime is one that has moved, too.
        RefError::NotFastForward(reply) | RefError::Exists(reply) | RefError::Missing(reply) => {
            WriteError::Moved(words(reply))
        }
        RefError::RuleViolated(reply) => WriteError::Protected { rules: words(reply) },
        // "is at X but expected Y": two updates at the same moment.
        RefError::Api(ApiError::Rejected(reply)) if reply.status == 409 => WriteError::Moved(words(reply)),
        RefError::Api(error) if error.is_in_doubt() => WriteError::InDoubt(error.to_string()),
        RefError::Api(error) => hub.refusal(error),
    }
}
