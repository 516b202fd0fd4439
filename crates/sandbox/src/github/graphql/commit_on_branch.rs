//! The mutation `createCommitOnBranch`
//! (<https://docs.github.com/en/graphql/reference/mutations#createcommitonbranch>).

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::{
    Problem,
    objects::{Node, Resolution, Resolved, find},
    something_went_wrong,
};
use crate::{
    faults::lock,
    github::{
        git::{Change, NewCommit},
        merge::WEB_FLOW,
        policy::{self, Refusal, Update},
        repository::Repository,
        rest::{Context, need},
    },
};

fn stale(expected: &str) -> Problem {
    // Two spaces, as in the replies that people quote.
    let text = format!("Expected branch to point to \"{expected}\" but it did not.  Pull and try again.");
    Problem::of("STALE_DATA", text)
}

/// The variable must have what the schema requires.
fn required<'a>(input: &'a Value, path: &[&str]) -> Result<&'a str, Problem> {
    let found = path.iter().fold(input, |value, name| &value[*name]);
    found.as_str().ok_or_else(|| {
        let text = "Variable $input of type CreateCommitOnBranchInput! was provided invalid value for";
        let name = path.join(".");
        let why = json!([{ "path": path, "explanation": "Expected value to not be null" }]);
        let extensions = Some(Box::new(json!({ "value": input, "problems": why })));
        Problem { extensions, ..Problem::new(format!("{text} {name} (Expected value to not be null)")) }
    })
}

pub(super) async fn run(context: &Context, input: &Value) -> Resolution {
    let expected = required(input, &["expectedHeadOid"])?;
    let headline = required(input, &["message", "headline"])?;
    let slug = required(input, &["branch", "repositoryNameWithOwner"])?;
    let branch = required(input, &["branch", "branchName"])?;
    let branch = branch.strip_prefix("refs/heads/").unwrap_or(branch);
    let repository = find(context, slug, need::WRITE_CONTENTS)?;
    let changes = changes(&input["fileChanges"])?;
    let message = match input["message"]["body"].as_str() {
        Some(body) if !body.is_empty() => format!("{headline}\n\n{body}"),
        _ => headline.to_owned(),
    };
    let _updates = repository.updates.lock().await;
    let head = repository.git.branch(branch).await?;
    let missing = || Problem::of("NOT_FOUND", format!("Branch '{branch}' not found on repository '{slug}'."));
    if head.ok_or_else(missing)? != expected {
        return Err(stale(expected));
    }
    check_paths(context, &repository, expected, &changes).await?;
    let actor = context.actor();
    let user = context.github().user(&actor.login);
    let (author, email) = (user.login.as_str(), user.email());
    let new = NewCommit {
        parent: Some(expected),
        author: (author, &email),
        committer: WEB_FLOW,
        message: &message,
        changes: &changes,
    };
    let sha = repository.git.write_commit(&new).await?;
    let refusal =
        policy::direct_update(&lock(&repository.data), branch, &actor.login, Update::FastForward(&sha));
    if let Some(refusal) = refusal {
        return Err(refused(&refusal));
    }
    lock(&repository.data).signed.insert(sha.clone());
    if !context.github().move_branch(&repository, &actor, branch, Some(expected), Some(&sha)).await? {
        return Err(stale(expected));
    }
    let commit = repository.git.commit(&sha).await?.ok_or_else(missing)?;
    let nodes = vec![
        ("commit", Node::Commit(repository.clone(), Box::new(commit))),
        ("ref", Node::Ref(repository.clone(), format!("refs/heads/{branch}"), sha)),
    ];
    let plain = json!({ "clientMutationId": input["clientMutationId"] });
    Ok(Resolved::One(Node::Payload("CreateCommitOnBranchPayload", nodes, plain)))
}

/// How GraphQL words a refusal by rules.
pub(super) fn refused(refusal: &Refusal) -> Problem {
    let kind = if refusal.classic { "BRANCH_PROTECTION_RULE_VIOLATION" } else { "UNPROCESSABLE" };
    Problem::of(kind, refusal.message())
}

fn changes(input: &Value) -> Result<Vec<Change>, Problem> {
    let mut changes = Vec::new();
    for name in ["additions", "deletions"] {
        match input.get(name) {
            None => {}
            // GitHub fails over a null list.
            Some(Value::Array(list)) => {
                for one in list {
                    changes.push(change(one, name == "additions")?);
                }
            }
            Some(_) => return Err(Problem::new(something_went_wrong())),
        }
    }
    Ok(changes)
}

fn change(one: &Value, addition: bool) -> Result<Change, Problem> {
    let path = one["path"].as_str().unwrap_or_default();
    let bad = path.is_empty() || path.split('/').any(|part| matches!(part, "" | "." | ".." | ".git"));
    if bad {
        return Err(Problem::of("UNPROCESSABLE", format!("The path \"{path}\" is not valid.")));
    }
    if !addition {
        return Ok(Change::Delete { path: path.to_owned() });
    }
    let contents = one["contents"].as_str().unwrap_or_default();
    let bytes = BASE64_STANDARD.decode(contents.trim());
    let bytes = bytes.map_err(|_| {
        Problem::new(format!("Could not decode the contents of \"{path}\": it is not valid Base64."))
    })?;
    // New content always becomes an ordinary file, whatever the path was before.
    Ok(Change::Put { path: path.to_owned(), mode: "100644", bytes })
}

/// What is removed must be there; workflow files need a permission of their own.
async fn check_paths(
    context: &Context,
    repository: &Repository,
    head: &str,
    changes: &[Change],
) -> Result<(), Problem> {
    for change in changes {
        let (Change::Put { path, .. } | Change::Delete { path }) = change;
        if path.starts_with(".github/workflows/") && !context.may_change_workflows() {
            return Err(Problem::of("FORBIDDEN", policy::workflow_text(path)));
        }
        if matches!(change, Change::Delete { .. }) && repository.git.entry(head, path).await?.is_none() {
            let text =
                format!("A path was requested for deletion which does not exist as of commit oid `{head}`");
            return Err(Problem::of("UNPROCESSABLE", text));
        }
    }
    Ok(())
}
