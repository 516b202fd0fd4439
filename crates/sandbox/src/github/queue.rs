//! Merge queues
//! (<https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/managing-a-merge-queue>).
//! Of the refusals, only those of a direct merge and of unmet rules are quoted anywhere.

use std::io;

use serde_json::{Value, json};

use super::{
    State,
    error::ApiError,
    journal::Actor,
    merge::MergeRequest,
    policy::{self, Refusal},
    pull::{Pull, Queued, TimelineKind},
    repository::{Data, Repository},
};
use crate::faults::lock;

/// Why nobody merges or pushes past a queue.
pub(crate) const ONLY: &str = "Changes must be made through the merge queue";

/// Who merges what is in a queue.
const BOT: &str = "github-merge-queue[bot]";

/// Tells what keeps `login` from merging past the queue.
pub(crate) fn check(data: &Data, pull: &Pull, login: &str) -> Result<(), ApiError> {
    if pull.queued.is_some() {
        return Err(ApiError::new(405, "Pull Request is in the merge queue"));
    }
    match data.rules_for(&pull.base_ref, login).iter().find(|rules| rules.merge_queue) {
        Some(rules) => {
            let refusal = Refusal { classic: rules.classic, reasons: vec![ONLY.to_owned()] };
            Err(refusal.into_api(405))
        }
        None => Ok(()),
    }
}

/// The place in the queue, from 1.
pub(crate) fn position(data: &Data, pull: &Pull) -> Option<usize> {
    let own = pull.queued.as_ref()?;
    let earlier = |one: &&Pull| {
        one.base_ref == pull.base_ref && one.queued.as_ref().is_some_and(|other| other.id < own.id)
    };
    Some(data.pulls.values().filter(earlier).count() + 1)
}

impl State {
    /// Puts a pull request at the end of its base's queue.
    pub(crate) async fn enqueue(
        &self,
        repository: &Repository,
        number: u64,
        actor: &Actor,
        expected: Option<&str>,
    ) -> Result<(), ApiError> {
        self.assess(repository, number).await?;
        let refuse = |text: &str| Err(ApiError::new(422, text));
        {
            let mut data = lock(&repository.data);
            let pull = data.pulls.get(&number).cloned().ok_or_else(ApiError::not_found)?;
            let rules = data.rules.iter().any(|rules| rules.merge_queue && rules.applies_to(&pull.base_ref));
            if !rules {
                return refuse("The merge queue is not enabled for this branch");
            }
            if !pull.open || pull.draft || pull.mergeability.test_merge.is_none() {
                return refuse("Pull request Pull request is not mergeable");
            }
            if let Some(expected) = expected.filter(|expected| *expected != pull.head_sha) {
                return refuse(&format!("Expected head oid to be {expected} but it was {}.", pull.head_sha));
            }
            if pull.queued.is_some() {
                return refuse("Pull request Pull request is already in the queue");
            }
            if let Some(refusal) = policy::unmet(&data, &pull, "") {
                return refuse(&format!("Pull request {}", refusal.reasons.join(" ")));
            }
            let now = self.clock.now();
            if let Some(pull) = data.pulls.get_mut(&number) {
                pull.queued = Some(Queued { id: self.next_id(), by: actor.login.clone(), at: now.clone() });
                pull.event(self.next_id(), &actor.login, &now, TimelineKind::AddedToQueue);
            }
        }
        self.note_pull(repository, number, "enqueued", actor, None, Value::Null);
        Ok(())
    }

    /// Takes a pull request out of its queue, if it is in one.
    pub(crate) fn leave_queue(&self, repository: &Repository, number: u64, actor: &Actor, reason: &str) {
        let was_queued = match lock(&repository.data).pulls.get_mut(&number) {
            Some(pull) if pull.queued.is_some() => {
                pull.queued = None;
                pull.event(self.next_id(), &actor.login, &self.clock.now(), TimelineKind::RemovedFromQueue);
                true
            }
            _ => false,
        };
        if was_queued {
            let extra = json!({ "reason": reason });
            self.note_pull(repository, number, "dequeued", actor, None, extra);
        }
    }

    /// Lets the merge queue of `branch` merge its first pull request, and returns the number; one that does not merge
    /// only leaves the queue. `None` if the queue is empty.
    pub async fn step_merge_queue(&self, slug: &str, branch: &str) -> io::Result<Option<u64>> {
        let repository = self.need(slug)?;
        let first = {
            let data = lock(&repository.data);
            let queued = data.pulls.values().filter(|pull| pull.base_ref == branch && pull.queued.is_some());
            queued.min_by_key(|pull| pull.queued.as_ref().map(|queued| queued.id)).map(|pull| pull.number)
        };
        let Some(number) = first else { return Ok(None) };
        let actor = Actor::person(BOT);
        self.user(BOT);
        let request = MergeRequest { by_queue: true, may_change_workflows: true, ..MergeRequest::default() };
        let merged = self.merge_pull(&repository, number, &actor, request).await;
        let reason = if merged.is_ok() { "MERGE" } else { "MERGE_CONFLICT" };
        self.leave_queue(&repository, number, &actor, reason);
        Ok(merged.is_ok().then_some(number))
    }
}
