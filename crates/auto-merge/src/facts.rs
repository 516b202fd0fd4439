//! What is known about a pull request, and what follows from its timeline and reviews.

use github::{
    access::Access,
    issues::TimelineEvent,
    pulls::{Account, PullRequest, Review},
};
use model::CommitSha;

use crate::{merger::Merger, moment::is_before, workflows::Changed};

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
    /// Why the head's branch lives on, as far as GitHub tells; read only if the method and the inputs leave it open.
    pub lives_on: Option<String>,
    /// Workflow files that are changed.
    pub workflows: Changed,
    /// Whether the token is the workflow's own, which cannot merge those; looked at only where they are allowed.
    pub is_runs_own: bool,
    /// The commit that the base got, once it is merged and GitHub lists that.
    pub merged_as: Option<CommitSha>,
    /// Who merged it, once that is asked for.
    pub merger: Merger,
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
    /// Whether that is the pull request's author.
    pub is_author: bool,
    /// Whether that is a person, and no App.
    pub is_person: bool,
    /// What that person may do.
    pub access: Access,
    /// Whether that person is in none of the teams that were asked for.
    pub is_outsider: bool,
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
    /// Whether that is the pull request's author.
    pub is_author: bool,
    /// Whether that is a person, and no App.
    pub is_person: bool,
    /// What that person may do.
    pub access: Access,
    /// The head that was reviewed.
    pub commit: Option<CommitSha>,
    /// Whether the base was changed after it, or at the same time.
    pub base_changed: bool,
}

/// Who put a label last, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Put<'a> {
    /// Who.
    pub by: Option<&'a Account>,
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
    let (_, later) = timeline.split_at_checked(position)?;
    Some(Put {
        by: put.actor.as_ref(),
        at,
        base_changed: later.iter().any(is_base_change) || base_changed_since(timeline, at),
    })
}

/// Whether the base was changed after a moment, or may have been. Both have the server's times, which decide where
/// entries of one second change places.
pub(crate) fn base_changed_since(timeline: &[TimelineEvent], moment: Option<&str>) -> bool {
    let is_before =
        |event: &TimelineEvent| event.created_at.as_deref().zip(moment).is_some_and(|(a, b)| is_before(a, b));
    timeline.iter().any(|event| is_base_change(event) && !is_before(event))
}

fn is_base_change(event: &TimelineEvent) -> bool {
    matches!(event.event.as_str(), "base_ref_changed" | "automatic_base_change_succeeded")
}

/// Returns each reviewer with their last word, an approval, a request for changes or nothing any more. A comment is no
/// word, and a word that was dismissed gives no earlier one its force again.
pub(crate) fn last_words(reviews: &[Review]) -> Vec<(&Account, &Review)> {
    let mut in_order: Vec<&Review> = reviews.iter().collect();
    in_order.sort_by(|a, b| (&a.submitted_at, a.id).cmp(&(&b.submitted_at, b.id)));
    let mut last: Vec<(&Account, &Review)> = Vec::new();
    for review in in_order {
        let decides = matches!(review.state.as_str(), "APPROVED" | "CHANGES_REQUESTED" | "DISMISSED");
        let Some(user) = review.user.as_ref().filter(|_| decides) else { continue };
        match last.iter_mut().find(|(known, _)| known.is_same_as(user)) {
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
        assert_eq!((put.by.unwrap().login.as_str(), put.at), ("mallory", Some("2")));
        assert!(!put.base_changed);
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

    fn words(reviews: serde_json::Value) -> Vec<(String, String)> {
        let reviews: Vec<Review> = serde_json::from_value(reviews).unwrap();
        let words = last_words(&reviews).into_iter();
        words.map(|(user, review)| (user.login.clone(), review.state.clone())).collect()
    }

    fn word(login: &str, state: &str) -> (String, String) {
        (login.to_owned(), state.to_owned())
    }

    #[test]
    fn a_reviewers_last_word_counts() {
        let review = |login: &str, state: &str| json!({ "user": { "login": login }, "state": state });
        let found = words(json!([
            review("a", "APPROVED"),
            review("b", "APPROVED"),
            review("A", "COMMENTED"),
            review("B", "CHANGES_REQUESTED"),
            review("c", "CHANGES_REQUESTED"),
            review("c", "DISMISSED"),
            review("c", "PENDING"),
            { "user": null, "state": "APPROVED" },
        ]));
        assert_eq!(found, [word("a", "APPROVED"), word("b", "CHANGES_REQUESTED"), word("c", "DISMISSED")]);
    }

    #[test]
    fn the_last_word_is_the_latest_wherever_it_is_listed() {
        let review = |id: u64, second: u32, state: &str| {
            let at = format!("2026-01-01T00:00:{second:02}Z");
            json!({ "id": id, "user": { "login": "a", "id": 1 }, "state": state, "submitted_at": at })
        };
        let found = words(json!([review(3, 9, "CHANGES_REQUESTED"), review(2, 8, "APPROVED")]));
        assert_eq!(found, [word("a", "CHANGES_REQUESTED")]);
        // Of one second, the number tells.
        let found = words(json!([review(5, 9, "CHANGES_REQUESTED"), review(4, 9, "APPROVED")]));
        assert_eq!(found, [word("a", "CHANGES_REQUESTED")]);
    }

    #[test]
    fn a_review_before_another_base_is_told_apart() {
        let change = json!([{ "event": "base_ref_changed", "created_at": "2026-01-01T00:00:05Z" }]);
        let since = |moment: &str| base_changed_since(&timeline(change.clone()), Some(moment));
        assert!(since("2026-01-01T00:00:04Z") && since("2026-01-01T00:00:05Z") && since("?"));
        assert!(!since("2026-01-01T00:00:06Z") && !base_changed_since(&[], None));
    }
}
