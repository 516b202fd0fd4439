//! `commit`, `git-commit`, `git-ref`, `diff-entry`.

use serde_json::{Value, json};

use super::{node_id, user};
use crate::{
    faults::lock,
    github::{
        State,
        git::{ChangedFile, Commit, Person},
        repository::Repository,
    },
};

fn person(person: &Person) -> Value {
    json!({ "name": person.name, "email": person.email, "date": person.date })
}

/// The account behind an address of the form `ID+LOGIN@users.noreply.github.com`, or the web flow's.
fn account(state: &State, person: &Person) -> Value {
    if person.email == "noreply@github.com" {
        return user(state, "web-flow");
    }
    let local = person.email.strip_suffix("@users.noreply.github.com").unwrap_or(&person.email);
    let login = local.split_once('+').map_or(local, |(_, login)| login);
    if state.known_user(login).is_some() { user(state, login) } else { Value::Null }
}

fn verification(repository: &Repository, commit: &Commit) -> Value {
    if lock(&repository.data).signed.contains(&commit.sha) {
        let signature = "-----BEGIN PGP SIGNATURE-----\n\nsandbox\n-----END PGP SIGNATURE-----\n";
        json!({
            "verified": true,
            "reason": "valid",
            "signature": signature,
            "payload": format!("tree {}\n", commit.tree),
            "verified_at": commit.committer.date,
        })
    } else {
        json!({ "verified": false, "reason": "unsigned", "signature": null, "payload": null, "verified_at": null })
    }
}

/// The parents of a commit, whose addresses begin with `url` in the API and with `web` for people.
fn parents(commit: &Commit, url: &str, web: &str) -> Vec<Value> {
    let one = |sha: &String| json!({ "sha": sha, "url": format!("{url}/{sha}"), "html_url": format!("{web}/commit/{sha}") });
    commit.parents.iter().map(one).collect()
}

/// `commit` of the commits API.
pub(crate) fn commit(state: &State, repository: &Repository, commit: &Commit) -> Value {
    let slug = repository.slug();
    let (api, web) = (format!("{}/repos/{slug}", state.urls.github), format!("{}/{slug}", state.urls.github));
    let sha = &commit.sha;
    let parents = parents(commit, &format!("{api}/commits"), &web);
    json!({
        "sha": sha,
        "node_id": node_id("Commit", &format!("{}:{sha}", repository.id)),
        "commit": {
            "author": person(&commit.author),
            "committer": person(&commit.committer),
            "message": commit.message,
            "tree": { "sha": commit.tree, "url": format!("{api}/git/trees/{}", commit.tree) },
            "url": format!("{api}/git/commits/{sha}"),
            "comment_count": 0,
            "verification": verification(repository, commit),
        },
        "url": format!("{api}/commits/{sha}"),
        "html_url": format!("{web}/commit/{sha}"),
        "comments_url": format!("{api}/commits/{sha}/comments"),
        "author": account(state, &commit.author),
        "committer": account(state, &commit.committer),
        "parents": parents,
    })
}

/// `git-commit` of the Git database API.
pub(crate) fn git_commit(state: &State, repository: &Repository, commit: &Commit) -> Value {
    let slug = repository.slug();
    let (api, web) = (format!("{}/repos/{slug}", state.urls.github), format!("{}/{slug}", state.urls.github));
    let sha = &commit.sha;
    let parents = parents(commit, &format!("{api}/git/commits"), &web);
    json!({
        "sha": sha,
        "node_id": node_id("Commit", &format!("{}:{sha}", repository.id)),
        "url": format!("{api}/git/commits/{sha}"),
        "html_url": format!("{web}/commit/{sha}"),
        "author": person(&commit.author),
        "committer": person(&commit.committer),
        "tree": { "sha": commit.tree, "url": format!("{api}/git/trees/{}", commit.tree) },
        "message": commit.message,
        "parents": parents,
        "verification": verification(repository, commit),
    })
}

/// `git-ref`; `name` is the full name.
pub(crate) fn reference(state: &State, repository: &Repository, name: &str, sha: &str) -> Value {
    let api = format!("{}/repos/{}/git", state.urls.github, repository.slug());
    json!({
        "ref": name,
        "node_id": node_id("Ref", &format!("{}:{name}", repository.id)),
        "url": format!("{api}/{name}"),
        "object": { "sha": sha, "type": "commit", "url": format!("{api}/commits/{sha}") },
    })
}

/// `diff-entry`.
pub(crate) fn file(state: &State, repository: &Repository, head: &str, file: &ChangedFile) -> Value {
    let slug = repository.slug();
    let (api, web) = (format!("{}/repos/{slug}", state.urls.github), format!("{}/{slug}", state.urls.github));
    let path = &file.path;
    let mut value = json!({
        "sha": file.oid,
        "filename": path,
        "status": file.status,
        "additions": file.additions,
        "deletions": file.deletions,
        "changes": file.additions + file.deletions,
        "blob_url": format!("{web}/blob/{head}/{path}"),
        "raw_url": format!("{web}/raw/{head}/{path}"),
        "contents_url": format!("{api}/contents/{path}?ref={head}"),
    });
    if let Some(previous) = &file.previous {
        value["previous_filename"] = Value::String(previous.clone());
    }
    value
}
