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
        })
    }

    /// Whether this is the moment in which `label` was put: its head is then what was approved.
    pub(crate) fn put_label(&self, label: &str) -> bool {
        self.action == "labeled" && self.label.as_deref().is_some_and(|put| put.eq_ignore_ascii_case(label))
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
    fn other_events_have_no_pull_request() {
        assert_eq!(Event::read(&json!({ "ref": "refs/heads/main" })), None);
    }
}
