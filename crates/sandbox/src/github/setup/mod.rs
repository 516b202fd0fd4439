//! What tests and the stand-alone program set up and look at: everything that a person does on the web pages.

mod branches;
mod changes;
mod checks;
mod files;
mod forks;
mod issues;
mod pulls;

use std::{
    collections::BTreeMap,
    io,
    path::Path,
    sync::{Arc, atomic::Ordering},
};

pub(crate) use pulls::NewPull;

use super::{
    State,
    activity::Kind,
    error::ApiError,
    git::{Change, Git, NewCommit, RefUpdate},
    journal::Actor,
    repository::{Data, Race, Repository},
    rules::BranchRules,
    user::Role,
};
use crate::faults::lock;

impl State {
    /// Whether replies of REST lack what version 2026-03-10 of the interface drops; the request's version does not count.
    pub fn answer_as_next_version(&self, next: bool) {
        self.is_next_version.store(next, Ordering::Relaxed);
    }

    pub(crate) fn need(&self, slug: &str) -> io::Result<Arc<Repository>> {
        self.repository(slug).ok_or_else(|| {
            io::Error::new(io::ErrorKind::NotFound, format!("the sandbox has no repository {slug}"))
        })
    }

    /// Creates a private repository with one commit on the first branch, which becomes the default branch, and
    /// the other branches at the same commit. Returns the commit. A repository that is there already begins anew: only
    /// its objects stay, so that many short lives of one take less time than many repositories.
    pub async fn create_repository(
        &self,
        slug: &str,
        files: &[(&str, &[u8])],
        branches: &[&str],
    ) -> io::Result<String> {
        let changes = files.iter().map(|(path, bytes)| Change::put(path, bytes)).collect::<Vec<_>>();
        self.create(slug, &changes, branches).await
    }

    /// The same with the files of a directory; `.git` is left out, and an executable file stays executable.
    pub async fn create_repository_from_dir(
        &self,
        slug: &str,
        directory: &Path,
        branches: &[&str],
    ) -> io::Result<String> {
        self.create(slug, &files::read(directory)?, branches).await
    }

    async fn create(&self, slug: &str, changes: &[Change], branches: &[&str]) -> io::Result<String> {
        let (owner, name) = slug.split_once('/').ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, format!("{slug} is not OWNER/NAME"))
        })?;
        let default = branches.first().copied().unwrap_or("main");
        let git = if let Some(old) = self.repository(slug) {
            old.git.forget_refs()?;
            old.git.clone()
        } else {
            let git = Git::new(&self.root.join(owner).join(format!("{name}.git")), &self.clock);
            git.init(default).await?;
            git
        };
        self.account(owner, "Organization");
        let id = self.next_id();
        let repository = Repository {
            id,
            owner: owner.to_owned(),
            name: name.to_owned(),
            git,
            updates: tokio::sync::Mutex::default(),
            data: std::sync::Mutex::new(Data::new(default, self.clock.now())),
        };
        let sha = self.commit(&repository, None, owner, "Initial commit", changes).await?;
        for branch in branches.iter().chain(branches.is_empty().then_some(&default)) {
            let update =
                RefUpdate { name: format!("refs/heads/{branch}"), old: None, new: Some(sha.clone()) };
            repository.git.set_ref(&update.name, &sha).await?;
            self.note_activity(&repository, &Actor::person(owner), &update, Kind::Creation);
        }
        lock(&self.repositories).insert(slug.to_lowercase(), Arc::new(repository));
        Ok(sha)
    }

    async fn commit(
        &self,
        repository: &Repository,
        parent: Option<&str>,
        author: &str,
        message: &str,
        changes: &[Change],
    ) -> Result<String, ApiError> {
        let user = self.user(author);
        let email = user.email();
        let person = (user.login.as_str(), email.as_str());
        let new = NewCommit { parent, author: person, committer: person, message, changes };
        Ok(repository.git.write_commit(&new).await?)
    }

    /// Gives `login` a role in a repository.
    pub fn add_user(&self, login: &str, slug: &str, role: Role) {
        self.user(login);
        if let Some(repository) = self.repository(slug) {
            lock(&repository.data).roles.insert(login.to_owned(), role);
        }
    }

    /// Makes a repository readable for everybody, or private again.
    pub fn set_public(&self, slug: &str, public: bool) {
        self.change(slug, |data| data.public = public);
    }

    /// Chooses the default branch.
    pub fn set_default_branch(&self, slug: &str, branch: &str) -> io::Result<()> {
        let head = self.need(slug)?.directory().join("HEAD");
        std::fs::write(head, format!("ref: refs/heads/{branch}\n"))?;
        self.change(slug, |data| branch.clone_into(&mut data.default_branch));
        Ok(())
    }

    /// Makes a repository read-only.
    pub fn archive(&self, slug: &str) {
        self.change(slug, |data| data.archived = true);
    }

    /// Allows or forbids runs to open pull requests (*Allow GitHub Actions to create and approve pull requests*).
    pub fn let_runs_open_pulls(&self, slug: &str, allowed: bool) {
        self.change(slug, |data| data.runs_open_pulls = allowed);
    }

    /// Adds rules for a branch.
    pub fn add_rules(&self, slug: &str, rules: BranchRules) {
        self.change(slug, |data| data.rules.push(rules));
    }

    /// Removes all rules.
    pub fn clear_rules(&self, slug: &str) {
        self.change(slug, |data| data.rules.clear());
    }

    /// Allows or forbids a merge method (`merge`, `squash`, `rebase`) in a repository.
    pub fn allow_merge_method(&self, slug: &str, method: &str, allowed: bool) {
        self.change(slug, |data| {
            if let Some(setting) = data.merge_methods.get_mut(method) {
                *setting = allowed;
            }
        });
    }

    /// Allows auto-merge, which is off in a new repository.
    pub fn allow_auto_merge(&self, slug: &str, allowed: bool) {
        self.change(slug, |data| data.allow_auto_merge = allowed);
    }

    /// Has GitHub delete head branches after a merge.
    pub fn delete_branch_on_merge(&self, slug: &str, delete: bool) {
        self.change(slug, |data| data.delete_branch_on_merge = delete);
    }

    /// How many reads of a changed pull request say `mergeable: null`; 1 unless set.
    pub fn set_unknown_reads(&self, slug: &str, reads: u32) {
        self.change(slug, |data| {
            data.unknown_reads = reads;
            for pull in data.pulls.values_mut() {
                pull.mergeability.hidden_reads = pull.mergeability.hidden_reads.min(reads);
            }
        });
    }

    /// Lets somebody else's commit arrive on `branch` right before the next update of it over the API, so that
    /// the update finds the branch moved.
    pub fn commit_before_next_update(
        &self,
        slug: &str,
        branch: &str,
        author: &str,
        message: &str,
        files: &[(&str, &[u8])],
    ) {
        let race = Race {
            branch: branch.to_owned(),
            author: author.to_owned(),
            message: message.to_owned(),
            changes: files.iter().map(|(path, bytes)| Change::put(path, bytes)).collect(),
            forced_to: None,
        };
        self.change(slug, |data| data.races.push(race));
    }

    /// Lets somebody else force `branch` to a commit right before the next update of it over the API.
    pub fn force_before_next_update(&self, slug: &str, branch: &str, author: &str, to: &str) {
        let race = Race {
            branch: branch.to_owned(),
            author: author.to_owned(),
            message: String::new(),
            changes: Vec::new(),
            forced_to: Some(to.to_owned()),
        };
        self.change(slug, |data| data.races.push(race));
    }

    fn change(&self, slug: &str, change: impl FnOnce(&mut Data)) {
        if let Some(repository) = self.repository(slug) {
            change(&mut lock(&repository.data));
        }
    }

    /// Creates a branch at a branch, tag or commit.
    pub async fn create_branch(&self, slug: &str, branch: &str, at: &str) -> io::Result<String> {
        let repository = self.need(slug)?;
        let missing = || ApiError::new(422, format!("{slug} has no {at}"));
        let sha = repository.git.commit_ish(at).await?.ok_or_else(missing)?;
        let _updates = repository.updates.lock().await;
        let actor = Actor::person(&repository.owner);
        let made = self.move_branch(&repository, &actor, branch, None, Some(&sha)).await?;
        if made { Ok(sha) } else { Err(io::Error::other(format!("{slug} has a branch {branch} already"))) }
    }

    /// Pushes one commit to a branch, past every rule; a branch that is not there starts at the default branch.
    pub async fn commit_files(
        &self,
        slug: &str,
        branch: &str,
        author: &str,
        message: &str,
        files: &[(&str, &[u8])],
    ) -> io::Result<String> {
        let changes = files.iter().map(|(path, bytes)| Change::put(path, bytes)).collect::<Vec<_>>();
        self.push_changes(slug, branch, author, message, &changes).await
    }

    /// Removes files in one commit.
    pub async fn delete_files(
        &self,
        slug: &str,
        branch: &str,
        author: &str,
        message: &str,
        paths: &[&str],
    ) -> io::Result<String> {
        let changes =
            paths.iter().map(|path| Change::Delete { path: (*path).to_owned() }).collect::<Vec<_>>();
        self.push_changes(slug, branch, author, message, &changes).await
    }

    async fn push_changes(
        &self,
        slug: &str,
        branch: &str,
        author: &str,
        message: &str,
        changes: &[Change],
    ) -> io::Result<String> {
        let repository = self.need(slug)?;
        let _updates = repository.updates.lock().await;
        let old = repository.git.branch(branch).await?;
        let default = lock(&repository.data).default_branch.clone();
        let start = if old.is_none() { repository.git.branch(&default).await? } else { None };
        let parent = old.clone().or(start);
        let sha = self.commit(&repository, parent.as_deref(), author, message, changes).await?;
        let actor = Actor::person(author);
        if self.move_branch(&repository, &actor, branch, old.as_deref(), Some(&sha)).await? {
            return Ok(sha);
        }
        Err(io::Error::other(format!("{branch} of {slug} moved meanwhile")))
    }

    /// Points a branch at a commit, as a forced push would; `None` removes it.
    pub async fn force_branch(
        &self,
        slug: &str,
        branch: &str,
        login: &str,
        to: Option<&str>,
    ) -> io::Result<()> {
        let repository = self.need(slug)?;
        let _updates = repository.updates.lock().await;
        let old = repository.git.branch(branch).await?;
        self.move_branch(&repository, &Actor::person(login), branch, old.as_deref(), to).await?;
        Ok(())
    }

    /// Returns the default branch.
    pub fn default_branch(&self, slug: &str) -> Option<String> {
        self.repository(slug).map(|repository| lock(&repository.data).default_branch.clone())
    }

    /// Returns all branches with their commits.
    pub async fn branches(&self, slug: &str) -> BTreeMap<String, String> {
        let Some(repository) = self.repository(slug) else { return BTreeMap::new() };
        let refs = repository.git.refs("refs/heads/").await.unwrap_or_default();
        let short = |(name, sha): (String, String)| Some((name.strip_prefix("refs/heads/")?.to_owned(), sha));
        refs.into_iter().filter_map(short).collect()
    }

    /// Returns the commit of a branch.
    pub async fn branch_sha(&self, slug: &str, branch: &str) -> Option<String> {
        self.repository(slug)?.git.branch(branch).await.ok().flatten()
    }

    /// Returns a file at a branch, tag or commit.
    pub async fn read_file(&self, slug: &str, rev: &str, path: &str) -> Option<Vec<u8>> {
        let repository = self.repository(slug)?;
        let sha = repository.git.commit_ish(rev).await.ok().flatten()?;
        repository.git.blob(&format!("{sha}:{path}")).await.ok().flatten()
    }

    /// Returns the mode of a file at a branch, tag or commit, such as `100644`.
    pub async fn file_mode(&self, slug: &str, rev: &str, path: &str) -> Option<String> {
        let repository = self.repository(slug)?;
        let sha = repository.git.commit_ish(rev).await.ok().flatten()?;
        repository.git.entry(&sha, path).await.ok().flatten().map(|entry| entry.mode)
    }

    /// Returns the parents of a commit.
    pub async fn parents(&self, slug: &str, rev: &str) -> Option<Vec<String>> {
        let repository = self.repository(slug)?;
        let sha = repository.git.commit_ish(rev).await.ok().flatten()?;
        repository.git.commit(&sha).await.ok().flatten().map(|commit| commit.parents)
    }

    /// Returns the paths in which two commits differ.
    pub async fn changed_paths(&self, slug: &str, from: &str, to: &str) -> io::Result<Vec<String>> {
        let files = self.need(slug)?.git.changed_files(from, to).await?;
        Ok(files.into_iter().map(|file| file.path).collect())
    }

    /// Is `ancestor` reachable from `descendant`?
    pub async fn contains(&self, slug: &str, descendant: &str, ancestor: &str) -> bool {
        match self.repository(slug) {
            Some(repository) => repository.git.is_ancestor(ancestor, descendant).await.unwrap_or(false),
            None => false,
        }
    }
}
