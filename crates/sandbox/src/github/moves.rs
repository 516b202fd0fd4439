//! Moving refs, and what follows from it: heads that follow, indirect merges, the `push` event.

use serde_json::{Value, json};

use super::{
    State,
    activity::{Kind, ZERO},
    git::{GitError, NewCommit, RefUpdate},
    journal::Actor,
    pull::{Merged, TimelineKind},
    repository::Repository,
};
use crate::faults::lock;

impl State {
    /// Moves a branch if it still has its old value, and does what follows; `false` if it has not.
    /// The caller holds the repository's `updates`.
    pub(crate) async fn move_branch(
        &self,
        repository: &Repository,
        actor: &Actor,
        branch: &str,
        old: Option<&str>,
        new: Option<&str>,
    ) -> Result<bool, GitError> {
        self.race(repository, branch).await?;
        let update = RefUpdate {
            name: format!("refs/heads/{branch}"),
            old: old.map(str::to_owned),
            new: new.map(str::to_owned),
        };
        if !repository.git.update_refs(std::slice::from_ref(&update)).await? {
            return Ok(false);
        }
        self.after_moves(repository, actor, &[update]).await?;
        Ok(true)
    }

    /// Lets a commit, or a forced push, that waits for its moment arrive.
    pub(crate) async fn race(&self, repository: &Repository, branch: &str) -> Result<(), GitError> {
        let race = {
            let mut data = lock(&repository.data);
            let found = data.races.iter().position(|race| race.branch == branch);
            found.map(|at| data.races.remove(at))
        };
        let Some(race) = race else { return Ok(()) };
        let parent = repository.git.branch(branch).await?;
        let user = self.user(&race.author);
        let author = (user.login.as_str(), user.email());
        let new = NewCommit {
            parent: parent.as_deref(),
            author: (author.0, &author.1),
            committer: (author.0, &author.1),
            message: &race.message,
            changes: &race.changes,
        };
        let sha = match race.forced_to {
            Some(sha) => sha,
            None => repository.git.write_commit(&new).await?,
        };
        let name = format!("refs/heads/{branch}");
        repository.git.update_ref(&name, &sha, parent.as_deref()).await?;
        let update = RefUpdate { name, old: parent, new: Some(sha) };
        self.after_moves(repository, &Actor::person(&race.author), &[update]).await
    }

    /// Does what follows from refs that have moved.
    pub(crate) async fn after_moves(
        &self,
        repository: &Repository,
        actor: &Actor,
        updates: &[RefUpdate],
    ) -> Result<(), GitError> {
        for update in updates.iter().filter(|update| update.old != update.new) {
            self.after_move(repository, actor, update, None).await?;
        }
        Ok(())
    }

    /// Does what follows from one ref that has moved; `kind` if the commits do not tell how it came to that.
    pub(crate) async fn after_move(
        &self,
        repository: &Repository,
        actor: &Actor,
        update: &RefUpdate,
        kind: Option<Kind>,
    ) -> Result<(), GitError> {
        self.note_push(repository, actor, update, kind).await?;
        let Some(branch) = update.name.strip_prefix("refs/heads/") else { return Ok(()) };
        match &update.new {
            Some(new) => {
                let moved = (update.old.as_deref(), new.as_str());
                self.heads_follow(repository, None, actor, branch, moved).await?;
                self.parent_follows(repository, actor, branch, moved).await?;
                self.merge_indirectly(repository, actor, branch, new).await?;
            }
            None => self.heads_vanish(repository, actor, branch),
        }
        Ok(())
    }

    async fn note_push(
        &self,
        repository: &Repository,
        actor: &Actor,
        update: &RefUpdate,
        kind: Option<Kind>,
    ) -> Result<(), GitError> {
        lock(&repository.data).pushed_at = self.clock.now();
        let (before, after) = (update.old.as_deref().unwrap_or(ZERO), update.new.as_deref().unwrap_or(ZERO));
        let web = format!("{}/{}", self.urls.github, repository.slug());
        let forced = match (&update.old, &update.new) {
            (Some(old), Some(new)) => !repository.git.is_ancestor(old, new).await?,
            _ => false,
        };
        self.note_activity(repository, actor, update, kind.unwrap_or_else(|| Kind::of(update, forced)));
        let head = match &update.new {
            Some(new) => repository.git.commit(new).await?,
            None => None,
        };
        // As Actions sees it: without the lists of files.
        let head = head.map(|commit| {
            json!({
                "id": commit.sha,
                "tree_id": commit.tree,
                "distinct": true,
                "message": commit.message,
                "timestamp": commit.committer.date,
                "url": format!("{web}/commit/{}", commit.sha),
                "author": { "name": commit.author.name, "email": commit.author.email },
                "committer": { "name": commit.committer.name, "email": commit.committer.email },
            })
        });
        let body = json!({
            "ref": update.name,
            "before": before,
            "after": after,
            "created": update.old.is_none(),
            "deleted": update.new.is_none(),
            "forced": forced,
            "base_ref": null,
            "compare": format!("{web}/compare/{before}...{after}"),
            "commits": head.iter().collect::<Vec<_>>(),
            "head_commit": head,
            "pusher": { "name": actor.login },
        });
        self.note(repository, "push", "", body, actor);
        Ok(())
    }

    /// Open pull requests from `branch`, of the repository itself or of a fork of it, get its new commit.
    pub(crate) async fn heads_follow(
        &self,
        repository: &Repository,
        fork: Option<&str>,
        actor: &Actor,
        branch: &str,
        (old, new): (Option<&str>, &str),
    ) -> Result<(), GitError> {
        let followers: Vec<(u64, String)> = lock(&repository.data)
            .pulls
            .values()
            .filter(|pull| pull.open && pull.comes_from(fork, branch) && pull.head_sha != new)
            .map(|pull| (pull.number, pull.base_ref.clone()))
            .collect();
        for (number, base_ref) in followers {
            let before = old.unwrap_or(ZERO);
            let base = repository.git.branch(&base_ref).await?;
            let added = match old {
                Some(old) if repository.git.is_ancestor(old, new).await? => {
                    Some(repository.git.log(&["--reverse", &format!("{old}..{new}")]).await?)
                }
                _ => None,
            };
            let contained = match &base {
                Some(base) => repository.git.is_ancestor(new, base).await?,
                None => false,
            };
            let now = self.clock.now();
            if let Some(pull) = lock(&repository.data).pulls.get_mut(&number) {
                new.clone_into(&mut pull.head_sha);
                pull.base_sha = base.unwrap_or_default();
                for commit in added.iter().flatten() {
                    pull.committed(self.next_id(), &actor.login, &now, commit);
                }
                if added.is_none() {
                    let kind = TimelineKind::HeadForcePushed(new.to_owned());
                    pull.event(self.next_id(), &actor.login, &now, kind);
                }
            }
            self.leave_queue(repository, number, actor, "UNKNOWN_REMOVAL_REASON");
            repository.git.set_ref(&format!("refs/pull/{number}/head"), new).await?;
            self.assess(repository, number).await?;
            let extra = json!({ "before": before, "after": new });
            self.note_pull(repository, number, "synchronize", actor, None, extra);
            if contained {
                // The head went back to what the base has already: nothing is left to merge.
                self.close(repository, number, actor);
            }
        }
        Ok(())
    }

    fn heads_vanish(&self, repository: &Repository, actor: &Actor, branch: &str) {
        let now = self.clock.now();
        let mut to_close = Vec::new();
        for pull in lock(&repository.data).pulls.values_mut().filter(|pull| pull.comes_from(None, branch)) {
            if pull.open {
                to_close.push(pull.number);
            }
            pull.event(self.next_id(), &actor.login, &now, TimelineKind::HeadDeleted);
        }
        for number in to_close {
            self.close(repository, number, actor);
        }
    }

    /// Open pull requests into `branch` whose head it now contains are merged, whoever did it and however
    /// (docs "About pull request merges", indirect merges).
    async fn merge_indirectly(
        &self,
        repository: &Repository,
        actor: &Actor,
        branch: &str,
        tip: &str,
    ) -> Result<(), GitError> {
        let open: Vec<(u64, String)> = lock(&repository.data)
            .pulls
            .values()
            .filter(|pull| pull.open && pull.base_ref == branch)
            .map(|pull| (pull.number, pull.head_sha.clone()))
            .collect();
        for (number, head) in open {
            if repository.git.is_ancestor(&head, tip).await? {
                self.mark_merged(repository, number, tip, actor);
                self.note_closed(repository, number, actor);
            }
        }
        Ok(())
    }

    /// Writes down that a pull request is merged. Its event comes from [`Self::note_closed`].
    pub(crate) fn mark_merged(&self, repository: &Repository, number: u64, sha: &str, actor: &Actor) {
        let now = self.clock.now();
        if let Some(pull) = lock(&repository.data).pulls.get_mut(&number) {
            pull.open = false;
            pull.closed_at = Some(now.clone());
            pull.merged = Some(Merged { sha: sha.to_owned(), by: actor.login.clone(), at: now.clone() });
            pull.event(self.next_id(), &actor.login, &now, TimelineKind::Merged(sha.to_owned()));
            pull.event(self.next_id(), &actor.login, &now, TimelineKind::Closed);
        }
    }

    pub(crate) fn note_closed(&self, repository: &Repository, number: u64, actor: &Actor) {
        self.note_pull(repository, number, "closed", actor, None, Value::Null);
    }

    /// Closes a pull request without a merge.
    pub(crate) fn close(&self, repository: &Repository, number: u64, actor: &Actor) {
        self.leave_queue(repository, number, actor, "MANUAL");
        let now = self.clock.now();
        if let Some(pull) = lock(&repository.data).pulls.get_mut(&number) {
            pull.open = false;
            pull.closed_at = Some(now.clone());
            pull.event(self.next_id(), &actor.login, &now, TimelineKind::Closed);
        }
        self.note_closed(repository, number, actor);
    }
}
