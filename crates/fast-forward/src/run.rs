//! Compares, plans, moves, and looks again when the world moved meanwhile.

use std::time::Duration;

use clap::{ArgMatches, FromArgMatches as _};
use github::{ApiError, GitHub, compare, refs};
use model::{CommitSha, Deadline, Failure};
use toolkit::{Host, Phases};

use crate::{
    apply::{self, Step},
    args::Args,
    codes,
    outcome::{Done, Outcome},
    plan::{Plan, plan},
    report,
    request::Request,
    standing,
};

const MAX_ATTEMPTS: u32 = 6;

/// Runs the action with parsed arguments.
pub async fn run(matches: &ArgMatches, host: &Host) -> Result<(), Failure> {
    let args = Args::from_arg_matches(matches)
        .map_err(|error| Failure::new(&model::codes::INVALID_INPUT, error.to_string()))?;
    let request = args.into_request(host.env())?;
    host.mask(&request.token);
    let github = GitHub::new(request.endpoints.clone(), &request.token, Deadline::after(request.budget))?;
    let phases = Phases::new();
    match bring_forward(&github, &request, host, &phases).await {
        Ok(outcome) => host.publish(&report::done(&request, &outcome, &phases.rows())),
        Err(failure) => {
            // Outputs that cannot be written must not hide the failure.
            let _ = host.publish(&report::failed());
            Err(failure)
        }
    }
}

async fn bring_forward(
    github: &GitHub,
    request: &Request,
    host: &Host,
    phases: &Phases,
) -> Result<Outcome, Failure> {
    let mut first = None;
    // What our own last write would have done, if it took effect without an answer.
    let mut in_doubt = None;
    for attempt in 0..MAX_ATTEMPTS {
        let (tip, relation) = phases.time("compare", look(github, request)).await?;
        let from = first.get_or_insert_with(|| tip.clone()).clone();
        let plan = plan(relation, request.on_diverged);
        if let (true, Some(would)) = (request.dry_run, would(plan)) {
            return Ok(Outcome { from, sha: tip, done: Done::Would(would) });
        }
        let (step, done) = match plan {
            Plan::Nothing => {
                let done = in_doubt.filter(|_| tip != from).unwrap_or(Done::UpToDate);
                return Ok(Outcome { from, sha: tip, done });
            }
            Plan::Fail => return Err(diverged(request, &tip)),
            Plan::FastForward => {
                (phases.time("move", apply::fast_forward(github, request)).await?, Done::FastForwarded)
            }
            Plan::BackMerge => {
                (phases.time("merge", apply::back_merge(github, request)).await?, Done::BackMerged)
            }
            Plan::PullRequest => (Step::Conflict, Done::UpToDate),
        };
        match step {
            Step::Moved(sha) => return Ok(Outcome { from, sha, done }),
            Step::Conflict => {
                let done = phases.time("pull-request", standing::ensure(github, request)).await?;
                return Ok(Outcome { from, sha: tip, done });
            }
            Step::Again(why) => host.info(&format!("looking again: {why}")),
            Step::InDoubt(why) => {
                host.info(&format!("looking whether it took effect: {why}"));
                in_doubt = Some(done);
            }
        }
        tokio::time::sleep(github.deadline().cap(Duration::from_millis(250 << attempt))).await;
    }
    let cause =
        format!("cannot bring `{}` to {} in {MAX_ATTEMPTS} attempts", request.branch, request.to.short());
    Err(Failure::new(&codes::BRANCH_CONTENDED, cause))
}

/// Where the branch is, and where the target is from there.
async fn look(github: &GitHub, request: &Request) -> Result<(CommitSha, compare::Relation), Failure> {
    let doing = format!("compare `{}` with {}", request.branch, request.to.short());
    let tip = refs::get(github, &request.repository, &request.branch)
        .await
        .map_err(|error| error.into_failure(&doing))?
        .ok_or_else(|| {
            let cause = format!("{} has no branch `{}`", request.repository, request.branch);
            Failure::new(&codes::BRANCH_NOT_FOUND, cause)
        })?;
    let place = compare::compare(github, &request.repository, tip.as_str(), request.to.as_str()).await;
    match place {
        Ok(place) => Ok((tip, place.status)),
        Err(ApiError::Rejected(rejection)) if rejection.status == 404 => {
            let cause = format!("{} has no commit {}", request.repository, request.to);
            Err(Failure::new(&codes::COMMIT_NOT_FOUND, cause))
        }
        Err(error) => Err(error.into_failure(&doing)),
    }
}

fn would(plan: Plan) -> Option<&'static str> {
    match plan {
        Plan::FastForward => Some("would-fast-forward"),
        Plan::BackMerge => Some("would-back-merge"),
        Plan::PullRequest => Some("would-open-pull-request"),
        Plan::Nothing | Plan::Fail => None,
    }
}

fn diverged(request: &Request, tip: &CommitSha) -> Failure {
    let (branch, to) = (&request.branch, &request.to);
    let cause = format!("`{branch}` ({}) has commits that {} lacks", tip.short(), to.short());
    Failure::new(&codes::BRANCH_DIVERGED, cause)
        .with_remedy(format!("Merge {to} into `{branch}` by hand, or set `on-diverged: back-merge`."))
}
