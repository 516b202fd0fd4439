//! Payloads as GitHub sent them, adapted to the sandbox.
//!
//! The examples are those of npm's `@octokit/webhooks-examples`, which are GitHub's own. What tells one pull request from
//! another is taken from the sandbox's event at the paths of [`OURS`]; names and addresses of the example's repository and
//! people are replaced wherever they stand; all else stays as GitHub sent it.

use std::path::Path;

use runner::REPOSITORY;
use serde_json::Value;

/// The repository and the person of the examples.
const THEIR_REPOSITORY: &str = "Codertocat/Hello-World";
const THEIR_LOGIN: &str = "Codertocat";

/// Where a payload has what is particular to one event, as JSON pointers. A person is replaced as a whole name.
const OURS: &[&str] = &[
    "/number",
    "/before",
    "/after",
    "/pull_request/id",
    "/pull_request/node_id",
    "/pull_request/number",
    "/pull_request/state",
    "/pull_request/title",
    "/pull_request/body",
    "/pull_request/created_at",
    "/pull_request/updated_at",
    "/pull_request/closed_at",
    "/pull_request/merged_at",
    "/pull_request/merge_commit_sha",
    "/pull_request/draft",
    "/pull_request/head/label",
    "/pull_request/head/ref",
    "/pull_request/head/sha",
    "/pull_request/head/repo/id",
    "/pull_request/head/repo/name",
    "/pull_request/head/repo/full_name",
    "/pull_request/head/repo/private",
    "/pull_request/head/repo/fork",
    "/pull_request/head/repo/default_branch",
    "/pull_request/base/label",
    "/pull_request/base/ref",
    "/pull_request/base/sha",
    "/pull_request/base/repo/id",
    "/pull_request/base/repo/name",
    "/pull_request/base/repo/full_name",
    "/pull_request/base/repo/private",
    "/pull_request/base/repo/default_branch",
    "/pull_request/author_association",
    "/pull_request/merged",
    "/pull_request/mergeable",
    "/pull_request/rebaseable",
    "/pull_request/mergeable_state",
    "/pull_request/commits",
    "/pull_request/additions",
    "/pull_request/deletions",
    "/pull_request/changed_files",
    "/repository/id",
    "/repository/node_id",
    "/repository/name",
    "/repository/full_name",
    "/repository/private",
    "/repository/default_branch",
];

/// Where a payload has a person who takes part.
const PEOPLE: &[&str] = &[
    "/sender",
    "/pull_request/user",
    "/pull_request/head/user",
    "/pull_request/head/repo/owner",
    "/pull_request/base/user",
    "/pull_request/base/repo/owner",
    "/repository/owner",
];

/// GitHub's own examples of the event `pull_request`.
#[derive(Debug)]
pub(crate) struct Examples(Vec<Value>);

impl Examples {
    /// Reads the package's `api.github.com/index.json`.
    pub(crate) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).expect("the examples");
        let events: Vec<Value> = serde_json::from_str(&text).expect("JSON");
        let is_ours = |event: &&Value| event["name"] == "pull_request";
        let event = events.iter().find(is_ours).expect("examples of pull_request");
        Self(event["examples"].as_array().expect("a list").clone())
    }

    /// Returns GitHub's payload of what the sandbox says that happened.
    pub(crate) fn adapted(&self, ours: &Value, github: &str) -> Value {
        let is_alike = |example: &&Value| {
            example["action"] == ours["action"] && example["repository"]["full_name"] == THEIR_REPOSITORY
        };
        // The last one has most: an organization and an installation.
        let example = self.0.iter().rfind(is_alike);
        let mut payload = example.unwrap_or_else(|| panic!("no example of {}", ours["action"])).clone();
        for path in PEOPLE {
            if let (Some(theirs), Some(ours)) = (payload.pointer_mut(path), ours.pointer(path)) {
                let login = ours["login"].as_str().expect("a login");
                replace(theirs, &[(THEIR_LOGIN, login)]);
                (theirs["id"], theirs["type"]) = (ours["id"].clone(), ours["type"].clone());
            }
        }
        // A fork's own addresses.
        let head = "/pull_request/head/repo";
        if let (Some(theirs), Some(name)) =
            (payload.pointer_mut(head), ours.pointer(head).map(|repo| &repo["full_name"]))
        {
            replace(theirs, &[(THEIR_REPOSITORY, name.as_str().expect("a name"))]);
        }
        for path in OURS {
            if let (Some(theirs), Some(ours)) = (payload.pointer_mut(path), ours.pointer(path)) {
                theirs.clone_from(ours);
            }
        }
        if let Some(label) = payload.get_mut("label") {
            become_label(label, &ours["label"]);
        }
        let template = payload["pull_request"]["labels"].get(0).cloned();
        let labels = ours["pull_request"]["labels"].as_array().cloned().unwrap_or_default();
        payload["pull_request"]["labels"] = labels
            .into_iter()
            .map(|ours| {
                let mut label = template.clone().unwrap_or_else(|| ours.clone());
                become_label(&mut label, &ours);
                label
            })
            .collect();
        let number = &ours["number"];
        replace(
            &mut payload,
            &[
                (
                    "https://api.github.com/repos/Codertocat/Hello-World/pulls/2",
                    &format!("{github}/repos/{REPOSITORY}/pulls/{number}"),
                ),
                (
                    "https://api.github.com/repos/Codertocat/Hello-World/issues/2",
                    &format!("{github}/repos/{REPOSITORY}/issues/{number}"),
                ),
                (
                    "https://github.com/Codertocat/Hello-World/pull/2",
                    &format!("{github}/{REPOSITORY}/pull/{number}"),
                ),
                (THEIR_REPOSITORY, REPOSITORY),
                ("https://api.github.com", github),
                ("https://github.com", github),
            ],
        );
        payload
    }
}

fn become_label(label: &mut Value, ours: &Value) {
    for name in ["id", "node_id", "url", "name", "color", "default", "description"] {
        label[name] = ours[name].clone();
    }
}

/// Replaces words in every text below a value.
fn replace(value: &mut Value, words: &[(&str, &str)]) {
    match value {
        Value::String(text) => {
            *text = words.iter().fold(std::mem::take(text), |text, (word, by)| text.replace(word, by));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, words)),
        Value::Object(fields) => fields.values_mut().for_each(|field| replace(field, words)),
        _ => {}
    }
}
