//! Refs: read, create, move, remove.

use serde_json::Value;

use super::{Context, Reply, Role, created, input::Input, no_content, ok, page};
use crate::{
    faults::lock,
    github::{
        error::ApiError,
        policy::{self, Unmovable, Update},
        render,
        repository::Repository,
    },
};

const UPDATE_PAGE: &str = "git/refs#update-a-reference";

/// The full name behind `heads/dev` or `tags/v1`.
fn full(name: &str) -> String {
    let name = name.trim_matches('/');
    if name.starts_with("refs/") { name.to_owned() } else { format!("refs/{name}") }
}

pub(super) async fn one(context: Context) -> Reply {
    let repository = context.repository(Role::Read)?;
    let name = full(context.part("name"));
    let sha = repository.git.resolve(&name).await?.ok_or_else(ApiError::not_found)?;
    ok(render::reference(context.github(), &repository, &name, &sha))
}

pub(super) async fn matching(context: Context) -> Reply {
    let repository = context.repository(Role::Read)?;
    let name = full(context.part("name"));
    // A prefix of the name, where `for-each-ref` wants whole parts.
    let found: Vec<Value> = repository
        .git
        .refs("refs/")
        .await?
        .iter()
        .filter(|(one, _)| one.starts_with(&name) && !one.starts_with("refs/sandbox/"))
        .map(|(name, sha)| render::reference(context.github(), &repository, name, sha))
        .collect();
    Ok(page::paged(&context, found))
}

pub(super) async fn create(context: Context, input: Input) -> Reply {
    let repository = context.repository(Role::Write)?;
    let (name, sha) = (input.required("ref")?, input.required("sha")?);
    if !name.starts_with("refs/") || name.matches('/').count() < 2 {
        return Err(ApiError::new(
            422,
            "Reference name must start with 'refs/' and have at least two slashes.",
        ));
    }
    if repository.git.run(&["check-ref-format", &name]).await?.code != 0 {
        return Err(ApiError::new(422, format!("{name} is not a valid ref name.")));
    }
    let _updates = repository.updates.lock().await;
    known(&repository, &sha).await?;
    if repository.git.resolve(&name).await?.is_some() {
        return Err(ApiError::new(422, "Reference already exists"));
    }
    let actor = context.actor();
    if let Some(branch) = name.strip_prefix("refs/heads/") {
        let moved = Update::FastForward(&sha);
        context.may_move(&repository, branch, None, moved, &sha).await?.map_or(Ok(()), refused)?;
    }
    let update = crate::github::git::RefUpdate { name: name.clone(), old: None, new: Some(sha.clone()) };
    if !repository.git.update_refs(std::slice::from_ref(&update)).await? {
        return Err(ApiError::new(422, "Reference already exists"));
    }
    context.github().after_moves(&repository, &actor, &[update]).await?;
    created(render::reference(context.github(), &repository, &name, &sha))
}

pub(super) async fn update(context: Context, input: Input) -> Reply {
    let repository = context.repository(Role::Write)?;
    let name = full(context.part("name"));
    let (sha, force) = (input.required("sha")?, input.flag("force")?.unwrap_or(false));
    let _updates = repository.updates.lock().await;
    known(&repository, &sha).await?;
    let missing = || ApiError::new(422, "Reference does not exist").documented(UPDATE_PAGE);
    if let Some(branch) = name.strip_prefix("refs/heads/") {
        context.github().race(&repository, branch).await?;
    }
    let old = repository.git.resolve(&name).await?.ok_or_else(missing)?;
    let forward = repository.git.is_ancestor(&old, &sha).await?;
    if !forward && !force {
        return Err(ApiError::new(422, "Update is not a fast forward").documented(UPDATE_PAGE));
    }
    if let Some(branch) = name.strip_prefix("refs/heads/")
        && old != sha
    {
        let update = if forward { Update::FastForward(&sha) } else { Update::Forced(&sha) };
        context.may_move(&repository, branch, Some(&old), update, &sha).await?.map_or(Ok(()), refused)?;
    }
    let update = crate::github::git::RefUpdate { name: name.clone(), old: Some(old), new: Some(sha.clone()) };
    if !repository.git.update_refs(std::slice::from_ref(&update)).await? {
        return Err(ApiError::new(422, "Reference cannot be updated").documented(UPDATE_PAGE));
    }
    context.github().after_moves(&repository, &context.actor(), &[update]).await?;
    ok(render::reference(context.github(), &repository, &name, &sha))
}

pub(super) async fn delete(context: Context) -> Reply {
    let repository = context.repository(Role::Write)?;
    let name = full(context.part("name"));
    let _updates = repository.updates.lock().await;
    let missing = || ApiError::new(422, "Reference does not exist");
    let old = repository.git.resolve(&name).await?.ok_or_else(missing)?;
    if let Some(branch) = name.strip_prefix("refs/heads/") {
        let data = lock(&repository.data);
        if let Some(refusal) = policy::direct_update(&data, branch, &context.actor().login, Update::Delete) {
            return Err(refusal.into_api(422));
        }
    }
    let update = crate::github::git::RefUpdate { name, old: Some(old), new: None };
    if !repository.git.update_refs(std::slice::from_ref(&update)).await? {
        return Err(missing());
    }
    context.github().after_moves(&repository, &context.actor(), &[update]).await?;
    no_content()
}

/// The object must be a commit that is there.
async fn known(repository: &Repository, sha: &str) -> Result<(), ApiError> {
    if sha.len() != 40 || !sha.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let text = format!("For 'properties/sha', \"{sha}\" is not a valid object id.");
        return Err(ApiError::invalid_request(&text));
    }
    match repository.git.resolve(sha).await? {
        Some(_) => Ok(()),
        None => Err(ApiError::new(422, "Object does not exist").documented(UPDATE_PAGE)),
    }
}

fn refused(why: Unmovable) -> Result<(), ApiError> {
    Err(match why {
        Unmovable::Rules(refusal) => refusal.into_api(422),
        Unmovable::Workflow(path) => ApiError::new(403, policy::workflow_text(&path)),
    }
    .documented(UPDATE_PAGE))
}
