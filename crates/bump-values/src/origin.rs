//! Which run wants the values: what its commit says about itself, and what makes two runs comparable.

use model::{CommitSha, RepoSlug};
use toolkit::{Env, GitHubContext};

/// The run, as far as there is one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The repository of the run, `owner/repo`.
    pub(crate) repository: Option<RepoSlug>,
    /// The commit that the run was started for.
    pub(crate) sha: Option<CommitSha>,
    /// The workflow's name: run numbers count per workflow.
    pub(crate) workflow: Option<String>,
    /// The login that started the run.
    pub(crate) actor: Option<String>,
    /// `GITHUB_RUN_NUMBER`, else `GITHUB_RUN_ID`. A re-run keeps both.
    pub(crate) run: Option<u64>,
}

impl Origin {
    /// Reads the runner's variables.
    pub(crate) fn from_env(env: &Env) -> Self {
        let context = GitHubContext::from_env(env);
        let number = |text: Option<String>| text.and_then(|text| text.parse().ok());
        Self {
            repository: context.repository,
            sha: context.sha.and_then(|sha| sha.parse().ok()),
            // A name may be anything; a line break would end the trailer.
            workflow: env
                .get("GITHUB_WORKFLOW")
                .map(|name| name.split_whitespace().collect::<Vec<_>>().join(" ")),
            actor: context.actor,
            run: number(context.run_number).or_else(|| number(context.run_id)),
        }
    }
}
