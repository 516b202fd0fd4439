//! The way by Git itself, to any host: a private copy of the branch's last commits, and a push that moves the branch only
//! if it still is where it was read.

use std::time::Duration;

use git::{Access, Mirror, NewCommit, PushError, RemoteError};
use github::snapshot::{CommitNote, FileAt};
use model::{CommitSha, Deadline, Failure};

use super::{Committed, HISTORY, NewFile, Snapshot, WriteError};
use crate::{failures, message::Message, request::Remote};

/// How much deeper the next fetch goes when a commit is looked for.
const DEEPER: u32 = 10;

/// A branch on any host.
pub(crate) struct Git {
    mirror: Mirror,
    access: Access,
    remote: Remote,
    deadline: Deadline,
}

impl Git {
    /// Prepares the private copy; nothing is fetched yet.
    pub(crate) async fn open(remote: Remote, access: Access, deadline: Deadline) -> Result<Self, Failure> {
        let mirror = Mirror::open(&remote.git_url, &access, HISTORY, deadline).await;
        let mirror = mirror.map_err(|error| failures::of_git(&error, &remote))?;
        Ok(Self { mirror, access, remote, deadline })
    }

    /// Reads the branch, or what it is to be made from.
    pub(super) async fn read(&mut self, paths: &[String]) -> Result<Snapshot, Failure> {
        self.read_with(paths).await.map_err(|error| failures::of_git(&error, &self.remote))?.ok_or_else(
            || {
                let branch = self.remote.base.as_ref().unwrap_or(&self.remote.branch);
                failures::no_branch(branch, &self.remote)
            },
        )
    }

    async fn read_with(&mut self, paths: &[String]) -> Result<Option<Snapshot>, RemoteError> {
        let mut exists = true;
        let mut tip = self.mirror.fetch(&self.remote.branch).await?;
        if let (None, Some(base)) = (&tip, &self.remote.base) {
            exists = false;
            tip = self.mirror.fetch(base).await?;
        }
        let Some(tip) = tip else { return Ok(None) };
        let files = self.mirror.read(&tip.commit, paths).await?;
        let files = files.into_iter().map(|file| file.map(|(mode, bytes)| FileAt { mode, bytes })).collect();
        let history = notes(tip.history);
        let (tree, repository_id) = (String::new(), String::new());
        Ok(Some(Snapshot { head: tip.commit, tree, repository_id, exists, history, files }))
    }

    /// Lists the commits of the branch back to `since`; all of them, if it is none of them.
    pub(super) async fn back_to(&self, since: &CommitSha) -> Result<Vec<CommitNote>, Failure> {
        let mut depth = HISTORY;
        loop {
            depth = depth.saturating_mul(DEEPER);
            let fetched = async {
                let mut mirror =
                    Mirror::open(&self.remote.git_url, &self.access, depth, self.deadline).await?;
                mirror.fetch(&self.remote.branch).await
            };
            let tip = fetched.await.map_err(|error| failures::of_git(&error, &self.remote))?;
            let history = notes(tip.map(|tip| tip.history).unwrap_or_default());
            let is_all = history.len() < depth as usize;
            if is_all || history.iter().any(|commit| commit.oid == since.as_str()) {
                return Ok(history);
            }
        }
    }

    pub(super) async fn write(
        &self,
        snapshot: &Snapshot,
        message: &Message,
        files: &[NewFile<'_>],
    ) -> Result<Committed, WriteError> {
        let files: Vec<git::NewFile<'_>> = files
            .iter()
            .map(|file| git::NewFile { path: file.path, mode: file.mode, bytes: file.bytes })
            .collect();
        let commit = NewCommit {
            parent: &snapshot.head,
            message: &message.text(),
            author: self.remote.author.as_ref(),
            files: &files,
        };
        let oid = self.mirror.commit(&commit).await.map_err(|error| self.refusal(&error))?;
        let expected = snapshot.exists.then_some(&snapshot.head);
        match self.mirror.push(&oid, &self.remote.branch, expected).await {
            Ok(()) => {
                let url = self.remote.commit_url(oid.as_str());
                Ok(Committed { oid, url, verified: None })
            }
            Err(PushError::Moved(text)) => Err(WriteError::Moved(text)),
            Err(PushError::InDoubt(text)) => Err(WriteError::InDoubt(text)),
            Err(PushError::Rejected(words)) => Err(failures::of_push(words, &self.remote)),
            Err(PushError::Failed(error)) => Err(self.refusal(&error)),
        }
    }

    /// Nothing has changed on the host.
    fn refusal(&self, error: &RemoteError) -> WriteError {
        let failure = failures::of_git(error, &self.remote);
        if error.is_transient() {
            return WriteError::Busy { retry_after: Duration::ZERO, failure };
        }
        WriteError::Refused(failure)
    }
}

fn notes(history: Vec<(CommitSha, String)>) -> Vec<CommitNote> {
    history.into_iter().map(|(oid, message)| CommitNote { oid: oid.to_string(), message }).collect()
}
