//! The objects behind the schema's types, and their fields.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Problem, execute::Arguments, pull_fields};
use crate::{
    faults::lock,
    github::{
        error::ApiError,
        git::{Commit, Person, TreeEntry},
        policy,
        render::node_id,
        repository::Repository,
        rest::{Context, need},
    },
};

/// An object.
pub(super) enum Node {
    Query,
    Mutation,
    Repository(Arc<Repository>),
    /// A full ref name and its commit.
    Ref(Arc<Repository>, String, String),
    Commit(Arc<Repository>, Box<Commit>),
    /// A tree or a blob, by its entry.
    Object(Arc<Repository>, TreeEntry),
    Entry(Arc<Repository>, TreeEntry),
    Pull(Arc<Repository>, u64),
    /// Commits, how many there are, and whether there are more.
    Commits(&'static str, Arc<Repository>, Vec<Commit>, bool),
    Pulls(Arc<Repository>, Vec<u64>),
    /// The payload of a mutation: named objects.
    Payload(&'static str, Vec<(&'static str, Node)>, Value),
    /// Data by the schema's names.
    Data(&'static str, Value),
}

/// What a field comes to.
pub(super) enum Resolved {
    Leaf(Value),
    One(Node),
    Many(Vec<Node>),
    /// Objects as data, by the schema's names.
    Data(Value),
}

/// How much of a blob's text there is at most.
const MOST_TEXT: usize = 512 * 1024;

pub(super) type Resolution = Result<Resolved, Problem>;

#[expect(clippy::unnecessary_wraps, reason = "what every field comes to")]
pub(super) fn leaf(value: impl Into<Value>) -> Resolution {
    Ok(Resolved::Leaf(value.into()))
}

#[expect(clippy::unnecessary_wraps, reason = "what every field comes to")]
pub(super) fn one(node: Option<Node>) -> Resolution {
    Ok(node.map_or(Resolved::Leaf(Value::Null), Resolved::One))
}

impl Node {
    /// `__typename`.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Query => "Query",
            Self::Mutation => "Mutation",
            Self::Repository(_) => "Repository",
            Self::Ref(..) => "Ref",
            Self::Commit(..) => "Commit",
            Self::Object(_, entry) if entry.kind == "tree" => "Tree",
            Self::Object(..) => "Blob",
            Self::Entry(..) => "TreeEntry",
            Self::Pull(..) => "PullRequest",
            Self::Pulls(..) => "PullRequestConnection",
            Self::Commits(kind, ..) | Self::Payload(kind, ..) | Self::Data(kind, _) => kind,
        }
    }

    /// Does a fragment on `kind` apply?
    pub(super) fn is(&self, kind: &str) -> bool {
        let object = matches!(self, Self::Commit(..) | Self::Object(..));
        self.kind() == kind || (object && kind == "GitObject")
    }

    /// Resolves one field, which the schema knows.
    pub(super) async fn field(&self, context: &Context, name: &str, arguments: &Arguments) -> Resolution {
        match self {
            Self::Query => query(context, name, arguments),
            Self::Mutation => leaf(Value::Null),
            Self::Repository(repository) => of_repository(context, repository, name, arguments).await,
            Self::Ref(repository, full, sha) => of_ref(repository, full, sha, name).await,
            Self::Commit(repository, commit) => of_commit(context, repository, commit, name, arguments).await,
            Self::Object(repository, entry) => of_object(repository, entry, name).await,
            Self::Entry(repository, entry) => of_entry(repository, entry, name),
            Self::Pull(repository, number) => pull_fields::field(context, repository, *number, name).await,
            Self::Pulls(repository, numbers) => match name {
                "nodes" => {
                    let nodes = numbers.iter().map(|number| Self::Pull(repository.clone(), *number));
                    Ok(Resolved::Many(nodes.collect()))
                }
                _ => leaf(numbers.len()),
            },
            Self::Commits(_, repository, commits, more) => match name {
                "nodes" => {
                    let node = |commit: &Commit| Self::Commit(repository.clone(), Box::new(commit.clone()));
                    Ok(Resolved::Many(commits.iter().map(node).collect()))
                }
                "pageInfo" => Ok(Resolved::Data(json!({
                    "hasNextPage": more,
                    "hasPreviousPage": false,
                    "startCursor": commits.first().map(|commit| &commit.sha),
                    "endCursor": commits.last().map(|commit| &commit.sha),
                }))),
                _ => leaf(commits.len()),
            },
            Self::Payload(_, nodes, plain) => match nodes.iter().find(|(one, _)| *one == name) {
                Some((_, node)) => Ok(Resolved::One(node.share())),
                None => Ok(Resolved::Data(plain[name].clone())),
            },
            Self::Data(_, value) => Ok(Resolved::Data(value[name].clone())),
        }
    }

    /// Another handle on the same object, for the kinds that payloads hold.
    fn share(&self) -> Self {
        match self {
            Self::Commit(repository, commit) => Self::Commit(repository.clone(), commit.clone()),
            Self::Ref(repository, name, sha) => Self::Ref(repository.clone(), name.clone(), sha.clone()),
            Self::Pull(repository, number) => Self::Pull(repository.clone(), *number),
            other => Self::Data(other.kind(), Value::Null),
        }
    }
}

fn query(context: &Context, name: &str, arguments: &Arguments) -> Resolution {
    match name {
        "viewer" => Ok(Resolved::Data(pull_fields::actor(context, &context.actor().login))),
        "rateLimit" => Ok(Resolved::Data(json!({
            "limit": 5000, "cost": 1, "used": 1, "remaining": 4999, "resetAt": crate::github::clock::now(),
        }))),
        _ => {
            let slug = format!(
                "{}/{}",
                arguments.text("owner").unwrap_or_default(),
                arguments.text("name").unwrap_or_default()
            );
            one(Some(Node::Repository(find(context, &slug, need::METADATA)?)))
        }
    }
}

/// Returns a repository, with GraphQL's words for one that is not there.
pub(super) fn find(
    context: &Context,
    slug: &str,
    need: crate::github::rest::Need,
) -> Result<Arc<Repository>, Problem> {
    crate::github::rest::authorize(context.github(), context.token.as_ref(), slug, need).map_err(|error| {
        if error.status == 404 {
            let text = format!("Could not resolve to a Repository with the name '{slug}'.");
            return Problem::of("NOT_FOUND", text);
        }
        Problem { extensions: Some(Box::new(json!({ "saml_failure": false }))), ..Problem::from(error) }
    })
}

/// GraphQL answers what a token may not see with an error per field.
pub(super) fn allowed(
    context: &Context,
    repository: &Repository,
    need: crate::github::rest::Need,
) -> Result<(), Problem> {
    find(context, &repository.slug(), need).map(|_| ())
}

async fn of_repository(
    context: &Context,
    repository: &Arc<Repository>,
    name: &str,
    arguments: &Arguments,
) -> Resolution {
    match name {
        "ref" | "defaultBranchRef" => {
            allowed(context, repository, need::READ_CONTENTS)?;
            let default = lock(&repository.data).default_branch.clone();
            let asked = arguments.text("qualifiedName").unwrap_or(&default);
            let full =
                if asked.starts_with("refs/") { asked.to_owned() } else { format!("refs/heads/{asked}") };
            let sha = repository.git.resolve(&full).await?;
            one(sha.map(|sha| Node::Ref(repository.clone(), full, sha)))
        }
        "object" => {
            allowed(context, repository, need::READ_CONTENTS)?;
            let expression = arguments.text("expression").or_else(|| arguments.text("oid"));
            one(expression_node(repository, expression.unwrap_or_default()).await?)
        }
        "pullRequest" => {
            allowed(context, repository, need::READ_PULLS)?;
            let number = arguments.number("number").unwrap_or_default();
            if !lock(&repository.data).pulls.contains_key(&number) {
                let text = format!("Could not resolve to a PullRequest with the number of {number}.");
                return Err(Problem::of("NOT_FOUND", text));
            }
            one(Some(Node::Pull(repository.clone(), number)))
        }
        "pullRequests" => {
            allowed(context, repository, need::READ_PULLS)?;
            one(Some(Node::Pulls(repository.clone(), pull_fields::matching(repository, arguments))))
        }
        _ => Ok(Resolved::Data(repository_data(context, repository)[name].take())),
    }
}

fn repository_data(context: &Context, repository: &Repository) -> Value {
    let data = lock(&repository.data);
    let app = context.token.as_ref().is_some_and(crate::github::token::Token::is_app);
    let role = data.role(&context.actor().login).filter(|_| !app);
    json!({
        "id": node_id("Repository", &repository.id.to_string()),
        "databaseId": repository.id,
        "name": repository.name,
        "nameWithOwner": repository.slug(),
        "owner": pull_fields::actor(context, &repository.owner),
        "url": format!("{}/{}", context.world.urls.github, repository.slug()),
        "isPrivate": !data.public,
        "visibility": data.visibility().to_uppercase(),
        "viewerPermission": role.map(|role| role.name().to_uppercase()),
        "autoMergeAllowed": data.allow_auto_merge,
        "mergeCommitAllowed": data.merge_methods["merge"],
        "squashMergeAllowed": data.merge_methods["squash"],
        "rebaseMergeAllowed": data.merge_methods["rebase"],
        "deleteBranchOnMerge": data.delete_branch_on_merge,
    })
}

/// `object(expression:)`: a commit, or `REV:PATH`.
async fn expression_node(repository: &Arc<Repository>, expression: &str) -> Result<Option<Node>, Problem> {
    let (rev, path) = expression.split_once(':').map_or((expression, None), |(rev, path)| (rev, Some(path)));
    let rev = if rev == "HEAD" { lock(&repository.data).default_branch.clone() } else { rev.to_owned() };
    let Some(sha) = repository.git.commit_ish(&rev).await? else { return Ok(None) };
    Ok(match path {
        None => repository.git.commit(&sha).await?.map(|one| Node::Commit(repository.clone(), Box::new(one))),
        Some(path) => {
            repository.git.entry(&sha, path).await?.map(|entry| Node::Object(repository.clone(), entry))
        }
    })
}

async fn of_ref(repository: &Arc<Repository>, full: &str, sha: &str, name: &str) -> Resolution {
    let cut = full.match_indices('/').nth(1).map_or(0, |(at, _)| at + 1);
    match name {
        "target" => {
            let commit = repository.git.commit(sha).await?;
            one(commit.map(|commit| Node::Commit(repository.clone(), Box::new(commit))))
        }
        "name" => leaf(&full[cut..]),
        "prefix" => leaf(&full[..cut]),
        _ => leaf(node_id("Ref", &format!("{}:{full}", repository.id))),
    }
}

async fn of_commit(
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

fn of_entry(repository: &Arc<Repository>, entry: &TreeEntry, name: &str) -> Resolution {
    let file_name = entry.path.rsplit('/').next().unwrap_or_default();
    match name {
        "name" => leaf(file_name),
        "path" => leaf(entry.path.as_str()),
        // An Int of the schema: the octal digits as a number.
        "mode" => leaf(u64::from_str_radix(&entry.mode, 8).unwrap_or_default()),
        "type" => leaf(entry.kind.as_str()),
        "oid" => leaf(entry.oid.as_str()),
        "size" => leaf(entry.size.unwrap_or_default()),
        _ => one(Some(Node::Object(repository.clone(), entry.clone()))),
    }
}

async fn of_object(repository: &Arc<Repository>, entry: &TreeEntry, name: &str) -> Resolution {
    match name {
        "oid" => return leaf(entry.oid.as_str()),
        "abbreviatedOid" => return leaf(&entry.oid[..7]),
        "byteSize" => return leaf(entry.size.unwrap_or_default()),
        "entries" => {
            let prefix = if entry.path.is_empty() { String::new() } else { format!("{}/", entry.path) };
            let mut entries = repository.git.tree(&entry.oid, false).await?;
            for one in &mut entries {
                one.path = format!("{prefix}{}", one.path);
            }
            let nodes = entries.into_iter().map(|one| Node::Entry(repository.clone(), one));
            return Ok(Resolved::Many(nodes.collect()));
        }
        "isBinary" | "isTruncated" | "text" => {}
        _ => return leaf(node_id("GitObject", &format!("{}:{}", repository.id, entry.oid))),
    }
    let bytes = repository.git.blob(&entry.oid).await?.ok_or_else(ApiError::not_found)?;
    let binary = bytes.contains(&0);
    match name {
        "isBinary" => leaf(binary),
        "isTruncated" => leaf(bytes.len() > MOST_TEXT),
        _ if binary => leaf(Value::Null),
        // GitHub decodes; what is no UTF-8 does not come through unharmed.
        _ => leaf(String::from_utf8_lossy(&bytes[..bytes.len().min(MOST_TEXT)]).into_owned()),
    }
}
