//! What a pull request has as an issue: labels, comments, timeline.

use serde_json::Value;

use super::{Context, Reply, Role, created, input::Input, no_content, ok, page, pulls::find};
use crate::{
    faults::lock,
    github::{
        error::ApiError,
        git::Commit,
        pull::{Comment, TimelineEvent, TimelineKind},
        render,
        repository::Repository,
    },
};

fn shown_labels(context: &Context, repository: &Repository, number: u64) -> Result<Vec<Value>, ApiError> {
    let pull = find(repository, number)?;
    Ok(pull.labels.iter().map(|name| render::label(context.github(), repository, name)).collect())
}

pub(super) async fn labels(context: Context) -> Reply {
    let repository = context.repository(Role::Read)?;
    let shown = shown_labels(&context, &repository, context.number("number")?)?;
    Ok(page::paged(&context, shown))
}

pub(super) async fn add_labels(context: Context, input: Input) -> Reply {
    let repository = context.repository(Role::Triage)?;
    let number = context.number("number")?;
    find(&repository, number)?;
    for name in input.texts("labels")?.unwrap_or_default() {
        context.github().label(&repository, number, &context.actor(), &name);
    }
    ok(Value::Array(shown_labels(&context, &repository, number)?))
}

pub(super) async fn remove_label(context: Context) -> Reply {
    let repository = context.repository(Role::Triage)?;
    let number = context.number("number")?;
    find(&repository, number)?;
    if !context.github().unlabel(&repository, number, &context.actor(), context.part("name")) {
        return Err(ApiError::new(404, "Label does not exist"));
    }
    ok(Value::Array(shown_labels(&context, &repository, number)?))
}

pub(super) async fn remove_all_labels(context: Context) -> Reply {
    let repository = context.repository(Role::Triage)?;
    let number = context.number("number")?;
    for name in find(&repository, number)?.labels {
        context.github().unlabel(&repository, number, &context.actor(), &name);
    }
    no_content()
}

pub(super) async fn comments(context: Context) -> Reply {
    let repository = context.repository(Role::Read)?;
    let pull = find(&repository, context.number("number")?)?;
    let shown: Vec<Value> = pull
        .comments
        .iter()
        .map(|comment| render::comment(context.github(), &repository, pull.number, comment))
        .collect();
    Ok(page::paged(&context, shown))
}

fn body_of(input: &Input) -> Result<String, ApiError> {
    let body = input.required("body")?;
    if body.chars().count() > 65_536 {
        let text = "body is too long (maximum is 65536 characters)";
        return Err(ApiError::validation("IssueComment", "body", "custom", Some(text)));
    }
    if body.is_empty() {
        return Err(ApiError::validation("IssueComment", "body", "missing_field", None));
    }
    Ok(body)
}

pub(super) async fn create_comment(context: Context, input: Input) -> Reply {
    let repository = context.repository(Role::Read)?;
    let number = context.number("number")?;
    find(&repository, number)?;
    let body = body_of(&input)?;
    let comment = context.github().comment_on(&repository, number, &context.actor(), &body);
    created(render::comment(context.github(), &repository, number, &comment))
}

fn find_comment(repository: &Repository, id: u64) -> Result<(u64, Comment), ApiError> {
    let data = lock(&repository.data);
    let mut all = data.pulls.values().flat_map(|pull| pull.comments.iter().map(|one| (pull.number, one)));
    let found = all.find(|(_, one)| one.id == id).map(|(number, one)| (number, one.clone()));
    found.ok_or_else(ApiError::not_found)
}

pub(super) async fn comment(context: Context) -> Reply {
    let repository = context.repository(Role::Read)?;
    let (number, comment) = find_comment(&repository, context.number("id")?)?;
    ok(render::comment(context.github(), &repository, number, &comment))
}

pub(super) async fn update_comment(context: Context, input: Input) -> Reply {
    let repository = context.repository(Role::Read)?;
    let (number, mut comment) = find_comment(&repository, context.number("id")?)?;
    comment.body = body_of(&input)?;
    comment.updated_at = context.github().clock.now();
    if let Some(pull) = lock(&repository.data).pulls.get_mut(&number) {
        for stored in pull.comments.iter_mut().filter(|stored| stored.id == comment.id) {
            stored.clone_from(&comment);
        }
    }
    ok(render::comment(context.github(), &repository, number, &comment))
}

pub(super) async fn delete_comment(context: Context) -> Reply {
    let repository = context.repository(Role::Read)?;
    let (number, comment) = find_comment(&repository, context.number("id")?)?;
    if let Some(pull) = lock(&repository.data).pulls.get_mut(&number) {
        pull.comments.retain(|stored| stored.id != comment.id);
    }
    no_content()
}

async fn entries(context: &Context, events_only: bool) -> Reply {
    let repository = context.repository(Role::Read)?;
    let pull = find(&repository, context.number("number")?)?;
    let mut timeline: Vec<&TimelineEvent> = pull.timeline.iter().collect();
    timeline.sort_by_key(|event| &event.created_at);
    let commits = commits(&repository, &timeline).await?;
    let show =
        |event| render::timeline_event(context.github(), &repository, &pull, event, events_only, &commits);
    let shown: Vec<Value> = timeline.into_iter().filter_map(show).collect();
    Ok(page::paged(context, shown))
}

/// The commits that stand in a timeline, in one call of git.
async fn commits(repository: &Repository, timeline: &[&TimelineEvent]) -> Result<Vec<Commit>, ApiError> {
    let sha = |event: &&TimelineEvent| match &event.kind {
        TimelineKind::Committed(sha) => Some(sha.clone()),
        _ => None,
    };
    let shas: Vec<String> = timeline.iter().filter_map(sha).collect();
    if shas.is_empty() {
        return Ok(Vec::new());
    }
    let arguments: Vec<&str> =
        ["--no-walk=unsorted"].into_iter().chain(shas.iter().map(String::as_str)).collect();
    Ok(repository.git.log(&arguments).await?)
}

pub(super) async fn timeline(context: Context) -> Reply {
    entries(&context, false).await
}

pub(super) async fn events(context: Context) -> Reply {
    entries(&context, true).await
}
