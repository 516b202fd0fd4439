//! The Git database: commits, blobs, trees.

use std::fmt::Write as _;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::{Context, Reply, Role, created, input::Input, ok};
use crate::{
    faults::lock,
    github::{error::ApiError, merge::WEB_FLOW, render, render::node_id},
};

pub(super) async fn commit(context: Context) -> Reply {
    let repository = context.repository(Role::Read)?;
    let sha = context.part("sha");
    let found = repository.git.commit(sha).await?.ok_or_else(ApiError::not_found)?;
    ok(render::git_commit(context.github(), &repository, &found))
}

pub(super) async fn create_commit(context: Context, input: Input) -> Reply {
    let repository = context.repository(Role::Write)?;
    let (tree, message) = (input.required("tree")?, input.required("message")?);
    let parents = input.texts("parents")?.unwrap_or_default();
    for parent in &parents {
        if repository.git.resolve(parent).await?.is_none() {
            return Err(ApiError::new(422, "Parent SHA does not exist or is not a commit object"));
        }
    }
    if repository.git.run(&["cat-file", "-e", &format!("{tree}^{{tree}}")]).await?.code != 0 {
        return Err(ApiError::new(422, "Tree SHA does not exist"));
    }
    let user = context.github().user(&context.actor().login);
    let named =
        |role: &str, part: &str| input.value(role).and_then(|value| value[part].as_str()).map(str::to_owned);
    let own = (user.login.clone(), user.email());
    let author = (named("author", "name").unwrap_or(own.0), named("author", "email").unwrap_or(own.1));
    let given = input.value("author").is_some() || input.value("committer").is_some();
    let committer = (named("committer", "name"), named("committer", "email"));
    let committer = match (committer.0, committer.1) {
        (Some(name), Some(email)) => (name, email),
        _ if given => author.clone(),
        _ => (WEB_FLOW.0.to_owned(), WEB_FLOW.1.to_owned()),
    };
    let parents: Vec<&str> = parents.iter().map(String::as_str).collect();
    let (author, committer) =
        ((author.0.as_str(), author.1.as_str()), (committer.0.as_str(), committer.1.as_str()));
    let made = repository.git.commit_tree(&tree, &parents, author, committer, &message).await?;
    // GitHub signs what an App commits under its own name.
    if !given && context.token.as_ref().is_some_and(crate::github::token::Token::is_app) {
        lock(&repository.data).signed.insert(made.clone());
    }
    let found = repository.git.commit(&made).await?.ok_or_else(ApiError::not_found)?;
    created(render::git_commit(context.github(), &repository, &found))
}

pub(super) async fn blob(context: Context) -> Reply {
    let repository = context.repository(Role::Read)?;
    let sha = context.part("sha");
    let bytes = repository.git.blob(sha).await?.ok_or_else(ApiError::not_found)?;
    // GitHub breaks the lines of its base64.
    let encoded = BASE64_STANDARD.encode(&bytes);
    let mut content = String::new();
    for line in encoded.as_bytes().chunks(60) {
        content.push_str(&String::from_utf8_lossy(line));
        content.push('\n');
    }
    ok(json!({
        "sha": sha,
        "node_id": node_id("Blob", &format!("{}:{sha}", repository.id)),
        "size": bytes.len(),
        "url": format!("{}/repos/{}/git/blobs/{sha}", context.world.urls.github, repository.slug()),
        "content": content,
        "encoding": "base64",
    }))
}

pub(super) async fn create_blob(context: Context, input: Input) -> Reply {
    let repository = context.repository(Role::Write)?;
    let content = input.required("content")?;
    let bytes = match input.text("encoding")?.as_deref() {
        Some("base64") => {
            let compact: String = content.split_whitespace().collect();
            BASE64_STANDARD.decode(compact).map_err(|_| ApiError::new(422, "content is not valid Base64"))?
        }
        _ => content.into_bytes(),
    };
    let sha = repository.git.write_blob(&bytes).await?;
    created(json!({
        "url": format!("{}/repos/{}/git/blobs/{sha}", context.world.urls.github, repository.slug()),
        "sha": sha,
    }))
}

pub(super) async fn tree(context: Context) -> Reply {
    let repository = context.repository(Role::Read)?;
    let name = context.part("sha");
    let rev = match repository.git.commit_ish(name).await? {
        Some(sha) => sha,
        None => name.to_owned(),
    };
    let output =
        repository.git.run(&["rev-parse", "--verify", "--quiet", &format!("{rev}^{{tree}}")]).await?;
    if output.code != 0 || name.starts_with('-') {
        return Err(ApiError::not_found());
    }
    let sha = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    ok(shown_tree(
        &context,
        &repository.slug(),
        &sha,
        repository.git.tree(&sha, context.parameter("recursive").is_some()).await?,
    ))
}

fn shown_tree(
    context: &Context,
    slug: &str,
    sha: &str,
    entries: Vec<crate::github::git::TreeEntry>,
) -> Value {
    let api = format!("{}/repos/{slug}/git", context.world.urls.github);
    let shown: Vec<Value> = entries
        .into_iter()
        .map(|entry| {
            let folder = if entry.kind == "tree" { "trees" } else { "blobs" };
            let mut value = json!({
                "path": entry.path,
                "mode": entry.mode,
                "type": entry.kind,
                "sha": entry.oid,
                "url": format!("{api}/{folder}/{}", entry.oid),
            });
            if let Some(size) = entry.size {
                value["size"] = json!(size);
            }
            value
        })
        .collect();
    json!({ "sha": sha, "url": format!("{api}/trees/{sha}"), "tree": shown, "truncated": false })
}

pub(super) async fn create_tree(context: Context, input: Input) -> Reply {
    let repository = context.repository(Role::Write)?;
    let base = input.text("base_tree")?;
    let entries = input.value("tree").and_then(Value::as_array).cloned();
    let entries = entries.ok_or_else(|| ApiError::invalid_request("\"tree\" wasn't supplied."))?;
    let mut index = String::new();
    for entry in &entries {
        let text = |name: &str| entry[name].as_str();
        let (Some(path), Some(mode)) = (text("path"), text("mode")) else {
            return Err(ApiError::new(422, "tree.path and tree.mode must be strings"));
        };
        let sha = match (text("sha"), text("content")) {
            (Some(sha), _) => sha.to_owned(),
            (None, Some(content)) => repository.git.write_blob(content.as_bytes()).await?,
            // `"sha": null` removes the file.
            (None, None) => "0".repeat(40),
        };
        let mode = if sha.bytes().all(|byte| byte == b'0') { "0" } else { mode };
        let _ = writeln!(index, "{mode} {sha}\t{path}");
    }
    let made = repository.git.write_tree(base.as_deref(), &index).await;
    let sha = made.map_err(|error| ApiError::new(422, format!("tree.sha is not a valid tree: {error}")))?;
    created(shown_tree(&context, &repository.slug(), &sha, repository.git.tree(&sha, false).await?))
}
