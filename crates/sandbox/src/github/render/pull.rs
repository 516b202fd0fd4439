//! `pull-request` and `pull-request-simple`.

use serde_json::{Value, json};

use super::{issue::association, label, node_id, repository as render_repository, user};
use crate::{
    faults::lock,
    github::{State, merge::default_title, policy, pull::Pull, repository::Repository, rules::BranchRules},
};

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// As in lists: without mergeability and counts.
    Simple,
    /// One pull request.
    Full,
}

/// `mergeable_state`, from what is known about mergeability and from the rules.
pub(crate) fn mergeable_state(repository: &Repository, pull: &Pull) -> &'static str {
    if !pull.open || !pull.mergeability.is_known() {
        return "unknown";
    }
    if pull.draft {
        return "draft";
    }
    if pull.mergeability.test_merge.is_none() {
        return "dirty";
    }
    let data = lock(&repository.data);
    // The state is that of the pull request, not of the reader: nobody is taken to bypass anything.
    if policy::unmet(&data, pull, "").is_some() {
        return "blocked";
    }
    let strict = |rules: &BranchRules| rules.strict_checks && rules.applies_to(&pull.base_ref);
    if pull.mergeability.behind && data.rules.iter().any(strict) {
        return "behind";
    }
    let failing = policy::checks(&data, &pull.head_sha).iter().any(|(_, passed)| *passed != Some(true));
    if failing { "unstable" } else { "clean" }
}

fn side(state: &State, repository: &Repository, shown: &Value, name: &str, sha: &str) -> Value {
    json!({
        "label": format!("{}:{name}", repository.owner),
        "ref": name,
        "sha": sha,
        "user": user(state, &repository.owner),
        "repo": shown,
    })
}

/// `pull-request`, or `pull-request-simple`.
pub(crate) fn pull(state: &State, repository: &Repository, pull: &Pull, detail: Detail) -> Value {
    let slug = repository.slug();
    let number = pull.number;
    let repo_api = format!("{}/repos/{slug}", state.urls.github);
    let api = format!("{repo_api}/pulls/{number}");
    let issue = format!("{repo_api}/issues/{number}");
    let web = format!("{}/{slug}/pull/{number}", state.urls.github);
    let statuses = format!("{repo_api}/statuses/{}", pull.head_sha);
    let shown = render_repository(state, repository);
    let labels: Vec<Value> = pull.labels.iter().map(|name| label(state, repository, name)).collect();
    let merged = pull.merged.as_ref();
    let test_merge = pull.mergeability.test_merge.as_ref().filter(|_| pull.mergeability.is_known());
    let merge_commit = merged.map(|merged| &merged.sha).or(test_merge);
    let auto_merge = pull.auto_merge.as_ref().map(|auto| {
        let title = || default_title(repository, pull, &auto.method);
        json!({
            "enabled_by": user(state, &auto.by),
            "merge_method": auto.method,
            "commit_title": auto.title.clone().unwrap_or_else(title),
            "commit_message": auto.message.clone().unwrap_or_default(),
        })
    });
    let head = match &pull.fork {
        None => side(state, repository, &shown, &pull.head_ref, &pull.head_sha),
        Some(fork) => side(state, fork, &render_repository(state, fork), &pull.head_ref, &pull.head_sha),
    };
    let mut value = json!({
        "url": api,
        "id": pull.id,
        "node_id": node_id("PullRequest", &pull.id.to_string()),
        "html_url": web,
        "diff_url": format!("{web}.diff"),
        "patch_url": format!("{web}.patch"),
        "issue_url": issue,
        "number": number,
        "state": if pull.open { "open" } else { "closed" },
        "locked": false,
        "title": pull.title,
        "user": user(state, &pull.author),
        "body": pull.body,
        "created_at": pull.created_at,
        "updated_at": pull.updated_at,
        "closed_at": pull.closed_at,
        "merged_at": merged.map(|merged| &merged.at),
        "merge_commit_sha": merge_commit,
        "assignee": null,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "labels": labels,
        "milestone": null,
        "draft": pull.draft,
        "commits_url": format!("{api}/commits"),
        "review_comments_url": format!("{api}/comments"),
        "review_comment_url": format!("{repo_api}/pulls/comments{{/number}}"),
        "comments_url": format!("{issue}/comments"),
        "statuses_url": statuses,
        "head": head,
        "base": side(state, repository, &shown, &pull.base_ref, &pull.base_sha),
        "author_association": association(repository, &pull.author),
        "auto_merge": auto_merge,
        "active_lock_reason": null,
    });
    value["_links"] = json!({
        "self": { "href": api },
        "html": { "href": web },
        "issue": { "href": issue },
        "comments": { "href": format!("{issue}/comments") },
        "review_comments": { "href": format!("{api}/comments") },
        "review_comment": { "href": format!("{repo_api}/pulls/comments{{/number}}") },
        "commits": { "href": format!("{api}/commits") },
        "statuses": { "href": statuses },
    });
    if detail == Detail::Full {
        let known = pull.open && pull.mergeability.is_known();
        let mergeable = known.then_some(pull.mergeability.test_merge.is_some());
        let full = json!({
            "merged": merged.is_some(),
            "mergeable": mergeable,
            "rebaseable": mergeable,
            "mergeable_state": mergeable_state(repository, pull),
            "merged_by": merged.map(|merged| user(state, &merged.by)),
            "comments": pull.comments.len(),
            "review_comments": 0,
            "maintainer_can_modify": false,
            "commits": pull.mergeability.commits,
            "additions": pull.mergeability.additions,
            "deletions": pull.mergeability.deletions,
            "changed_files": pull.mergeability.changed_files,
        });
        if let (Value::Object(value), Value::Object(full)) = (&mut value, full) {
            value.extend(full);
        }
    }
    value
}
