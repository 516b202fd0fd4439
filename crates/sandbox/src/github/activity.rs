//! What happened to branches, by the server's clock: the list behind `GET /repos/{owner}/{repo}/activity`.

use super::{State, git::RefUpdate, journal::Actor, repository::Repository};
use crate::faults::lock;

/// The id of no commit, for a branch that is not there.
pub(crate) const ZERO: &str = "0000000000000000000000000000000000000000";

/// One update of a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Activity {
    pub(crate) id: u64,
    pub(crate) before: String,
    pub(crate) after: String,
    /// The branch's full name.
    pub(crate) reference: String,
    /// Seconds since 1970.
    pub(crate) at: u64,
    pub(crate) kind: Kind,
    pub(crate) actor: String,
}

/// What moved the branch. There is no merge queue here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Push,
    ForcePush,
    Creation,
    Deletion,
    PullMerge,
}

impl Kind {
    /// `activity_type`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::ForcePush => "force_push",
            Self::Creation => "branch_creation",
            Self::Deletion => "branch_deletion",
            Self::PullMerge => "pr_merge",
        }
    }

    /// What an update is that no pull request made.
    pub(crate) fn of(update: &RefUpdate, forced: bool) -> Self {
        match (&update.old, &update.new) {
            (None, _) => Self::Creation,
            (_, None) => Self::Deletion,
            _ if forced => Self::ForcePush,
            _ => Self::Push,
        }
    }
}

impl State {
    /// Writes an update down; those of tags and other refs are no activities.
    pub(crate) fn note_activity(
        &self,
        repository: &Repository,
        actor: &Actor,
        update: &RefUpdate,
        kind: Kind,
    ) {
        if !update.name.starts_with("refs/heads/") {
            return;
        }
        let sha = |sha: &Option<String>| sha.clone().unwrap_or_else(|| ZERO.to_owned());
        let activity = Activity {
            id: self.next_id(),
            before: sha(&update.old),
            after: sha(&update.new),
            reference: update.name.clone(),
            at: self.clock.seconds(),
            kind,
            actor: actor.login.clone(),
        };
        lock(&repository.data).activities.push(activity);
    }
}
