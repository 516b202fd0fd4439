//! Pull requests: open, read, change, merge.

use axum::{Json, response::IntoResponse as _};
use http::StatusCode;
use serde_json::{Value, json};

use super::{Context, Reply, Role, created, input::Input, message, no_content, ok, page};
use crate::{
    faults::lock,
    github::{
        error::ApiError,
        merge::MergeRequest,
        pull::Pull,
        render::{self, Detail},
        repository::Repository,
        setup::NewPull,
    },
};

/// Whether a pull request comes from `owner:branch`, or from `branch` of the repository itself.
fn is_from(repository: &Repository, pull: &Pull, head: &str) -> bool {
    let (owner, branch) = head.split_once(':').unwrap_or((&repository.owner, head));
    let source = pull.fork.as_ref().map_or(&repository.owner, |fork| &fork.owner);
    pull.head_ref == branch && source.eq_ignore_ascii_case(owner)
}

pub(super) fn find(repository: &Repository, number: u64) -> Result<Pull, ApiError> {
    lock(&repository.data).pulls.get(&number).cloned().ok_or_else(ApiError::not_found)
}

pub(super) async fn list(context: Context) -> Reply {
    let repository = context.repository(Role::Read)?;
    let state = context.parameter("state").unwrap_or("open");
    let head = context.parameter("head");
    let base = context.parameter("base");
    let mut pulls: Vec<Pull> = lock(&repository.data)
        .pulls
        .values()
        .filter(|pull| state == "all" || (state == "open") == pull.open)
        .filter(|pull| head.is_none_or(|head| is_from(&repository, pull, head)))
        .filter(|pull| base.is_none_or(|base| pull.base_ref == base))
        .cloned()
        .collect();
    if context.parameter("direction") != Some("asc") {
        pulls.reverse();
    }
    let shown = pulls.iter().map(|pull| render::pull(context.github(), &repository, pull, Detail::Simple));
    Ok(page::paged(&context, shown.collect()))
}

pub(super) async fn one(context: Context) -> Reply {
    let repository = context.repository(Role::Read)?;
    let number = context.number("number")?;
    find(&repository, number)?;
    context.github().assess(&repository, number).await?;
    let pull = find(&repository, number)?;
    if let Some(stored) = lock(&repository.data).pulls.get_mut(&number) {
        stored.mergeability.hidden_reads = stored.mergeability.hidden_reads.saturating_sub(1);
    }
    ok(render::pull(context.github(), &repository, &pull, Detail::Full))
}

pub(super) async fn create(context: Context, input: Input) -> Reply {
    let repository = context.repository(Role::Read)?;
    let (head, base) = (input.required("head")?, input.required("base")?);
    let source = context.github().source(&repository, &head);
    let invalid = || ApiError::validation("PullRequest", "head", "invalid", None);
    let (fork, head) = source.ok_or_else(invalid)?;
    let new = NewPull {
        fork,
        head,
        base,
        title: input.required("title")?,
        body: input.text("body")?,
        draft: input.flag("draft")?.unwrap_or(false),
    };
    let number = context.github().open(&repository, &context.actor(), new).await?;
    created(render::pull(context.github(), &repository, &find(&repository, number)?, Detail::Full))
}

pub(super) async fn update(context: Context, input: Input) -> Reply {
    let repository = context.repository(Role::Read)?;
    let number = context.number("number")?;
    let actor = context.actor();
    find(&repository, number)?;
    context.github().edit(&repository, number, &actor, input.text("title")?, input.text("body")?);
    if let Some(base) = input.text("base")? {
        let _updates = repository.updates.lock().await;
        context.github().change_base(&repository, number, &actor, &base).await?;
    }
    match input.text("state")?.as_deref() {
        Some("closed") if find(&repository, number)?.open => {
            context.github().close(&repository, number, &actor);
        }
        Some("open") if !find(&repository, number)?.open => {
            context.github().reopen(&repository, number, &actor)?;
        }
        _ => {}
    }
    context.github().assess(&repository, number).await?;
    ok(render::pull(context.github(), &repository, &find(&repository, number)?, Detail::Full))
}

pub(super) async fn merge(context: Context, input: Input) -> Reply {
    let repository = context.repository(Role::Write)?;
    let number = context.number("number")?;
    let request = MergeRequest {
        method: input.text("merge_method")?,
        title: input.text("commit_title")?,
        message: input.text("commit_message")?,
        sha: input.text("sha")?,
        by_queue: false,
        may_change_workflows: context.may_change_workflows(),
    };
    let sha = context.github().merge_pull(&repository, number, &context.actor(), request).await?;
    ok(json!({ "sha": sha, "merged": true, "message": "Pull Request successfully merged" }))
}

pub(super) async fn is_merged(context: Context) -> Reply {
    let repository = context.repository(Role::Read)?;
    match find(&repository, context.number("number")?)?.merged {
        Some(_) => no_content(),
        None => Err(ApiError::not_found()),
    }
}

pub(super) async fn files(context: Context) -> Reply {
    let repository = context.repository(Role::Read)?;
    let pull = find(&repository, context.number("number")?)?;
    let (git, base) = (&repository.git, base_of(&repository, &pull).await?);
    let from = git.merge_base(&base, &pull.head_sha).await?.unwrap_or(base);
    // The documented cap of this list.
    let files = git.changed_files(&from, &pull.head_sha).await?;
    let shown = files.iter().take(3000);
    let shown = shown.map(|file| render::file(context.github(), &repository, &pull.head_sha, file));
    Ok(page::paged(&context, shown.collect()))
}

pub(super) async fn commits(context: Context) -> Reply {
    let repository = context.repository(Role::Read)?;
    let pull = find(&repository, context.number("number")?)?;
    let range = format!("{}..{}", base_of(&repository, &pull).await?, pull.head_sha);
    let commits = repository.git.log(&["--reverse", "--max-count=250", &range]).await?;
    let shown: Vec<Value> =
        commits.iter().map(|commit| render::commit(context.github(), &repository, commit)).collect();
    Ok(page::paged(&context, shown))
}

/// What the head is compared with: the base's tip, or, once merged, the base before the merge.
async fn base_of(repository: &Repository, pull: &Pull) -> Result<String, ApiError> {
    if !pull.open {
        return Ok(pull.base_sha.clone());
    }
    Ok(repository.git.branch(&pull.base_ref).await?.unwrap_or_else(|| pull.base_sha.clone()))
}

pub(super) async fn update_branch(context: Context, input: Input) -> Reply {
    let repository = context.repository(Role::Read)?;
    let pull = find(&repository, context.number("number")?)?;
    if input.text("expected_head_sha")?.is_some_and(|sha| sha != pull.head_sha) {
        return Err(ApiError::new(422, "expected head sha didn’t match current head ref."));
    }
    if pull.fork.is_some() {
        // The token has nothing to say in the fork.
        return Err(ApiError::new(403, "Resource not accessible by integration"));
    }
    let base = base_of(&repository, &pull).await?;
    let title = format!("Merge branch '{}' into {}", pull.base_ref, pull.head_ref);
    let actor = context.actor();
    let merged = context.github().merge_branch(&repository, &actor, &pull.head_ref, &base, &title).await;
    let merged = merged.map_err(|error| match error.status {
        409 => ApiError::new(422, "merge conflict between base and head"),
        _ => error,
    });
    match merged? {
        Some(_) => {
            let url =
                format!("{}/repos/{}/pulls/{}", context.world.urls.github, repository.slug(), pull.number);
            let mut body = message("Updating pull request branch.");
            body["url"] = Value::String(url);
            Ok((StatusCode::ACCEPTED, Json(body)).into_response())
        }
        None => Err(ApiError::new(422, "There are no new commits on the base branch.")),
    }
}
