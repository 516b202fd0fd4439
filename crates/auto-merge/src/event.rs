//! What the run's event says about its pull request
//! (<https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request>).

use model::CommitSha;
use serde_json::Value;

/// An event that is about a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// The pull request.
    pub number: u64,
    /// Its head when the event happened.
    pub head: CommitSha,
    /// `labeled`, `synchronize`, `opened`, …
    pub action: String,
    /// The label of `labeled`.
    pub label: Option<String>,
    /// The base as of the event.
    pub base: Option<String>,
    /// Who caused it.
    pub sender: Option<String>,
    /// When the pull request was changed last, as of the event: RFC 3339.
    pub updated_at: Option<String>,
    /// Whether the pull request was closed or merged already when the event happened.
    pub was_closed: bool,
}

impl Event {
    /// Reads a payload; `None` if it is not about a pull request.
    pub(crate) fn read(payload: &Value) -> Option<Self> {
        let pull = &payload["pull_request"];
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Some(Self {
            number: pull["number"].as_u64()?,
            // Without it there would be nothing to hold the head to.
            head: pull["head"]["sha"].as_str()?.parse().ok()?,
            action: text(&payload["action"]).unwrap_or_default(),
            label: text(&payload["label"]["name"]),
            base: text(&pull["base"]["ref"]),
            sender: text(&payload["sender"]["login"]),
            updated_at: text(&pull["updated_at"]),
            was_closed: pull["state"].as_str() == Some("closed"),
        })
    }

    /// Whether this is the moment in which `label` was put: its head is then what was approved.
    pub(crate) fn put_label(&self, label: &str) -> bool {
        self.action == "labeled" && self.label.as_deref().is_some_and(|put| put.eq_ignore_ascii_case(label))
    }

    /// Whether something happened to a pull request that was done with: a label put on one that was merged weeks ago
    /// is no reason to deploy it once more. A re-run has the payload of its first attempt, so it is not concerned.
    pub(crate) fn came_too_late(&self) -> bool {
        self.was_closed && self.action != "closed"
    }

    /// Whether this is a push to the pull request's head.
    pub(crate) fn is_push(&self) -> bool {
        self.action == "synchronize"
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_a_labeled_event() {
        let event = Event::read(&json!({
            "action": "labeled",
            "label": { "name": "approval" },
            "pull_request": { "number": 7, "head": { "sha": "a".repeat(40) } },
        }))
        .unwrap();
        assert_eq!((event.number, event.head.short()), (7, "aaaaaaa"));
        assert!(event.put_label("Approval") && !event.put_label("docs") && !event.is_push());
    }

    #[test]
    fn an_event_of_a_pull_request_that_was_merged_before_comes_too_late() {
        let read = |action: &str, state: &str| {
            let pull = json!({ "number": 7, "state": state, "head": { "sha": "a".repeat(40) } });
            Event::read(&json!({ "action": action, "pull_request": pull })).unwrap().came_too_late()
        };
        assert!(read("labeled", "closed"));
        assert!(!read("labeled", "open") && !read("closed", "closed"));
    }

    #[test]
    fn other_events_have_no_pull_request() {
        assert_eq!(Event::read(&json!({ "ref": "refs/heads/main" })), None);
    }
}
