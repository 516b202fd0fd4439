//! The inputs, and their validation.

use std::time::Duration;

use github::Endpoints;
use model::{Branch, CommitSha, Failure, RepoSlug};
use toolkit::{AppArgs, Check, CommonArgs, Env, GitHubContext};

use crate::request::{Credentials, OnDiverged, Request, sync_branch};

/// How long the whole may take, if nothing else is asked for.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// The arguments as they are given.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Args {
    /// Branch to bring forward
    #[arg(long, value_name = "BRANCH")]
    pub branch: Option<String>,

    /// Full id of the commit that the branch shall have, never a branch's name
    #[arg(long, value_name = "SHA")]
    pub to: Option<String>,

    /// Branch that has to contain `to`, such as `prod`; a commit that it lacks is refused. GitHub finds commits of forks by their id too
    #[arg(long, value_name = "BRANCH")]
    pub source: Option<String>,

    /// When it is no fast-forward: `back-merge` (the default; a conflict opens a pull request), `pull-request` or `fail`
    #[arg(long, value_name = "POLICY")]
    pub on_diverged: Option<String>,

    /// When a rule forbids to move the branch: `fail` (the default), or `pull-request`, which opens one or adds to the one that is open
    #[arg(long, value_name = "POLICY")]
    pub on_protected: Option<String>,

    /// Repository of the branch, `owner/name`; the workflow's if not given
    #[arg(long, value_name = "REPOSITORY")]
    pub repository: Option<String>,

    /// Token that may push to the branch; falls back to `GITHUB_TOKEN`
    #[arg(long, value_name = "env:NAME")]
    pub token: Option<String>,

    /// Instead of a token.
    #[command(flatten)]
    pub app: AppArgs,

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
        let source = check.optional("source", self.source.as_deref(), str::parse::<Branch>);
        let on_protected =
            check.optional("on-protected", self.on_protected.as_deref(), str::parse).unwrap_or_default();
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
        let credentials = self.credentials(&mut check);
        let sync_branch = branch.as_ref().map(sync_branch).transpose()?;
        let parts = (branch, sync_branch, to, repository, credentials);
        let request = match parts {
            (Some(branch), Some(sync_branch), Some(to), Some(repository), Some(credentials)) => {
                Some(Request {
                    repository,
                    branch,
                    sync_branch,
                    to,
                    source,
                    on_diverged,
                    on_protected,
                    dry_run,
                    budget,
                    endpoints: Endpoints { api: context.api_url, graphql: context.graphql_url },
                    credentials,
                })
            }
            _ => None,
        };
        check.finish(request)
    }

    /// The App if there is one: a token is always there in a workflow.
    fn credentials(&self, check: &mut Check<'_>) -> Option<Credentials> {
        if self.app.is_given() {
            return self.app.resolve(check).map(Credentials::App);
        }
        let token = check.secret("token", self.token.as_deref(), &["GITHUB_TOKEN"]);
        if token.is_none() && self.token.is_none() {
            check.problem("token", "is required: pass it, set `GITHUB_TOKEN`, or pass an App");
        }
        token.map(Credentials::Token)
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, Command, FromArgMatches as _};

    use super::*;
    use crate::request::OnProtected;

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
        assert!(request.on_protected == OnProtected::Fail && request.source.is_none());
        assert!(matches!(request.credentials, Credentials::Token(_)));
    }

    #[test]
    fn an_app_comes_before_the_token_that_is_always_there() {
        let to = format!("--to={}", "a".repeat(40));
        let app =
            ["--branch=dev", &to, "--app-id=7", "--app-private-key=env:KEY", "--token=env:GITHUB_TOKEN"];
        let env: Vec<_> = WORKFLOW.iter().copied().chain([("KEY", "pem")]).collect();
        assert!(matches!(parse(&app, &env).unwrap().credentials, Credentials::App(_)));
        let half = parse(&app[..3], &env).unwrap_err();
        assert_eq!(half.cause, "input `app-private-key` is required with `app-id`");
    }

    #[test]
    fn all_problems_come_at_once() {
        let failure = parse(
            &["--to=prod", "--on-diverged=rebase", "--on-protected=force", "--source=a..b", "--timeout=0"],
            &[],
        )
        .unwrap_err();
        insta::assert_snapshot!(failure.notes.join("\n"), @"
        input `branch` is required and empty
        input `to`: `prod` is not a commit id: expected 40 hexadecimal digits, not a branch or an abbreviation
        input `on-diverged`: `rebase` is not a policy for diverged branches: expected `back-merge`, `pull-request` or `fail`
        input `source`: `a..b` is not a branch name: expected a name that `git check-ref-format --branch` accepts
        input `on-protected`: `force` is not a policy for protected branches: expected `fail` or `pull-request`
        input `repository` is required outside a workflow
        input `timeout`: `0` is not a duration: expected more than nothing
        input `token` is required: pass it, set `GITHUB_TOKEN`, or pass an App
        ");
    }
}
