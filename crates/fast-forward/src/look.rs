//! What is read before anything is written.

use std::time::Duration;

use github::{
    ApiError, GitHub,
    branches::{self, BranchInfo},
    compare::{self, Gain, Relation},
    pulls::{self, PullRequest},
    rules::{self, Rule},
};
use model::{Branch, Failure};

use crate::{codes, request::Request};

/// The account of a workflow's own token.
const WORKFLOW: &str = "github-actions[bot]";

/// So long is waited for what helps to explain, but is not needed.
const EXTRA: Duration = Duration::from_secs(5);

/// Where a branch is, and what the target would add to it.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) branch: BranchInfo,
    pub(crate) gain: Gain,
}

/// What is around the branch, as far as it could be read: GitHub decides in the end.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// The rules that rulesets have for the branch; none where they could not be read.
    pub(crate) rules: Vec<Rule>,
    /// The open pull requests into the branch; `None` if they could not be listed.
    pub(crate) open: Option<Vec<PullRequest>>,
    /// Why they could not be listed.
    pub(crate) unlisted: Option<String>,
    /// Whether the token is the workflow's own, which no rule lets pass.
    pub(crate) is_workflow_token: bool,
}

/// Reads where `branch` is, seen from which the target lies somewhere.
pub(crate) async fn place(github: &GitHub, request: &Request, branch: &Branch) -> Result<Place, Failure> {
    let (repository, to) = (&request.repository, &request.to);
    let doing = format!("compare `{branch}` with {}", to.short());
    let (found, gain) = tokio::join!(
        branches::get(github, repository, branch),
        compare::gain(github, repository, branch.as_str(), to)
    );
    let branch =
        found.map_err(|error| error.into_failure(&doing))?.ok_or_else(|| missing(request, branch))?;
    // A tag can have the branch's name, and the branch can have moved between the two answers.
    if let Ok(gain) = gain
        && gain.tip == branch.sha
    {
        return Ok(Place { branch, gain });
    }
    match compare::gain(github, repository, branch.sha.as_str(), to).await {
        Ok(gain) => Ok(Place { branch, gain }),
        Err(ApiError::Rejected(rejection)) if rejection.says("no common ancestor") => {
            let cause = format!("cannot {doing}: the two have no commit in common");
            Err(Failure::new(&codes::HISTORIES_UNRELATED, cause))
        }
        Err(ApiError::Rejected(rejection)) if rejection.status == 404 => {
            Err(Failure::new(&codes::COMMIT_NOT_FOUND, format!("{repository} has no commit {to}")))
        }
        Err(error) => Err(error.into_failure(&doing)),
    }
}

/// Says that there is no such branch.
pub(crate) fn missing(request: &Request, branch: &Branch) -> Failure {
    let (repository, to) = (&request.repository, &request.to);
    let failure = Failure::new(&codes::BRANCH_NOT_FOUND, format!("{repository} has no branch `{branch}`"));
    if *branch != request.branch {
        // Nobody shall make it at the commit that it has to vouch for.
        return failure
            .with_remedy("Check `source`: it has to be a branch that contains the commit already.");
    }
    failure.with_remedy(format!(
        "Check `branch` and `repository`. A branch is not created here; once is enough: `gh api \
         repos/{repository}/git/refs -f ref=refs/heads/{branch} -f sha={to}`."
    ))
}

/// Refuses a target that the branch it has to come from lacks. GitHub serves the commits of all forks by their ids, so
/// that being found in the repository proves nothing.
pub(crate) async fn source(github: &GitHub, request: &Request) -> Result<(), Failure> {
    let Some(source) = &request.source else { return Ok(()) };
    match place(github, request, source).await?.gain.relation {
        Relation::Identical | Relation::Behind => Ok(()),
        Relation::Ahead | Relation::Diverged => {
            let cause = format!("`{source}` does not contain {}, and `source` demands it", request.to);
            Err(Failure::new(&codes::COMMIT_NOT_IN_SOURCE, cause))
        }
    }
}

/// Reads what is around the branch. `is_app` tells that the token was made for this run.
pub(crate) async fn survey(github: &GitHub, request: &Request, is_app: bool) -> Survey {
    let (repository, branch) = (&request.repository, &request.branch);
    let login = async { if is_app { None } else { github::viewer(github).await.ok() } };
    let (rules, open, login) = tokio::join!(
        extra(github, async { rules::of_branch(github, repository, branch).await.ok() }),
        extra(github, async { Some(pulls::list_open(github, repository, branch.as_str(), None).await) }),
        extra(github, login),
    );
    let (open, unlisted) = match open {
        Some(Ok(open)) => (Some(open), None),
        Some(Err(error)) => (None, Some(error.to_string())),
        None => (None, Some("GitHub took too long".to_owned())),
    };
    Survey {
        rules: rules.unwrap_or_default(),
        open,
        unlisted,
        is_workflow_token: login.is_some_and(|login| login == WORKFLOW),
    }
}

async fn extra<T>(github: &GitHub, reading: impl Future<Output = Option<T>>) -> Option<T> {
    tokio::time::timeout(github.deadline().cap(EXTRA), reading).await.ok().flatten()
}
