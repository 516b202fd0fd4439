//! What people change about a pull request besides its commits: whether it is open, and reviews that count no more.

use serde_json::json;

use crate::{
    faults::lock,
    github::{State, journal::Actor, pull::TimelineKind, render},
};

impl State {
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
            let mut shown = render::review(self, &repository, number, review);
            // Unlike the reviews API, this event writes the state in lower case.
            shown["state"] = json!("dismissed");
            let body = json!({ "review": shown, "pull_request": pull });
            self.note(&repository, "pull_request_review", "dismissed", body, &Actor::person(login));
        }
        !dismissed.is_empty()
    }
}
