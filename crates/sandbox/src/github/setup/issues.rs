//! Labels, comments, statuses.

use std::io;

use serde_json::{Value, json};

use crate::{
    faults::lock,
    github::{
        State,
        journal::Actor,
        pull::{Comment, TimelineKind},
        render,
        repository::{Deployment, Label, Repository, Status},
    },
};

impl State {
    /// Puts a label on a pull request.
    pub fn add_label(&self, slug: &str, number: u64, label: &str, login: &str) {
        if let Some(repository) = self.repository(slug) {
            self.user(login);
            self.label(&repository, number, &Actor::person(login), label);
        }
    }

    /// Takes a label away.
    pub fn remove_label(&self, slug: &str, number: u64, label: &str, login: &str) {
        if let Some(repository) = self.repository(slug) {
            self.unlabel(&repository, number, &Actor::person(login), label);
        }
    }

    pub(crate) fn label(&self, repository: &Repository, number: u64, actor: &Actor, name: &str) {
        let added = {
            let mut data = lock(&repository.data);
            let id = self.next_id();
            let new = Label { id, name: name.to_owned(), color: "ededed".to_owned() };
            let name = data.labels.entry(name.to_owned()).or_insert(new).name.clone();
            match data.pulls.get_mut(&number) {
                Some(pull) if !pull.labels.contains(&name) => {
                    pull.labels.push(name.clone());
                    let kind = TimelineKind::Labeled(name);
                    pull.event(self.next_id(), &actor.login, &self.clock.now(), kind);
                    true
                }
                _ => false,
            }
        };
        if added {
            self.note_pull(repository, number, "labeled", actor, Some(name), Value::Null);
        }
    }

    /// Takes a label away; `false` if it was not there.
    pub(crate) fn unlabel(&self, repository: &Repository, number: u64, actor: &Actor, name: &str) -> bool {
        let removed = match lock(&repository.data).pulls.get_mut(&number) {
            Some(pull) if pull.labels.iter().any(|label| label == name) => {
                pull.labels.retain(|label| label != name);
                let kind = TimelineKind::Unlabeled(name.to_owned());
                pull.event(self.next_id(), &actor.login, &self.clock.now(), kind);
                true
            }
            _ => false,
        };
        if removed {
            self.note_pull(repository, number, "unlabeled", actor, Some(name), Value::Null);
        }
        removed
    }

    /// Comments on a pull request.
    pub fn add_comment(&self, slug: &str, number: u64, login: &str, body: &str) -> Option<u64> {
        let repository = self.repository(slug)?;
        self.user(login);
        Some(self.comment_on(&repository, number, &Actor::person(login), body).id)
    }

    pub(crate) fn comment_on(
        &self,
        repository: &Repository,
        number: u64,
        actor: &Actor,
        body: &str,
    ) -> Comment {
        let now = self.clock.now();
        let comment = Comment {
            id: self.next_id(),
            author: actor.login.clone(),
            body: body.to_owned(),
            created_at: now.clone(),
            updated_at: now.clone(),
        };
        if let Some(pull) = lock(&repository.data).pulls.get_mut(&number) {
            pull.comments.push(comment.clone());
            pull.event(self.next_id(), &actor.login, &now, TimelineKind::Commented(comment.id));
        }
        let shown = render::comment(self, repository, number, &comment);
        let pull = lock(&repository.data).pulls.get(&number).cloned();
        let issue = pull.map(|pull| render::issue(self, repository, &pull));
        let body = json!({ "issue": issue, "comment": shown });
        self.note(repository, "issue_comment", "created", body, actor);
        comment
    }

    /// Sets a commit status: `success`, `failure`, `error` or `pending`.
    pub async fn set_status(&self, slug: &str, sha: &str, context: &str, state: &str) -> io::Result<()> {
        let repository = self.need(slug)?;
        let status = Status {
            id: self.next_id(),
            sha: sha.to_owned(),
            state: state.to_owned(),
            context: context.to_owned(),
            description: None,
            target_url: None,
            creator: repository.owner.clone(),
            created_at: self.clock.now(),
        };
        lock(&repository.data).statuses.push(status);
        Ok(self.changed_checks(&repository, sha).await?)
    }

    /// Returns the deployments so far: commit, environment, and the state of the last status.
    pub fn deployments(&self, slug: &str) -> Vec<(String, String, Option<String>)> {
        let Some(repository) = self.repository(slug) else { return Vec::new() };
        let show = |one: &Deployment| {
            let last = one.statuses.last().map(|status| status.state.clone());
            (one.sha.clone(), one.environment.clone(), last)
        };
        let data = lock(&repository.data);
        data.deployments.iter().map(show).collect()
    }
}
