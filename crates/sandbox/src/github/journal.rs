//! The webhook journal: what GitHub would have sent, in the order in which it happened.

use serde::Serialize;
use serde_json::{Value, json};

use super::{State, record, render, repository::Repository};
use crate::faults::lock;

/// Who does something, and whether workflows hear of it.
#[derive(Debug, Clone)]
pub(crate) struct Actor {
    pub(crate) login: String,
    /// What a `GITHUB_TOKEN` does starts no workflow.
    pub(crate) of_a_run: bool,
}

impl Actor {
    pub(crate) fn person(login: &str) -> Self {
        Self { login: login.to_owned(), of_a_run: false }
    }
}

/// A webhook delivery.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WebhookEvent {
    /// `pull_request`, `push`, `pull_request_review`, `issue_comment`, `deployment`, `deployment_status`, `status`.
    pub name: String,
    /// `opened`, `labeled`, `synchronize` …; empty where the event has none.
    pub action: String,
    /// The payload.
    pub payload: Value,
    /// False when a `GITHUB_TOKEN` caused it: GitHub then starts no workflow.
    pub starts_workflows: bool,
}

impl State {
    /// Returns the webhook journal of a repository.
    pub fn events(&self, slug: &str) -> Vec<WebhookEvent> {
        self.repository(slug).map(|repository| lock(&repository.data).events.clone()).unwrap_or_default()
    }

    /// Returns the journal without its first `from` entries.
    pub fn events_from(&self, slug: &str, from: usize) -> Vec<WebhookEvent> {
        let Some(repository) = self.repository(slug) else { return Vec::new() };
        lock(&repository.data).events.iter().skip(from).cloned().collect()
    }

    /// Returns the payload of a `pull_request` event as it would be now; `None` if there is no such pull request.
    pub fn event_payload(
        &self,
        slug: &str,
        number: u64,
        action: &str,
        actor: &str,
        label: Option<&str>,
    ) -> Option<Value> {
        self.pull_payload(&*self.repository(slug)?, number, action, actor, label)
    }

    fn pull_payload(
        &self,
        repository: &Repository,
        number: u64,
        action: &str,
        actor: &str,
        label: Option<&str>,
    ) -> Option<Value> {
        let pull = lock(&repository.data).pulls.get(&number).cloned()?;
        let mut payload = json!({
            "action": action,
            "number": number,
            "pull_request": render::pull(self, repository, &pull, render::Detail::Full),
        });
        if let Some(label) = label {
            payload["label"] = render::label(self, repository, label);
        }
        self.sign(&mut payload, repository, actor);
        Some(payload)
    }

    /// Adds what every payload has: the repository and the sender.
    fn sign(&self, payload: &mut Value, repository: &Repository, actor: &str) {
        payload["repository"] = render::repository(self, repository);
        payload["sender"] = render::user(self, actor);
    }

    /// Writes a `pull_request` event down; `extra` goes into the payload.
    pub(crate) fn note_pull(
        &self,
        repository: &Repository,
        number: u64,
        action: &str,
        actor: &Actor,
        label: Option<&str>,
        extra: Value,
    ) {
        if let Some(mut payload) = self.pull_payload(repository, number, action, &actor.login, label) {
            merge(&mut payload, extra);
            push_event(repository, "pull_request", action, payload, actor);
        }
    }

    /// Writes any other event down.
    pub(crate) fn note(&self, repository: &Repository, name: &str, action: &str, body: Value, actor: &Actor) {
        let mut payload = if action.is_empty() { json!({}) } else { json!({ "action": action }) };
        merge(&mut payload, body);
        self.sign(&mut payload, repository, &actor.login);
        push_event(repository, name, action, payload, actor);
    }
}

fn push_event(repository: &Repository, name: &str, action: &str, payload: Value, actor: &Actor) {
    let event = WebhookEvent {
        name: name.to_owned(),
        action: action.to_owned(),
        payload,
        starts_workflows: !actor.of_a_run,
    };
    record::event(&event);
    lock(&repository.data).events.push(event);
}

fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}
