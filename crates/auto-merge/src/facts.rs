//! What is known about a pull request, and what follows from its timeline and reviews.

use github::{
    access::Access,
    issues::TimelineEvent,
    pulls::{Account, PullRequest, Review},
};
use model::CommitSha;

use crate::moment::is_before;

/// All that the plan looks at.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    /// The pull request.
    pub pull: PullRequest,
    /// Who put each required label that is there.
    pub labellings: Vec<Labelling>,
    /// Who approves, in the order of their first review.
    pub approvals: Vec<Approval>,
    /// Who asks for changes and may write; read only if approvals are asked for.
    pub objectors: Vec<String>,
}

/// One required label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Labelling {
    /// The label.
    pub label: String,
    /// Whether the timeline has the entry of its putting; it may come some moments late.
    pub is_listed: bool,
    /// Who put it last; none if it is not listed, or the account is gone.
    pub by: Option<String>,
    /// Whether that is a person, and no App.
    pub is_person: bool,
    /// What that person may do.
    pub access: Access,
    /// What makes it void, if anything.
    pub void: Option<Void>,
}

impl Labelling {
    /// Whether GitHub does not list yet all that there is to know.
    pub(crate) fn lags(&self) -> bool {
        !self.is_listed || self.void == Some(Void::PushUnlisted)
    }
}

/// Why a label that is there approves something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Void {
    /// Commits were pushed after it.
    Pushed,
    /// The pull request got another base after it.
    Retargeted,
    /// The server does not list (yet) when the head was pushed.
    PushUnlisted,
    /// The server never lists when something was pushed.
    PushesUnsupported,
}

/// One approving review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Approval {
    /// The reviewer.
    pub by: String,
    /// Whether that is a person, and no App.
    pub is_person: bool,
    /// What that person may do.
    pub access: Access,
    /// The head that was reviewed.
    pub commit: Option<CommitSha>,
}

/// Who put a label last, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Put<'a> {
    /// Who.
    pub by: Option<&'a str>,
    /// Whether that is a person, and no App.
    pub is_person: bool,
    /// The moment.
    pub at: Option<&'a str>,
    /// Whether the base was changed after it, or at the same time.
    pub base_changed: bool,
}

/// Finds when a label that is there was put; none if that is not in the timeline yet, where an older entry that was
/// undone since proves nothing. The run's actor does not matter: it may be another person's re-run.
pub(crate) fn last_put<'a>(timeline: &'a [TimelineEvent], label: &str) -> Option<Put<'a>> {
    let is_about_it = |event: &TimelineEvent| {
        matches!(event.event.as_str(), "labeled" | "unlabeled")
            && event.label.as_ref().is_some_and(|put| put.name.eq_ignore_ascii_case(label))
    };
    let position = timeline.iter().rposition(is_about_it)?;
    let put = timeline.get(position).filter(|event| event.event == "labeled")?;
    let at = put.created_at.as_deref();
    // Both have the server's times, which decide where entries of one second change places.
    let is_base_change = |(place, event): (usize, &TimelineEvent)| {
        matches!(event.event.as_str(), "base_ref_changed" | "automatic_base_change_succeeded")
            && (place > position
                || !event.created_at.as_deref().zip(at).is_some_and(|(a, b)| is_before(a, b)))
    };
    Some(Put {
        by: put.actor.as_ref().map(|actor| actor.login.as_str()),
        is_person: put.actor.as_ref().is_some_and(Account::is_person),
        at,
        base_changed: timeline.iter().enumerate().any(is_base_change),
    })
}

/// Returns each reviewer with their last word, an approval, a request for changes or nothing any more. A comment is no word.
pub(crate) fn last_words(reviews: &[Review]) -> Vec<(&Account, &Review)> {
    let mut last: Vec<(&Account, &Review)> = Vec::new();
    for review in reviews {
        let decides = matches!(review.state.as_str(), "APPROVED" | "CHANGES_REQUESTED" | "DISMISSED");
        let Some(user) = review.user.as_ref().filter(|_| decides) else { continue };
        match last.iter_mut().find(|(known, _)| known.login == user.login) {
            Some((_, known)) => *known = review,
            None => last.push((user, review)),
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn timeline(events: serde_json::Value) -> Vec<TimelineEvent> {
        serde_json::from_value(events).unwrap()
    }

    #[test]
    fn the_last_labeller_counts() {
        let events = timeline(json!([
            { "event": "committed", "sha": "a".repeat(40) },
            { "event": "labeled", "actor": { "login": "maria" }, "label": { "name": "approval" }, "created_at": "1" },
            { "event": "unlabeled", "actor": { "login": "maria" }, "label": { "name": "approval" } },
            { "event": "labeled", "actor": { "login": "mallory" }, "label": { "name": "Approval" }, "created_at": "2" },
            { "event": "labeled", "actor": { "login": "maria" }, "label": { "name": "docs" } },
        ]));
        let put = last_put(&events, "approval").unwrap();
        assert_eq!(put, Put { by: Some("mallory"), is_person: true, at: Some("2"), base_changed: false });
        assert_eq!(last_put(&events, "other"), None);
    }

    #[test]
    fn a_putting_that_was_undone_is_none() {
        let events = timeline(json!([
            { "event": "labeled", "actor": { "login": "maria" }, "label": { "name": "a" } },
            { "event": "unlabeled", "actor": { "login": "maria" }, "label": { "name": "A" } },
        ]));
        assert_eq!(last_put(&events, "a"), None);
    }

    #[test]
    fn a_change_of_the_base_after_the_label_is_seen() {
        let changed = |place: usize, change: &str, at: &str| {
            let label = json!({ "event": "labeled", "actor": { "login": "maria" }, "label": { "name": "a" },
                "created_at": "2026-01-01T00:00:05Z" });
            let mut events = vec![json!({ "event": "commented" }), label, json!({ "event": "commented" })];
            events.insert(place, json!({ "event": change, "created_at": at }));
            last_put(&timeline(events.into()), "a").unwrap().base_changed
        };
        for change in ["base_ref_changed", "automatic_base_change_succeeded"] {
            assert!(changed(3, change, "2026-01-01T00:00:07Z"), "{change}");
            assert!(changed(0, change, "2026-01-01T00:00:05Z"), "{change}");
            assert!(!changed(0, change, "2026-01-01T00:00:04Z"), "{change}");
        }
    }

    #[test]
    fn a_reviewers_last_word_counts() {
        let review = |login: &str, state: &str| json!({ "user": { "login": login }, "state": state });
        let reviews: Vec<Review> = serde_json::from_value(json!([
            review("a", "APPROVED"),
            review("b", "APPROVED"),
            review("a", "COMMENTED"),
            review("b", "CHANGES_REQUESTED"),
            { "user": null, "state": "APPROVED" },
        ]))
        .unwrap();
        let words: Vec<(&str, &str)> = last_words(&reviews)
            .iter()
            .map(|(user, review)| (user.login.as_str(), review.state.as_str()))
            .collect();
        assert_eq!(words, [("a", "APPROVED"), ("b", "CHANGES_REQUESTED")]);
    }
}
