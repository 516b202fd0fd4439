//! The inputs, and their validation.

use std::time::Duration;

use github::Endpoints;
use model::{Branch, CommitSha, Failure, RepoSlug};
use toolkit::{Check, CommonArgs, Env, GitHubContext};

use crate::request::{OnDiverged, Request, sync_branch};

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// The arguments as they are given.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Args {
    /// Branch to bring forward
    #[arg(long, value_name = "BRANCH")]
    pub branch: Option<String>,

    /// Full id of the commit that the branch shall have, never a branch's name
    #[arg(long, value_name = "SHA")]
    pub to: Option<String>,

    /// When it is no fast-forward: `back-merge` (the default; a conflict opens a pull request), `pull-request` or `fail`
    #[arg(long, value_name = "POLICY")]
    pub on_diverged: Option<String>,

    /// Repository of the branch, `owner/name`; the workflow's if not given
    #[arg(long, value_name = "REPOSITORY")]
    pub repository: Option<String>,

    /// Token that may push to the branch; falls back to `GITHUB_TOKEN`
    #[arg(long, value_name = "env:NAME")]
    pub token: Option<String>,

    /// What every action has.
    #[command(flatten)]
    pub common: CommonArgs,
}

impl Args {
    /// Validates all inputs at once.
    pub(crate) fn into_request(self, env: &Env) -> Result<Request, Failure> {
        let context = GitHubContext::from_env(env);
        let mut check = Check::new(env);
        let branch = check.required("branch", self.branch.as_deref(), str::parse::<Branch>);
        let to = check.required("to", self.to.as_deref(), str::parse::<CommitSha>);
        let on_diverged = check
            .optional("on-diverged", self.on_diverged.as_deref(), str::parse)
            .unwrap_or(OnDiverged::BackMerge);
        let given = self.repository.as_deref().filter(|text| !text.trim().is_empty());
        if given.is_none() && context.repository.is_none() {
            check.problem("repository", "is required outside a workflow");
        }
        let repository = match given {
            Some(text) => check.optional("repository", Some(text), str::parse::<RepoSlug>),
            None => context.repository.clone(),
        };
        let budget = self.common.budget(&mut check, DEFAULT_TIMEOUT);
        let dry_run = self.common.dry_run(&mut check);
        let token = check.secret("token", self.token.as_deref(), &["GITHUB_TOKEN"]);
        if token.is_none() && self.token.is_none() {
            check.problem("token", "is required: pass it, or set `GITHUB_TOKEN`");
        }
        let sync_branch = branch.as_ref().map(sync_branch).transpose()?;
        let parts = (branch, sync_branch, to, repository, token);
        let request =
            if let (Some(branch), Some(sync_branch), Some(to), Some(repository), Some(token)) = parts {
                let endpoints = Endpoints { api: context.api_url, graphql: context.graphql_url };
                Some(Request {
                    repository,
                    branch,
                    sync_branch,
                    to,
                    on_diverged,
                    dry_run,
                    budget,
                    endpoints,
                    token,
                })
            } else {
                None
            };
        check.finish(request)
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, Command, FromArgMatches as _};

    use super::*;

    fn parse(argv: &[&str], env: &[(&str, &str)]) -> Result<Request, Failure> {
        let command = Args::augment_args(Command::new("fast-forward"));
        let argv = std::iter::once("fast-forward").chain(argv.iter().copied());
        let args = Args::from_arg_matches(&command.try_get_matches_from(argv).unwrap()).unwrap();
        args.into_request(&Env::from_pairs(env.iter().copied()))
    }

    const WORKFLOW: &[(&str, &str)] = &[("GITHUB_REPOSITORY", "org/x"), ("GITHUB_TOKEN", "t")];

    #[test]
    fn a_branch_and_a_commit_are_enough() {
        let to = "a".repeat(40);
        let request = parse(&["--branch=dev", &format!("--to={to}")], WORKFLOW).unwrap();
        assert_eq!(request.sync_branch.as_str(), "day2/sync-dev");
        assert_eq!((request.on_diverged, request.budget.as_secs()), (OnDiverged::BackMerge, 30));
    }

    #[test]
    fn all_problems_come_at_once() {
        let failure = parse(&["--to=prod", "--on-diverged=rebase", "--timeout=0"], &[]).unwrap_err();
        insta::assert_snapshot!(failure.notes.join("\n"), @"
        input `branch` is required and empty
        input `to`: `prod` is not a commit id: expected 40 hexadecimal digits, not a branch or an abbreviation
        input `on-diverged`: `rebase` is not a policy for diverged branches: expected `back-merge`, `pull-request` or `fail`
        input `repository` is required outside a workflow
        input `timeout`: `0` is not a duration: expected more than nothing
        input `token` is required: pass it, or set `GITHUB_TOKEN`
        ");
    }
}
