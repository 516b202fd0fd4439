//! What the run's event says about its pull request
//! (<https://docs.github.com/en/webhooks/webhook-events-and-payloads>).

use github::pulls::Account;
use model::CommitSha;
use serde_json::Value;

/// An event that is about a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// The pull request.
    pub number: u64,
    /// Its head when the event happened; the reviewed commit of a review. A comment does not say, and what cannot be
    /// read is none: nothing holds the pull request to a commit then.
    pub head: Option<CommitSha>,
    /// `labeled`, `synchronize`, `opened`, …
    pub action: String,
    /// The label of `labeled`.
    pub label: Option<String>,
    /// The base as of the event.
    pub base: Option<String>,
    /// Who caused it.
    pub sender: Option<Account>,
    /// When the pull request was changed last, as of the event: RFC 3339.
    pub updated_at: Option<String>,
    /// Whether the pull request was closed or merged already when the event happened.
    pub was_closed: bool,
}

impl Event {
    /// Reads a payload; empty if it is about no pull request. What a check or another run was about can be the head of
    /// several.
    pub(crate) fn read(payload: &Value) -> Vec<Self> {
        for about in ["check_run", "check_suite", "workflow_run"] {
            if payload[about].is_object() {
                return of_commit(payload, &payload[about]);
            }
        }
        let (issue, pull) = (&payload["issue"], &payload["pull_request"]);
        let read = if issue["pull_request"].is_object() {
            one(payload, issue, None)
        } else {
            // Who reviews has seen that commit, whatever was pushed since.
            let reviewed = sha(&payload["review"]["commit_id"]);
            one(payload, pull, reviewed.or_else(|| sha(&pull["head"]["sha"])))
        };
        read.into_iter().collect()
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

/// Whether a run of this event takes its workflow file from the pull request, which can then change its own gate
/// (<https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows>).
pub(crate) fn runs_the_heads_workflow(event_name: &str) -> bool {
    matches!(event_name, "pull_request" | "pull_request_review" | "pull_request_review_comment")
}

fn one(payload: &Value, pull: &Value, head: Option<CommitSha>) -> Option<Event> {
    Some(Event {
        number: pull["number"].as_u64()?,
        head,
        action: text(&payload["action"]).unwrap_or_default(),
        label: text(&payload["label"]["name"]),
        base: text(&pull["base"]["ref"]),
        sender: serde_json::from_value(payload["sender"].clone()).ok(),
        updated_at: text(&pull["updated_at"]),
        was_closed: pull["state"].as_str() == Some("closed"),
    })
}

/// The pull requests of this repository whose head is the commit that was checked, as far as both can be read.
fn of_commit(payload: &Value, about: &Value) -> Vec<Event> {
    let head = sha(&about["head_sha"]);
    let here = payload["repository"]["id"].as_u64();
    let is_it = |pull: &&Value| {
        let base = pull["base"]["repo"]["id"].as_u64();
        let is_other = sha(&pull["head"]["sha"]).zip(head.as_ref()).is_some_and(|(its, head)| its != *head);
        !is_other && base.is_some() && base == here
    };
    let pulls = about["pull_requests"].as_array().map(Vec::as_slice).unwrap_or_default();
    pulls.iter().filter(is_it).filter_map(|pull| one(payload, pull, head.clone())).collect()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn sha(value: &Value) -> Option<CommitSha> {
    value.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn only(payload: &Value) -> Event {
        let mut events = Event::read(payload);
        assert_eq!(events.len(), 1, "{payload}");
        events.remove(0)
    }

    fn head(digit: &str) -> Value {
        json!({ "number": 7, "head": { "sha": digit.repeat(40) } })
    }

    #[test]
    fn reads_a_labeled_event() {
        let sender = json!({ "login": "maria", "id": 5, "type": "User" });
        let label = json!({ "name": "approval" });
        let event = only(&json!({
            "action": "labeled", "label": label, "pull_request": head("a"), "sender": sender,
        }));
        assert_eq!((event.number, event.head.as_ref().unwrap().short()), (7, "aaaaaaa"));
        assert!(event.put_label("Approval") && !event.put_label("docs") && !event.is_push());
        assert_eq!(event.sender.unwrap().id, Some(5));
    }

    #[test]
    fn an_event_of_a_pull_request_that_was_merged_before_comes_too_late() {
        let read = |action: &str, state: &str| {
            let mut pull = head("a");
            pull["state"] = state.into();
            only(&json!({ "action": action, "pull_request": pull })).came_too_late()
        };
        assert!(read("labeled", "closed"));
        assert!(!read("labeled", "open") && !read("closed", "closed"));
    }

    #[test]
    fn a_review_is_about_the_commit_that_was_seen() {
        let review = json!({ "state": "approved", "commit_id": "b".repeat(40) });
        let event = only(&json!({ "action": "submitted", "pull_request": head("a"), "review": review }));
        assert_eq!(event.head.unwrap().short(), "bbbbbbb");
    }

    #[test]
    fn a_comment_does_not_say_which_commit_it_is_about() {
        let comment = |issue: Value| json!({ "action": "created", "comment": {}, "issue": issue });
        let event = only(&comment(json!({ "number": 7, "state": "open", "pull_request": {} })));
        assert_eq!((event.number, event.head), (7, None));
        assert_eq!(Event::read(&comment(json!({ "number": 7 }))), []);
    }

    #[test]
    fn a_check_is_about_the_pull_requests_with_that_head() {
        let pull = |number: u64, digit: &str, repo: u64| {
            json!({ "number": number, "head": { "ref": "x", "sha": digit.repeat(40) },
                "base": { "ref": "dev", "sha": "e".repeat(40), "repo": { "id": repo } } })
        };
        for about in ["check_run", "check_suite", "workflow_run"] {
            let pulls = json!([pull(7, "a", 1), pull(8, "b", 1), pull(9, "a", 2), pull(10, "a", 1)]);
            let payload = json!({
                "action": "completed", "repository": { "id": 1 },
                about: { "head_sha": "a".repeat(40), "pull_requests": pulls },
            });
            let events = Event::read(&payload);
            assert_eq!(events.iter().map(|event| event.number).collect::<Vec<_>>(), [7, 10], "{about}");
            assert_eq!(events[0].base.as_deref(), Some("dev"));
            let unknown =
                json!({ about: { "head_sha": "a".repeat(40), "pull_requests": [pull(7, "a", 1)] } });
            assert_eq!(Event::read(&unknown), []);
        }
    }

    #[test]
    fn other_events_have_no_pull_request() {
        assert_eq!(Event::read(&json!({ "ref": "refs/heads/main" })), []);
    }

    #[test]
    fn a_head_that_cannot_be_read_is_unknown_and_the_event_is_not() {
        for head in [json!(null), json!({ "sha": null }), json!({ "sha": "main" })] {
            let event = only(&json!({ "pull_request": { "number": 7, "head": head } }));
            assert_eq!((event.number, event.head), (7, None));
        }
        for about in ["check_run", "check_suite", "workflow_run"] {
            let of_checked = |checked: Value| {
                let pull = json!({ "number": 7, "head": { "sha": null }, "base": { "repo": { "id": 1 } } });
                let about_it = json!({ "head_sha": checked, "pull_requests": [pull] });
                only(&json!({ "repository": { "id": 1 }, about: about_it })).head
            };
            assert_eq!(of_checked(Value::Null), None, "{about}");
            assert_eq!(of_checked("a".repeat(40).into()).unwrap().short(), "aaaaaaa", "{about}");
        }
    }
}
