//! `label`, `issue-comment`, `pull-request-review`, and the entries of a timeline.

use serde_json::{Value, json};

use super::{git_commit, node_id, user};
use crate::{
    faults::lock,
    github::{
        State,
        git::Commit,
        pull::{Comment, Pull, Review, TimelineEvent, TimelineKind},
        repository::Repository,
    },
};

/// `label`.
pub(crate) fn label(state: &State, repository: &Repository, name: &str) -> Value {
    let known = lock(&repository.data).labels.get(name).cloned();
    let (id, color) = known.map_or((0, "ededed".to_owned()), |label| (label.id, label.color));
    json!({
        "id": id,
        "node_id": node_id("Label", &id.to_string()),
        "url": format!("{}/repos/{}/labels/{name}", state.urls.github, repository.slug()),
        "name": name,
        "color": color,
        "default": false,
        "description": null,
    })
}

/// `author_association`, from the role.
pub(super) fn association(repository: &Repository, login: &str) -> &'static str {
    if login == repository.owner {
        "OWNER"
    } else if lock(&repository.data).roles.contains_key(login) {
        "COLLABORATOR"
    } else {
        "NONE"
    }
}

/// `issue-comment`.
pub(crate) fn comment(state: &State, repository: &Repository, number: u64, comment: &Comment) -> Value {
    let slug = repository.slug();
    let api = format!("{}/repos/{slug}/issues", state.urls.github);
    json!({
        "id": comment.id,
        "node_id": node_id("IssueComment", &comment.id.to_string()),
        "url": format!("{api}/comments/{}", comment.id),
        "html_url": format!("{}/{slug}/pull/{number}#issuecomment-{}", state.urls.github, comment.id),
        "issue_url": format!("{api}/{number}"),
        "body": comment.body,
        "user": user(state, &comment.author),
        "created_at": comment.created_at,
        "updated_at": comment.updated_at,
        "author_association": association(repository, &comment.author),
        "performed_via_github_app": null,
        "reactions": reactions(&format!("{api}/comments/{}", comment.id)),
    })
}

/// `reaction-rollup` of something at `url`; nobody reacts here.
pub(super) fn reactions(url: &str) -> Value {
    json!({
        "url": format!("{url}/reactions"),
        "total_count": 0,
        "+1": 0,
        "-1": 0,
        "laugh": 0,
        "hooray": 0,
        "confused": 0,
        "heart": 0,
        "rocket": 0,
        "eyes": 0,
    })
}

/// `pull-request-review`.
pub(crate) fn review(state: &State, repository: &Repository, number: u64, review: &Review) -> Value {
    let slug = repository.slug();
    let pull = format!("{}/repos/{slug}/pulls/{number}", state.urls.github);
    let web = format!("{}/{slug}/pull/{number}#pullrequestreview-{}", state.urls.github, review.id);
    json!({
        "id": review.id,
        "node_id": node_id("PullRequestReview", &review.id.to_string()),
        "user": user(state, &review.author),
        "body": review.body,
        "state": review.state,
        "html_url": web,
        "pull_request_url": pull,
        "_links": { "html": { "href": web }, "pull_request": { "href": pull } },
        "submitted_at": review.submitted_at,
        "commit_id": review.commit_id,
        "author_association": association(repository, &review.author),
    })
}

/// An entry of the timeline. `GET …/events` shows only those that are issue events (`None` for the others
/// when `events_only`). `commits` has the commits of the timeline.
pub(crate) fn timeline_event(
    state: &State,
    repository: &Repository,
    pull: &Pull,
    event: &TimelineEvent,
    events_only: bool,
    commits: &[Commit],
) -> Option<Value> {
    let slug = repository.slug();
    let api = format!("{}/repos/{slug}", state.urls.github);
    let name = match &event.kind {
        TimelineKind::Labeled(_) => "labeled",
        TimelineKind::Unlabeled(_) => "unlabeled",
        TimelineKind::Commented(_) => "commented",
        TimelineKind::Reviewed(_) => "reviewed",
        TimelineKind::Committed(_) => "committed",
        TimelineKind::HeadForcePushed(_) => "head_ref_force_pushed",
        TimelineKind::HeadDeleted => "head_ref_deleted",
        TimelineKind::Merged(_) => "merged",
        TimelineKind::Closed => "closed",
        TimelineKind::Reopened => "reopened",
        TimelineKind::ReadyForReview => "ready_for_review",
        TimelineKind::Renamed { .. } => "renamed",
        TimelineKind::BaseChanged => "base_ref_changed",
        TimelineKind::ReviewDismissed(_) => "review_dismissed",
        TimelineKind::AddedToQueue => "added_to_merge_queue",
        TimelineKind::RemovedFromQueue => "removed_from_merge_queue",
    };
    let mut value = match &event.kind {
        TimelineKind::Commented(_) | TimelineKind::Reviewed(_) | TimelineKind::Committed(_)
            if events_only =>
        {
            return None;
        }
        TimelineKind::Commented(id) => {
            let found = pull.comments.iter().find(|comment| comment.id == *id)?;
            let mut value = comment(state, repository, pull.number, found);
            value["actor"] = user(state, &event.actor);
            value
        }
        TimelineKind::Reviewed(id) => {
            let found = pull.reviews.iter().find(|review| review.id == *id)?;
            let mut value = review(state, repository, pull.number, found);
            // Unlike the reviews API, the timeline writes the state in lower case.
            value["state"] = Value::String(found.state.to_lowercase());
            value
        }
        TimelineKind::Committed(sha) => {
            git_commit(state, repository, commits.iter().find(|commit| commit.sha == *sha)?)
        }
        kind => {
            let commit = match kind {
                TimelineKind::Merged(sha) | TimelineKind::HeadForcePushed(sha) => Some(sha),
                _ => None,
            };
            json!({
                "id": event.id,
                "node_id": node_id("IssueEvent", &event.id.to_string()),
                "url": format!("{api}/issues/events/{}", event.id),
                "actor": user(state, &event.actor),
                "commit_id": commit,
                "commit_url": commit.map(|sha| format!("{api}/commits/{sha}")),
                "created_at": event.created_at,
                "performed_via_github_app": null,
            })
        }
    };
    value["event"] = Value::String(name.to_owned());
    match &event.kind {
        TimelineKind::Labeled(name) | TimelineKind::Unlabeled(name) => {
            let shown = label(state, repository, name);
            value["label"] = json!({ "name": shown["name"], "color": shown["color"] });
        }
        TimelineKind::ReviewDismissed(id) => {
            value["dismissed_review"] =
                json!({ "state": "dismissed", "review_id": id, "dismissal_message": "" });
        }
        TimelineKind::Renamed { from, to } => value["rename"] = json!({ "from": from, "to": to }),
        _ => {}
    }
    Some(value)
}
