//! `issue`: what a pull request is to the issues API and in the webhooks of comments.

use serde_json::{Value, json};

use super::{
    issue::{association, reactions},
    label, node_id, user,
};
use crate::github::{State, pull::Pull, repository::Repository};

/// `issue`.
pub(crate) fn issue(state: &State, repository: &Repository, pull: &Pull) -> Value {
    let slug = repository.slug();
    let number = pull.number;
    let repo = format!("{}/repos/{slug}", state.urls.github);
    let api = format!("{repo}/issues/{number}");
    let web = format!("{}/{slug}/pull/{number}", state.urls.github);
    let labels: Vec<Value> = pull.labels.iter().map(|name| label(state, repository, name)).collect();
    json!({
        "url": api,
        "repository_url": repo,
        "labels_url": format!("{api}/labels{{/name}}"),
        "comments_url": format!("{api}/comments"),
        "events_url": format!("{api}/events"),
        "timeline_url": format!("{api}/timeline"),
        "html_url": web,
        "id": pull.id,
        "node_id": node_id("PullRequest", &pull.id.to_string()),
        "number": number,
        "title": pull.title,
        "user": user(state, &pull.author),
        "labels": labels,
        "state": if pull.open { "open" } else { "closed" },
        "state_reason": null,
        "locked": false,
        "active_lock_reason": null,
        "assignee": null,
        "assignees": [],
        "milestone": null,
        "comments": pull.comments.len(),
        "created_at": pull.created_at,
        "updated_at": pull.updated_at,
        "closed_at": pull.closed_at,
        "author_association": association(repository, &pull.author),
        "draft": pull.draft,
        "pull_request": {
            "url": format!("{repo}/pulls/{number}"),
            "html_url": web,
            "diff_url": format!("{web}.diff"),
            "patch_url": format!("{web}.patch"),
            "merged_at": pull.merged.as_ref().map(|merged| &merged.at),
        },
        "body": pull.body,
        "reactions": reactions(&api),
        "performed_via_github_app": null,
    })
}
