//! The objects behind the schema's types, and their fields.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Problem, commit_fields, execute::Arguments, pull_fields, schema, tree_fields};
use crate::{
    faults::lock,
    github::{
        git::{Commit, TreeEntry},
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
        self.kind() == kind || schema::objects(kind).contains(&self.kind())
    }

    /// Resolves one field, which the schema knows.
    pub(super) async fn field(&self, context: &Context, name: &str, arguments: &Arguments) -> Resolution {
        match self {
            Self::Query => query(context, name, arguments),
            Self::Mutation => leaf(Value::Null),
            Self::Repository(repository) => of_repository(context, repository, name, arguments).await,
            Self::Ref(repository, full, sha) => of_ref(repository, full, sha, name).await,
            Self::Commit(repository, commit) => {
                commit_fields::field(context, repository, commit, name, arguments).await
            }
            Self::Object(repository, entry) => tree_fields::of_object(context, repository, entry, name).await,
            Self::Entry(repository, entry) => tree_fields::of_entry(repository, entry, name),
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
            "limit": 5000, "cost": 1, "used": 1, "remaining": 4999, "resetAt": context.github().clock.now(),
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
            allowed(context, repository, need::READ_PULL)?;
            let number = arguments.number("number").unwrap_or_default();
            if !lock(&repository.data).pulls.contains_key(&number) {
                let text = format!("Could not resolve to a PullRequest with the number of {number}.");
                return Err(Problem::of("NOT_FOUND", text));
            }
            one(Some(Node::Pull(repository.clone(), number)))
        }
        "pullRequests" => {
            allowed(context, repository, need::LIST_PULLS)?;
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
