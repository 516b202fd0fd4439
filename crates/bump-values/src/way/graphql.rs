//! The way by GraphQL: a commit that GitHub signs, if the head is still the one that was read.

use std::time::Duration;

use github::{
    ApiError, GitHub, GraphqlError,
    commit_on_branch::{self, CommitError, NewCommit},
    snapshot::{self, MODE_FILE},
};
use model::Failure;

use super::{Committed, NewFile, Snapshot, WriteError};
use crate::{codes::FILE_MODE, failures, message::Message, request::Remote};

/// How many commits are searched for newer runs and for our own commit: one page of GitHub's.
const HISTORY: u32 = 100;

/// A branch on GitHub, by its GraphQL interface.
pub(crate) struct Graphql {
    pub(crate) github: GitHub,
    pub(crate) remote: Remote,
}

impl Graphql {
    pub(super) fn phrase(&self) -> String {
        format!("by GraphQL to branch {} of {}", self.remote.branch, self.remote.repository)
    }

    pub(super) async fn read(&self, paths: &[String]) -> Result<Snapshot, Failure> {
        let Self { github, remote } = self;
        let snapshot = snapshot::read(github, &remote.repository, &remote.branch, paths, HISTORY).await;
        let snapshot = snapshot.map_err(|error| failures::of_snapshot(error, remote))?;
        Ok(Snapshot { head: snapshot.head, history: snapshot.history, files: snapshot.files })
    }

    pub(super) async fn write(
        &self,
        snapshot: &Snapshot,
        message: &Message,
        files: &[NewFile<'_>],
    ) -> Result<Committed, WriteError> {
        if let Some(file) = files.iter().find(|file| file.mode != MODE_FILE) {
            let cause = format!("`{}` has mode {:06o}, not 100644", file.path, file.mode);
            return Err(WriteError::Refused(Failure::new(&FILE_MODE, cause).at(file.path, None)));
        }
        let additions: Vec<(String, Vec<u8>)> =
            files.iter().map(|file| (file.path.to_owned(), file.bytes.to_vec())).collect();
        let commit = NewCommit {
            repository: &self.remote.repository,
            branch: &self.remote.branch,
            expected_head: &snapshot.head,
            headline: &message.headline,
            body: &message.body,
            additions: &additions,
        };
        match commit_on_branch::create(&self.github, &commit).await {
            Ok(made) => Ok(Committed { oid: made.oid, url: made.url, verified: made.verified }),
            Err(error) => Err(self.sort(error)),
        }
    }

    fn sort(&self, error: CommitError) -> WriteError {
        match error {
            CommitError::HeadMoved(text) => WriteError::Moved(text),
            CommitError::Forbidden(rules) => WriteError::Protected { rules },
            CommitError::InDoubt(error) => WriteError::InDoubt(error.to_string()),
            CommitError::Refused(error) => {
                let retry_after = waiting(&error);
                let failure = failures::of_commit(error, &self.remote);
                match retry_after {
                    Some(retry_after) => WriteError::Busy { retry_after, failure },
                    None => WriteError::Refused(failure),
                }
            }
        }
    }
}

/// How long to wait at least before another attempt; nothing if there is no point in one.
fn waiting(error: &GraphqlError) -> Option<Duration> {
    match error {
        GraphqlError::Api(ApiError::Unreachable { .. }) => Some(Duration::ZERO),
        GraphqlError::Api(error) => error.rejection().filter(|reply| reply.rate_limited)?.retry_after,
        GraphqlError::Rejected(_) => None,
    }
}
