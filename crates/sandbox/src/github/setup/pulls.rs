//! Opening, changing and reviewing pull requests.

use std::{io, sync::Arc};

use serde_json::{Value, json};

use crate::{
    faults::lock,
    github::{
        State,
        error::ApiError,
        git::GitError,
        journal::Actor,
        merge::MergeRequest,
        pull::{Mergeability, Pull, PullSnapshot, Review, TimelineKind},
        render,
        repository::{Data, Repository},
    },
};

/// What a pull request is opened with.
#[derive(Debug, Clone, Default)]
pub(crate) struct NewPull {
    /// The fork that the head is in.
    pub(crate) fork: Option<Arc<Repository>>,
    pub(crate) head: String,
    pub(crate) base: String,
    pub(crate) title: String,
    pub(crate) body: Option<String>,
    pub(crate) draft: bool,
}

impl State {
    /// Opens a pull request and returns its number. `head` is a branch, or `owner:branch` of a fork.
    pub async fn open_pull(
        &self,
        slug: &str,
        head: &str,
        base: &str,
        author: &str,
        title: &str,
    ) -> io::Result<u64> {
        let repository = self.need(slug)?;
        self.user(author);
        let (fork, head) = self.source(&repository, head).ok_or_else(|| {
            io::Error::new(io::ErrorKind::NotFound, format!("{head} is in no fork of {slug}"))
        })?;
        let new = NewPull { fork, head, base: base.into(), title: title.into(), body: None, draft: false };
        Ok(self.open(&repository, &Actor::person(author), new).await?)
    }

    pub(crate) async fn open(
        &self,
        repository: &Repository,
        actor: &Actor,
        new: NewPull,
    ) -> Result<u64, ApiError> {
        if actor.of_a_run && !lock(&repository.data).runs_open_pulls {
            let text = "GitHub Actions is not permitted to create or approve pull requests.";
            return Err(ApiError::new(403, text));
        }
        let invalid = |field: &str| ApiError::validation("PullRequest", field, "invalid", None);
        let git = &repository.git;
        let source = new.fork.as_deref().unwrap_or(repository);
        let head = source.git.branch(&new.head).await?.ok_or_else(|| invalid("head"))?;
        if new.fork.is_some() {
            git.fetch(source.git.directory(), &head).await?;
        }
        let base = git.branch(&new.base).await?.ok_or_else(|| invalid("base"))?;
        let custom = |text: String| ApiError::validation("PullRequest", "", "custom", Some(&text));
        let (head_ref, base_ref) = (new.head.as_str(), new.base.as_str());
        let exists = |data: &Data| {
            let fork = new.fork.as_ref().map(|fork| fork.slug());
            let from = |pull: &Pull| pull.comes_from(fork.as_deref(), head_ref);
            let same = |pull: &Pull| pull.open && from(pull) && pull.base_ref == base_ref;
            let text = || format!("A pull request already exists for {}:{head_ref}.", source.owner);
            if data.pulls.values().any(same) { Err(custom(text())) } else { Ok(()) }
        };
        exists(&lock(&repository.data))?;
        if git.is_ancestor(&head, &base).await? {
            return Err(custom(format!("No commits between {} and {}", new.base, new.head)));
        }
        let commits = git.log(&["--reverse", "--topo-order", &format!("{base}..{head}")]).await?;
        let now = self.clock.now();
        let number = {
            let mut data = lock(&repository.data);
            // Git was asked meanwhile: somebody may have been quicker.
            exists(&data)?;
            let number = data.pulls.keys().last().copied().unwrap_or(0) + 1;
            let mut pull = Pull {
                id: self.next_id(),
                number,
                title: new.title,
                body: new.body,
                author: actor.login.clone(),
                open: true,
                draft: new.draft,
                fork: new.fork.clone(),
                head_ref: new.head.clone(),
                head_sha: head.clone(),
                base_ref: new.base.clone(),
                base_sha: base,
                merged: None,
                labels: Vec::new(),
                comments: Vec::new(),
                reviews: Vec::new(),
                timeline: Vec::new(),
                auto_merge: None,
                queued: None,
                created_at: now.clone(),
                updated_at: now.clone(),
                closed_at: None,
                mergeability: Mergeability::default(),
            };
            for commit in &commits {
                pull.committed(self.next_id(), &actor.login, &now, commit);
            }
            data.pulls.insert(number, pull);
            number
        };
        git.set_ref(&format!("refs/pull/{number}/head"), &head).await?;
        self.assess(repository, number).await?;
        self.note_pull(repository, number, "opened", actor, None, Value::Null);
        Ok(number)
    }

    /// Changes title and body.
    pub(crate) fn edit(
        &self,
        repository: &Repository,
        number: u64,
        actor: &Actor,
        title: Option<String>,
        body: Option<String>,
    ) {
        if title.is_none() && body.is_none() {
            return;
        }
        if let Some(pull) = lock(&repository.data).pulls.get_mut(&number) {
            let now = self.clock.now();
            if let Some(to) = title.filter(|title| *title != pull.title) {
                let from = std::mem::replace(&mut pull.title, to.clone());
                pull.event(self.next_id(), &actor.login, &now, TimelineKind::Renamed { from, to });
            }
            if let Some(body) = body {
                pull.body = Some(body);
            }
            pull.updated_at = now;
        }
        self.note_pull(repository, number, "edited", actor, None, json!({ "changes": {} }));
    }

    pub(crate) fn reopen(&self, repository: &Repository, number: u64, actor: &Actor) -> Result<(), ApiError> {
        if let Some(pull) = lock(&repository.data).pulls.get_mut(&number) {
            if pull.merged.is_some() {
                let text = "Cannot change the state of a merged pull request";
                return Err(ApiError::validation("PullRequest", "state", "invalid", Some(text)));
            }
            pull.open = true;
            pull.closed_at = None;
            pull.event(self.next_id(), &actor.login, &self.clock.now(), TimelineKind::Reopened);
        }
        self.note_pull(repository, number, "reopened", actor, None, Value::Null);
        Ok(())
    }

    /// Makes a pull request a draft, or ready for review.
    pub fn set_draft(&self, slug: &str, number: u64, login: &str, draft: bool) {
        let Some(repository) = self.repository(slug) else { return };
        let actor = Actor::person(login);
        if let Some(pull) = lock(&repository.data).pulls.get_mut(&number) {
            pull.draft = draft;
            if !draft {
                pull.event(self.next_id(), login, &self.clock.now(), TimelineKind::ReadyForReview);
            }
        }
        let action = if draft { "converted_to_draft" } else { "ready_for_review" };
        self.note_pull(&repository, number, action, &actor, None, Value::Null);
    }

    /// Closes a pull request without a merge.
    pub fn close_pull(&self, slug: &str, number: u64, login: &str) {
        if let Some(repository) = self.repository(slug) {
            self.close(&repository, number, &Actor::person(login));
        }
    }

    /// Merges a pull request, as the button on its page does, and returns the base's new commit.
    pub async fn press_merge(&self, slug: &str, number: u64, login: &str) -> io::Result<String> {
        let repository = self.need(slug)?;
        let request = MergeRequest { may_change_workflows: true, ..MergeRequest::default() };
        Ok(self.merge_pull(&repository, number, &Actor::person(login), request).await?)
    }

    /// Reviews a pull request's present head: `APPROVED`, `CHANGES_REQUESTED` or `COMMENTED`.
    pub async fn add_review(&self, slug: &str, number: u64, login: &str, state: &str) -> io::Result<()> {
        let repository = self.need(slug)?;
        self.user(login);
        self.review(&repository, number, &Actor::person(login), state, "", None).await?;
        Ok(())
    }

    pub(crate) async fn review(
        &self,
        repository: &Repository,
        number: u64,
        actor: &Actor,
        state: &str,
        body: &str,
        commit: Option<&str>,
    ) -> Result<Review, ApiError> {
        let now = self.clock.now();
        let review = {
            let mut data = lock(&repository.data);
            let pull = data.pulls.get_mut(&number).ok_or_else(ApiError::not_found)?;
            let review = Review {
                id: self.next_id(),
                author: actor.login.clone(),
                state: state.to_owned(),
                body: body.to_owned(),
                commit_id: commit.unwrap_or(&pull.head_sha).to_owned(),
                submitted_at: now.clone(),
            };
            pull.reviews.push(review.clone());
            pull.event(self.next_id(), &actor.login, &now, TimelineKind::Reviewed(review.id));
            review
        };
        let shown = render::review(self, repository, number, &review);
        let pull = lock(&repository.data).pulls.get(&number).cloned();
        // Unlike the events of pull requests, those of reviews show it as lists do.
        let pull = pull.map(|pull| render::pull(self, repository, &pull, render::Detail::Simple));
        let body = json!({ "review": shown, "pull_request": pull });
        self.note(repository, "pull_request_review", "submitted", body, actor);
        self.try_auto_merge(repository, number).await?;
        Ok(review)
    }

    /// Something about the checks of a commit changed: auto-merge may be due.
    pub(crate) async fn changed_checks(&self, repository: &Repository, sha: &str) -> Result<(), ApiError> {
        let waiting: Vec<u64> = lock(&repository.data)
            .pulls
            .values()
            .filter(|pull| pull.open && pull.head_sha == sha)
            .map(|pull| pull.number)
            .collect();
        for number in waiting {
            self.try_auto_merge(repository, number).await?;
        }
        Ok(())
    }

    /// Merges if auto-merge is on and nothing is in the way any more.
    pub(crate) async fn try_auto_merge(&self, repository: &Repository, number: u64) -> Result<(), GitError> {
        let pull = lock(&repository.data).pulls.get(&number).cloned();
        let Some(auto) = pull.filter(|pull| pull.open).and_then(|pull| pull.auto_merge) else {
            return Ok(());
        };
        let request = MergeRequest {
            method: Some(auto.method),
            title: auto.title,
            message: auto.message,
            sha: None,
            by_queue: false,
            may_change_workflows: true,
        };
        // A refusal means: not yet.
        let _ = self.merge_pull(repository, number, &Actor::person(&auto.by), request).await;
        Ok(())
    }

    /// Returns what is to be asserted about a pull request.
    pub fn pull(&self, slug: &str, number: u64) -> Option<PullSnapshot> {
        let repository = self.repository(slug)?;
        let data = lock(&repository.data);
        data.pulls.get(&number).map(Pull::snapshot)
    }

    /// Returns all pull requests of a repository, by number.
    pub fn pulls(&self, slug: &str) -> Vec<PullSnapshot> {
        let Some(repository) = self.repository(slug) else { return Vec::new() };
        let data = lock(&repository.data);
        data.pulls.values().map(Pull::snapshot).collect()
    }
}
