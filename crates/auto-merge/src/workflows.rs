//! Pull requests that change workflow files, which can hold the gate itself. A workflow's own token cannot merge them
//! anyway, whatever its `permissions:` are (<https://docs.github.com/en/actions/concepts/security/github_token>).

use std::str::FromStr;

use github::{
    ApiError, GitHub,
    pulls::{self, PullRequest},
    viewer,
};
use model::ParseError;

use crate::request::{Credentials, Request};

/// The account of every workflow's own token.
pub(crate) const RUNS_OWN: &str = "github-actions[bot]";

/// GitHub lists no more files of a pull request
/// (<https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files>).
const MAX_FILES: u64 = 3000;

/// What becomes of a pull request that changes workflow files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WorkflowFiles {
    /// A person has to merge it.
    Refuse,
    /// It is merged as any other, by a token that may.
    Allow,
}

impl FromStr for WorkflowFiles {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text {
            "refuse" => Ok(Self::Refuse),
            "allow" => Ok(Self::Allow),
            _ => Err(ParseError::new("a policy for workflow files", text, "`refuse` or `allow`")),
        }
    }
}

/// The workflow files that a pull request changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Changed {
    /// These.
    Files(Vec<String>),
    /// GitHub does not list all of its files, so that any can be among them.
    Unlisted,
}

/// Returns the workflow files that a pull request adds, changes or takes away, as it is now. Where they are allowed, the
/// list only explains, and one that cannot be read is an empty one: GitHub itself refuses what the token may not.
pub(crate) async fn changed(
    github: &GitHub,
    request: &Request,
    pull: &PullRequest,
) -> Result<Changed, ApiError> {
    let is_allowed = request.workflow_files == WorkflowFiles::Allow;
    if pull.changed_files.is_some_and(|count| count >= MAX_FILES) {
        return Ok(if is_allowed { Changed::Files(Vec::new()) } else { Changed::Unlisted });
    }
    match listed(github, request).await {
        Err(_) if is_allowed => Ok(Changed::Files(Vec::new())),
        listed => listed.map(Changed::Files),
    }
}

/// Lists them.
pub(crate) async fn listed(github: &GitHub, request: &Request) -> Result<Vec<String>, ApiError> {
    let files = pulls::files(github, &request.repository, request.number).await?;
    let names = files.into_iter().flat_map(|file| [Some(file.filename), file.previous_filename]);
    Ok(names.flatten().filter(|name| is_workflow(name)).collect())
}

/// Whether a path is a workflow file, or a link in the place of their directory.
fn is_workflow(path: &str) -> bool {
    matches!(path, ".github" | ".github/workflows") || path.starts_with(".github/workflows/")
}

/// Whether the token is the workflow's own; no if that cannot be found out.
pub(crate) async fn is_runs_own(github: &GitHub, request: &Request) -> bool {
    may_be_runs_own(request) && viewer(github).await.is_ok_and(|login| login == RUNS_OWN)
}

/// One that is made for the run of an App is made for what is changed.
fn may_be_runs_own(request: &Request) -> bool {
    request.credentials.is_app() && matches!(request.credentials, Credentials::Token(_))
}

#[cfg(test)]
mod tests {
    use super::is_workflow;

    #[test]
    fn what_holds_a_workflow_is_told_by_its_path() {
        for path in [".github/workflows/prod.yml", ".github/workflows/a/b", ".github/workflows", ".github"] {
            assert!(is_workflow(path), "{path}");
        }
        for path in [".github/actions/a/action.yml", ".github/workflows.md", "a/.github/workflows/b.yml"] {
            assert!(!is_workflow(path), "{path}");
        }
    }
}
