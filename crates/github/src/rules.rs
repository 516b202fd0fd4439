//! The rules of a branch that a workflow's token may read (<https://docs.github.com/en/rest/repos/rules>);
//! classic branch protection needs `administration: read`, which `GITHUB_TOKEN` never has.

use model::{Branch, RepoSlug};
use serde::Deserialize;
use serde_json::Value;

use crate::{ApiError, GitHub, pages, path};

/// A rule that is in force.
#[derive(Debug, Clone, Deserialize)]
pub struct Rule {
    /// `pull_request`, `required_status_checks`, `merge_queue`, `update`, `non_fast_forward`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// The ruleset that has it.
    #[serde(default)]
    pub ruleset_id: Option<u64>,
    /// Its parameters, by kind.
    #[serde(default)]
    pub parameters: Value,
}

/// Lists the rules of a branch. Needs `metadata: read`.
pub async fn of_branch(
    github: &GitHub,
    repository: &RepoSlug,
    branch: &Branch,
) -> Result<Vec<Rule>, ApiError> {
    // The branch is one part of the path, slashes encoded.
    pages::all(github, &path::repo(repository, &format!("/rules/branches/{}", path::part(branch.as_str()))))
        .await
}
