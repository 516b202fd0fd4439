//! Bases that change, and branches that are renamed.

use std::io;

use serde_json::json;

use crate::{
    faults::lock,
    github::{State, error::ApiError, journal::Actor, pull::TimelineKind, repository::Repository},
};

impl State {
    /// Gives an open pull request another base; `false` if it is closed, has that base already, or has no commit that the
    /// base lacks.
    pub async fn retarget(&self, slug: &str, number: u64, login: &str, base: &str) -> io::Result<bool> {
        let repository = self.need(slug)?;
        self.user(login);
        let _updates = repository.updates.lock().await;
        match self.change_base(&repository, number, &Actor::person(login), base).await {
            Err(refused) if refused.status == 422 => Ok(false),
            result => Ok(result?),
        }
    }

    /// Changes the base, and returns whether it is another; the caller holds the repository's `updates`.
    pub(crate) async fn change_base(
        &self,
        repository: &Repository,
        number: u64,
        actor: &Actor,
        base: &str,
    ) -> Result<bool, ApiError> {
        let found = lock(&repository.data).pulls.get(&number).cloned();
        let Some(pull) = found.filter(|pull| pull.base_ref != base) else { return Ok(false) };
        let invalid = |text: &str| ApiError::validation("PullRequest", "base", "invalid", Some(text));
        if !pull.open {
            return Err(invalid("Cannot change the base branch of a closed pull request."));
        }
        let missing = || invalid("Proposed base branch was not found");
        let sha = repository.git.branch(base).await?.ok_or_else(missing)?;
        if repository.git.is_ancestor(&pull.head_sha, &sha).await? {
            let (head, text) = (&pull.head_ref, "There are no new commits between base branch");
            return Err(invalid(&format!("{text} '{base}' and head branch '{head}'")));
        }
        self.leave_queue(repository, number, actor, "UNKNOWN_REMOVAL_REASON");
        self.set_base(repository, number, actor, base, &sha);
        self.assess(repository, number).await?;
        let from = json!({ "ref": { "from": pull.base_ref }, "sha": { "from": pull.base_sha } });
        let extra = json!({ "changes": { "base": from } });
        self.note_pull(repository, number, "edited", actor, None, extra);
        Ok(true)
    }

    fn set_base(&self, repository: &Repository, number: u64, actor: &Actor, base: &str, sha: &str) {
        if let Some(pull) = lock(&repository.data).pulls.get_mut(&number) {
            base.clone_into(&mut pull.base_ref);
            sha.clone_into(&mut pull.base_sha);
            pull.event(self.next_id(), &actor.login, &self.clock.now(), TimelineKind::BaseChanged);
        }
    }

    /// Renames a branch: open pull requests into it follow, open pull requests from it are closed, rules and the default
    /// branch follow, and the old name redirects
    /// (<https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-branches-in-your-repository/renaming-a-branch>).
    pub async fn rename_branch(&self, slug: &str, from: &str, to: &str, login: &str) -> io::Result<()> {
        let repository = self.need(slug)?;
        let _updates = repository.updates.lock().await;
        let missing = || io::Error::new(io::ErrorKind::NotFound, format!("{slug} has no branch {from}"));
        let sha = repository.git.branch(from).await?.ok_or_else(missing)?;
        let actor = Actor::person(login);
        self.move_branch(&repository, &actor, to, None, Some(&sha)).await?;
        let into: Vec<u64> = {
            let mut data = lock(&repository.data);
            data.renamed.insert(from.to_owned(), to.to_owned());
            for rules in data.rules.iter_mut().filter(|rules| rules.pattern == from) {
                to.clone_into(&mut rules.pattern);
            }
            let open = data.pulls.values().filter(|pull| pull.open && pull.base_ref == from);
            open.map(|pull| pull.number).collect()
        };
        for number in into {
            self.set_base(&repository, number, &actor, to, &sha);
        }
        self.move_branch(&repository, &actor, from, Some(&sha), None).await?;
        if self.default_branch(slug).as_deref() == Some(from) {
            self.set_default_branch(slug, to)?;
        }
        Ok(())
    }
}
