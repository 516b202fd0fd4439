//! A branch on GitHub, as both of its interfaces read it.

use std::time::Duration;

use github::{
    ApiError, GitHub, GraphqlError, compare,
    snapshot::{self, CommitNote, SnapshotError},
};
use model::{Branch, CommitSha, Failure, RepoSlug};

use super::{HISTORY, Snapshot, WriteError};
use crate::{failures, request::Remote, verified};

/// A branch on GitHub.
#[derive(Clone)]
pub(crate) struct Hub {
    pub(crate) github: GitHub,
    pub(crate) repository: RepoSlug,
    pub(crate) remote: Remote,
    /// Whether GitHub signs what this token writes to its Git database: it does for Apps, and not for people.
    pub(crate) is_app: bool,
}

impl Hub {
    /// Reads the branch, or what it is to be made from.
    pub(super) async fn read(&self, paths: &[String]) -> Result<Snapshot, Failure> {
        let Remote { branch, base, .. } = &self.remote;
        let (snapshot, exists) = match (self.snapshot(branch, paths).await, base) {
            (Err(SnapshotError::NoBranch { .. }), Some(base)) => (self.snapshot(base, paths).await, false),
            (snapshot, _) => (snapshot, true),
        };
        let snapshot = snapshot.map_err(|error| failures::of_snapshot(error, &self.remote))?;
        Ok(Snapshot {
            head: snapshot.head,
            tree: snapshot.tree,
            repository_id: snapshot.repository_id,
            exists,
            history: snapshot.history,
            files: snapshot.files,
        })
    }

    async fn snapshot(&self, branch: &Branch, paths: &[String]) -> Result<snapshot::Snapshot, SnapshotError> {
        snapshot::read(&self.github, &self.repository, branch, paths, HISTORY).await
    }

    /// Lists all commits that `head` has beyond `since`.
    pub(super) async fn between(
        &self,
        since: &CommitSha,
        head: &CommitSha,
    ) -> Result<Vec<CommitNote>, Failure> {
        compare::commits(&self.github, &self.repository, since, head)
            .await
            .map_err(|error| failures::of_read(error.into(), &self.remote))
    }

    /// Asks whether a commit is verified; none if there is no answer.
    pub(super) async fn is_verified(&self, commit: &str) -> Option<bool> {
        verified::asked(&self.github, &self.repository, commit).await
    }

    /// What a refusal by GraphQL means for the next step.
    pub(super) fn graphql_refusal(&self, error: GraphqlError) -> WriteError {
        let GraphqlError::Api(error) = error else {
            return WriteError::Refused(failures::of_commit(error, &self.remote));
        };
        self.refusal(error)
    }

    /// What a refusal by REST means for the next step, where it is neither a race nor a rule.
    pub(super) fn refusal(&self, error: ApiError) -> WriteError {
        let retry_after = waiting(&error);
        let failure = failures::of_commit(error.into(), &self.remote);
        match retry_after {
            Some(retry_after) => WriteError::Busy { retry_after, failure },
            None => WriteError::Refused(failure),
        }
    }
}

/// How long to wait at least before another attempt; nothing if there is no point in one.
fn waiting(error: &ApiError) -> Option<Duration> {
    match error {
        ApiError::Unreachable { .. } => Some(Duration::ZERO),
        error => error.rejection().filter(|reply| reply.rate_limited)?.retry_after,
    }
}
