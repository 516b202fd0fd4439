//! Commits, and what hangs on one: check runs, statuses, pull requests.

use serde_json::Value;

use super::{Context, Reply, Role, checks, ok, page, statuses};
use crate::{
    faults::lock,
    github::{error::ApiError, pull::Pull, render, render::Detail},
};

pub(super) async fn list(context: Context) -> Reply {
    let repository = context.repository(Role::Read)?;
    let default = lock(&repository.data).default_branch.clone();
    let from = context.parameter("sha").unwrap_or(&default);
    let start = repository.git.commit_ish(from).await?.ok_or_else(ApiError::not_found)?;
    let page = page::Page::of(&context);
    let skip = format!("--skip={}", (page.number - 1) * page.size);
    // One more than the page shows whether there is another.
    let count = format!("--max-count={}", page.size + 1);
    let mut arguments = vec![skip.as_str(), count.as_str(), &start];
    if let Some(path) = context.parameter("path") {
        arguments.extend(["--", path]);
    }
    let mut commits = repository.git.log(&arguments).await?;
    let total = (page.number - 1) * page.size + commits.len();
    commits.truncate(page.size);
    let shown: Vec<Value> =
        commits.iter().map(|commit| render::commit(context.github(), &repository, commit)).collect();
    Ok(page::with_link(&context, page, total, Value::Array(shown)))
}

/// `/commits/{ref}` and below; a branch name may hold slashes, so the end decides.
pub(super) async fn below(context: Context) -> Reply {
    let rest = context.part("rest").to_owned();
    for (end, kind) in [("/check-runs", 0), ("/statuses", 1), ("/status", 2), ("/pulls", 3)] {
        if let Some(name) = rest.strip_suffix(end) {
            return match kind {
                0 => checks::list(&context, name).await,
                1 => statuses::list(&context, name).await,
                2 => statuses::combined(&context, name).await,
                _ => pulls(&context, name).await,
            };
        }
    }
    let repository = context.repository(Role::Read)?;
    let missing = || ApiError::new(422, format!("No commit found for SHA: {rest}"));
    let sha = repository.git.commit_ish(&rest).await?.ok_or_else(missing)?;
    let commit = repository.git.commit(&sha).await?.ok_or_else(missing)?;
    let mut value = render::commit(context.github(), &repository, &commit);
    let parent = commit.parents.first().cloned();
    let parent = parent.unwrap_or_else(|| "4b825dc642cb6eb9a060e54bf8d69288fbee4904".to_owned());
    let files = repository.git.changed_files(&parent, &sha).await?;
    let sum = |count: fn(&crate::github::git::ChangedFile) -> u64| files.iter().map(count).sum::<u64>();
    let (additions, deletions) = (sum(|file| file.additions), sum(|file| file.deletions));
    value["stats"] =
        serde_json::json!({ "total": additions + deletions, "additions": additions, "deletions": deletions });
    value["files"] =
        files.iter().map(|file| render::file(context.github(), &repository, &sha, file)).collect();
    ok(value)
}

async fn pulls(context: &Context, name: &str) -> Reply {
    let repository = context.repository(Role::Read)?;
    let sha = repository.git.commit_ish(name).await?.ok_or_else(ApiError::not_found)?;
    let all: Vec<Pull> = lock(&repository.data).pulls.values().cloned().collect();
    let mut shown = Vec::new();
    for pull in all {
        let merged = pull.merged.as_ref().is_some_and(|merged| merged.sha == sha);
        let within = repository.git.is_ancestor(&sha, &pull.head_sha).await?
            && !repository.git.is_ancestor(&sha, &pull.base_sha).await?;
        if merged || within {
            shown.push(render::pull(context.github(), &repository, &pull, Detail::Simple));
        }
    }
    Ok(page::paged(context, shown))
}
