//! `Commit`, with its history and its files.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    Problem,
    execute::Arguments,
    objects::{Node, Resolution, Resolved, leaf, one},
    pull_fields,
};
use crate::{
    faults::lock,
    github::{
        git::{Commit, Person, TreeEntry},
        policy,
        render::node_id,
        repository::Repository,
        rest::Context,
    },
};

pub(super) async fn field(
    context: &Context,
    repository: &Arc<Repository>,
    commit: &Commit,
    name: &str,
    arguments: &Arguments,
) -> Resolution {
    let sha = &commit.sha;
    let (headline, body) = commit.message.split_once('\n').unwrap_or((&commit.message, ""));
    let url = format!("{}/{}/commit/{sha}", context.world.urls.github, repository.slug());
    match name {
        "oid" => leaf(sha.as_str()),
        "abbreviatedOid" => leaf(&sha[..7]),
        "url" | "commitUrl" => leaf(url),
        "message" => leaf(commit.message.as_str()),
        "messageHeadline" => leaf(headline),
        "messageBody" => leaf(body.trim_start_matches('\n')),
        "authoredDate" => leaf(commit.author.date.as_str()),
        "committedDate" => leaf(commit.committer.date.as_str()),
        "author" => Ok(Resolved::Data(git_actor(context, &commit.author))),
        "committer" => Ok(Resolved::Data(git_actor(context, &commit.committer))),
        "signature" => {
            let signed = lock(&repository.data).signed.contains(sha);
            let shown = json!({
                "__typename": "GpgSignature",
                "isValid": true,
                "wasSignedByGitHub": true,
                "state": "VALID",
                "email": "noreply@github.com",
                "signature": "-----BEGIN PGP SIGNATURE-----\n\nsandbox\n-----END PGP SIGNATURE-----\n",
                "payload": format!("tree {}\n", commit.tree),
            });
            Ok(Resolved::Data(if signed { shown } else { Value::Null }))
        }
        "tree" => {
            let entry = TreeEntry {
                mode: "040000".to_owned(),
                kind: "tree".to_owned(),
                oid: commit.tree.clone(),
                size: None,
                path: String::new(),
            };
            one(Some(Node::Object(repository.clone(), entry)))
        }
        "parents" => {
            let mut parents = Vec::new();
            for parent in &commit.parents {
                parents.extend(repository.git.commit(parent).await?);
            }
            one(Some(Node::Commits("CommitConnection", repository.clone(), parents, false)))
        }
        "history" => history(repository, sha, arguments).await,
        "file" => {
            let path = arguments.text("path").unwrap_or_default();
            let entry = repository.git.entry(sha, path).await?;
            one(entry.map(|entry| Node::Entry(repository.clone(), entry)))
        }
        "statusCheckRollup" => {
            let checks = policy::checks(&lock(&repository.data), sha);
            let has = |wanted: Option<bool>| checks.iter().any(|(_, passed)| *passed == wanted);
            let state = if has(Some(false)) {
                "FAILURE"
            } else if has(None) {
                "PENDING"
            } else {
                "SUCCESS"
            };
            Ok(Resolved::Data(if checks.is_empty() { Value::Null } else { json!({ "state": state }) }))
        }
        _ => leaf(node_id("Commit", &format!("{}:{sha}", repository.id))),
    }
}

async fn history(repository: &Arc<Repository>, sha: &str, arguments: &Arguments) -> Resolution {
    let Some(first) = arguments.number("first") else {
        let text =
            "You must provide a `first` or `last` value to properly paginate the `history` connection.";
        return Err(Problem::of("MISSING_PAGINATION_BOUNDARIES", text));
    };
    if first > 100 {
        let text = format!(
            "Requesting {first} records on the `history` connection exceeds the `first` limit of 100 records."
        );
        return Err(Problem::of("EXCESSIVE_PAGINATION", text));
    }
    let count = format!("--max-count={}", first + 1);
    let mut query = vec![count.as_str(), sha];
    if let Some(path) = arguments.text("path") {
        query.extend(["--", path]);
    }
    let mut commits = repository.git.log(&query).await?;
    let more = commits.len() as u64 > first;
    commits.truncate(usize::try_from(first).unwrap_or(usize::MAX));
    one(Some(Node::Commits("CommitHistoryConnection", repository.clone(), commits, more)))
}

fn git_actor(context: &Context, person: &Person) -> Value {
    let local = person.email.strip_suffix("@users.noreply.github.com").unwrap_or_default();
    let login = local.split_once('+').map_or(local, |(_, login)| login);
    let user = context.github().known_user(login).map(|user| pull_fields::actor(context, &user.login));
    json!({ "name": person.name, "email": person.email, "date": person.date, "user": user })
}
