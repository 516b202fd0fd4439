//! What people change about a pull request besides its commits: its base, and reviews that count no more.

use std::io;

use serde_json::json;

use crate::{
    faults::lock,
    github::{
        State,
        journal::Actor,
        pull::{Mergeability, TimelineKind},
        render,
    },
};

impl State {
    /// Gives an open pull request another base; `false` if it is closed or has that base already.
    pub async fn retarget(&self, slug: &str, number: u64, login: &str, base: &str) -> io::Result<bool> {
        let repository = self.need(slug)?;
        self.user(login);
        let _updates = repository.updates.lock().await;
        let Some(tip) = repository.git.branch(base).await? else { return Ok(false) };
        let now = self.clock.now();
        let (from, from_sha) = {
            let mut data = lock(&repository.data);
            let found = data.pulls.get_mut(&number);
            let Some(pull) = found.filter(|pull| pull.open && pull.base_ref != base) else {
                return Ok(false);
            };
            let from = std::mem::replace(&mut pull.base_ref, base.to_owned());
            let from_sha = std::mem::replace(&mut pull.base_sha, tip);
            pull.mergeability = Mergeability::default();
            pull.event(self.next_id(), login, &now, TimelineKind::BaseChanged);
            (from, from_sha)
        };
        self.assess(&repository, number).await?;
        let changes =
            json!({ "changes": { "base": { "ref": { "from": from }, "sha": { "from": from_sha } } } });
        self.note_pull(&repository, number, "edited", &Actor::person(login), None, changes);
        Ok(true)
    }

    /// Opens a closed pull request again; `false` if it is open, merged or not there.
    pub fn reopen_pull(&self, slug: &str, number: u64, login: &str) -> bool {
        let Some(repository) = self.repository(slug) else { return false };
        let is_closed = lock(&repository.data).pulls.get(&number).is_some_and(|pull| !pull.open);
        is_closed && self.reopen(&repository, number, &Actor::person(login)).is_ok()
    }

    /// Dismisses the reviews of a reviewer that approve or ask for changes; `false` if there is none.
    pub fn dismiss_reviews(&self, slug: &str, number: u64, reviewer: &str, login: &str) -> bool {
        let Some(repository) = self.repository(slug) else { return false };
        self.user(login);
        let now = self.clock.now();
        let mut dismissed = Vec::new();
        if let Some(pull) = lock(&repository.data).pulls.get_mut(&number) {
            let counts = |state: &str| matches!(state, "APPROVED" | "CHANGES_REQUESTED");
            let found = pull.reviews.iter_mut();
            for review in found.filter(|review| review.author == reviewer && counts(&review.state)) {
                "DISMISSED".clone_into(&mut review.state);
                dismissed.push(review.clone());
            }
            for review in &dismissed {
                pull.event(self.next_id(), login, &now, TimelineKind::ReviewDismissed(review.id));
            }
        }
        let pull = lock(&repository.data).pulls.get(&number).cloned();
        let pull = pull.map(|pull| render::pull(self, &repository, &pull, render::Detail::Simple));
        for review in &dismissed {
            let shown = render::review(self, &repository, number, review);
            let body = json!({ "review": shown, "pull_request": pull });
            self.note(&repository, "pull_request_review", "dismissed", body, &Actor::person(login));
        }
        !dismissed.is_empty()
    }
}
