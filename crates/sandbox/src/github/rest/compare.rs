//! `GET compare/{base}...{head}` and `POST merges`.

use axum::response::IntoResponse as _;
use http::StatusCode;
use serde_json::{Value, json};

use super::{Context, Reply, Role, created, input::Input, page};
use crate::{
    faults::lock,
    github::{
        State,
        error::ApiError,
        git::{GitError, Merge},
        journal::Actor,
        merge::WEB_FLOW,
        policy::{self, Update},
        render,
        repository::Repository,
    },
};

/// The documented caps of a comparison.
const MOST_COMMITS: usize = 250;
const MOST_FILES: usize = 300;

pub(super) async fn compare(context: Context) -> Reply {
    let repository = context.repository(Role::Read)?;
    let (base_name, head_name) =
        context.part("basehead").split_once("...").ok_or_else(ApiError::not_found)?;
    let git = &repository.git;
    let strip = |name: &str| name.rsplit_once(':').map_or(name, |(_, branch)| branch).to_owned();
    let base = git.commit_ish(&strip(base_name)).await?.ok_or_else(ApiError::not_found)?;
    let head = git.commit_ish(&strip(head_name)).await?.ok_or_else(ApiError::not_found)?;
    let Some(common) = git.merge_base(&base, &head).await? else {
        let text = format!("No common ancestor between {base_name} and {head_name}.");
        return Err(ApiError::new(404, text));
    };
    let range = format!("{base}..{head}");
    let (ahead_of, both) = (["--reverse", "--topo-order", &range], ["--no-walk=unsorted", &base, &common]);
    let (counts, commits, files, ends) = tokio::try_join!(
        git.ahead_behind(&base, &head),
        git.log(&ahead_of),
        git.changed_files(&common, &head),
        git.log(&both),
    )?;
    let (ahead, behind) = counts;
    let status = match (ahead, behind) {
        (0, 0) => "identical",
        (_, 0) => "ahead",
        (0, _) => "behind",
        _ => "diverged",
    };
    let state = context.github();
    let show = |commit| render::commit(state, &repository, commit);
    // `git log --no-walk` names a commit once, even if it is asked for twice.
    let (base_commit, common_commit) = (ends.first().map(show), ends.last().map(show));
    let total = commits.len();
    let page = page::Page::of_size(&context, MOST_COMMITS);
    let shown: Vec<Value> = page.cut(commits).iter().map(show).collect();
    let files: Vec<Value> = if page.number == 1 {
        files.iter().take(MOST_FILES).map(|file| render::file(state, &repository, &head, file)).collect()
    } else {
        Vec::new()
    };
    let slug = repository.slug();
    let (api, web) = (&state.urls.github, format!("{}/{slug}/compare", state.urls.github));
    let body = json!({
        "url": format!("{api}/repos/{slug}/compare/{base_name}...{head_name}"),
        "html_url": format!("{web}/{base_name}...{head_name}"),
        "permalink_url": format!("{web}/{}:{base}...{}:{head}", repository.owner, repository.owner),
        "diff_url": format!("{web}/{base_name}...{head_name}.diff"),
        "patch_url": format!("{web}/{base_name}...{head_name}.patch"),
        "base_commit": base_commit,
        "merge_base_commit": common_commit,
        "status": status,
        "ahead_by": ahead,
        "behind_by": behind,
        "total_commits": ahead,
        "commits": shown,
        "files": files,
    });
    Ok(page::with_link(&context, page, total, body))
}

pub(super) async fn merge(context: Context, input: Input) -> Reply {
    let repository = context.repository(Role::Write)?;
    let (base, head) = (input.required("base")?, input.required("head")?);
    let missing = |what: &str| ApiError::new(404, format!("{what} does not exist"));
    repository.git.branch(&base).await?.ok_or_else(|| missing("Base"))?;
    let sha = repository.git.commit_ish(&head).await?.ok_or_else(|| missing("Head"))?;
    let from = if sha == head {
        format!("Merge {head} into {base}")
    } else {
        format!("Merge branch '{head}' into {base}")
    };
    let title = input.text("commit_message")?.unwrap_or(from);
    let old = repository.git.branch(&base).await?;
    if !context.may_change_workflows()
        && let Some(path) = repository.new_workflow_file(&base, old.as_deref(), &sha).await?
        && !repository.git.is_ancestor(&sha, old.as_deref().unwrap_or_default()).await?
    {
        return Err(ApiError::new(403, policy::workflow_text(&path)));
    }
    match context.github().merge_branch(&repository, &context.actor(), &base, &sha, &title).await? {
        None => Ok(StatusCode::NO_CONTENT.into_response()),
        Some(made) => {
            let commit = repository.git.commit(&made).await?.ok_or_else(ApiError::not_found)?;
            created(render::commit(context.github(), &repository, &commit))
        }
    }
}

impl State {
    /// Merges a commit into a branch; `None` if there is nothing to merge. Always makes a merge commit, as
    /// `POST merges` does, even where a fast-forward would do.
    pub(super) async fn merge_branch(
        &self,
        repository: &Repository,
        actor: &Actor,
        branch: &str,
        head: &str,
        title: &str,
    ) -> Result<Option<String>, ApiError> {
        let _updates = repository.updates.lock().await;
        let git = &repository.git;
        let old = git.branch(branch).await?.ok_or_else(|| ApiError::new(404, "Base does not exist"))?;
        if git.is_ancestor(head, &old).await? {
            return Ok(None);
        }
        let Merge::Tree(tree) = git.merge_tree(&old, head).await? else {
            return Err(ApiError::new(409, "Merge conflict"));
        };
        let made = self.commit_of(repository, actor, &tree, &[&old, head], title).await?;
        let refusal =
            policy::direct_update(&lock(&repository.data), branch, &actor.login, Update::FastForward(&made));
        if let Some(refusal) = refusal {
            return Err(refusal.into_api(409));
        }
        if !self.move_branch(repository, actor, branch, Some(&old), Some(&made)).await? {
            return Err(ApiError::new(409, "Base branch was modified. Review and try the merge again."));
        }
        Ok(Some(made))
    }

    async fn commit_of(
        &self,
        repository: &Repository,
        actor: &Actor,
        tree: &str,
        parents: &[&str],
        message: &str,
    ) -> Result<String, GitError> {
        let user = self.user(&actor.login);
        let email = user.email();
        let made =
            repository.git.commit_tree(tree, parents, (&user.login, &email), WEB_FLOW, message).await?;
        lock(&repository.data).signed.insert(made.clone());
        Ok(made)
    }
}
