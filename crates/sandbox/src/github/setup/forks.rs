//! Forks, and pull requests from them.

use std::{io, sync::Arc};

use crate::{
    faults::lock,
    github::{
        State,
        git::{Git, GitError},
        journal::Actor,
        repository::{Data, Repository},
        user::Role,
    },
};

impl State {
    /// Copies a repository with all its branches to another account, as its fork, and returns the fork's `OWNER/NAME`.
    pub async fn fork(&self, slug: &str, owner: &str) -> io::Result<String> {
        let parent = self.need(slug)?;
        self.user(owner);
        let (default, public) = {
            let data = lock(&parent.data);
            (data.default_branch.clone(), data.public)
        };
        let git = Git::new(&self.root.join(owner).join(format!("{}.git", parent.name)), &self.clock);
        git.init(&default).await?;
        git.fetch(parent.git.directory(), "+refs/heads/*:refs/heads/*").await?;
        let mut data = Data::new(&default, self.clock.now());
        data.public = public;
        data.parent = Some(slug.to_owned());
        data.roles.insert(owner.to_owned(), Role::Admin);
        let fork = Repository {
            id: self.next_id(),
            owner: owner.to_owned(),
            name: parent.name.clone(),
            git,
            updates: tokio::sync::Mutex::default(),
            data: std::sync::Mutex::new(data),
        };
        let name = fork.slug();
        lock(&self.repositories).insert(name.to_lowercase(), Arc::new(fork));
        Ok(name)
    }

    /// Reads a head, `branch` or `owner:branch`: the fork if it is in one, and the branch. `None` if there is no such fork.
    pub(crate) fn source(
        &self,
        repository: &Repository,
        head: &str,
    ) -> Option<(Option<Arc<Repository>>, String)> {
        let Some((owner, branch)) = head.split_once(':') else { return Some((None, head.to_owned())) };
        if owner.eq_ignore_ascii_case(&repository.owner) {
            return Some((None, branch.to_owned()));
        }
        let fork = self.repository(&format!("{owner}/{}", repository.name))?;
        let is_own = lock(&fork.data).parent.as_deref() == Some(&repository.slug());
        is_own.then(|| (Some(fork), branch.to_owned()))
    }

    /// Pull requests from a fork's branch get its new commit too.
    pub(crate) async fn parent_follows(
        &self,
        fork: &Repository,
        actor: &Actor,
        branch: &str,
        (old, new): (Option<&str>, &str),
    ) -> Result<(), GitError> {
        let parent = lock(&fork.data).parent.clone();
        let Some(parent) = parent.and_then(|slug| self.repository(&slug)) else { return Ok(()) };
        let _updates = parent.updates.lock().await;
        parent.git.fetch(fork.git.directory(), new).await?;
        self.heads_follow(&parent, Some(&fork.slug()), actor, branch, (old, new)).await
    }
}
