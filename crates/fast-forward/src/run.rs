//! Signs in, climbs the ladder, reports.

use clap::{ArgMatches, FromArgMatches as _};
use github::Timed;
use model::{CommitSha, Deadline, Failure};
use toolkit::{Host, Phases};

use crate::{
    args::Args,
    connect::{Connection, connect},
    ladder::{self, Ended},
    outcome::Outcome,
    report,
    request::{Credentials, OnProtected, Request},
};

/// Runs the action with parsed arguments.
pub async fn run(matches: &ArgMatches, host: &Host) -> Result<(), Failure> {
    let args = Args::from_arg_matches(matches)
        .map_err(|error| Failure::new(&model::codes::INVALID_INPUT, error.to_string()))?;
    let request = args.into_request(host.env())?;
    let phases = Phases::new();
    let mut seen = Seen::default();
    match bring_forward(&request, host, &phases, &mut seen).await {
        Ok(outcome) => host.publish(&report::done(&request, &outcome, &phases.rows(), &seen.calls)),
        Err(failure) => {
            // Outputs that cannot be written must not hide the failure.
            let _ = host.publish(&report::failed(&failure, seen.from.as_ref(), &seen.calls));
            Err(failure)
        }
    }
}

/// What is known of a run however it ends.
#[derive(Default)]
struct Seen {
    /// Rows of a table of calls.
    calls: Vec<Vec<String>>,
    /// Where the branch was at first.
    from: Option<CommitSha>,
}

async fn bring_forward(
    request: &Request,
    host: &Host,
    phases: &Phases,
    seen: &mut Seen,
) -> Result<Outcome, Failure> {
    let deadline = Deadline::after(request.budget);
    let run = Run { request, host, phases, deadline };
    let connection = connect(request, host, deadline, false).await?;
    let is_app = matches!(request.credentials, Credentials::App(_));
    let ended = run.climb(&connection, is_app, seen).await;
    let outcome = match ended {
        Ok(Ended::Done(outcome)) => Ok(*outcome),
        Ok(Ended::NeedsWorkflows(failure)) => run.with_workflows(&connection, failure, seen).await,
        Err(failure) => Err(failure),
    };
    seen.calls.splice(..0, connection.github.calls().iter().map(Timed::row));
    connection.close(host).await;
    outcome
}

struct Run<'a> {
    request: &'a Request,
    host: &'a Host,
    phases: &'a Phases,
    deadline: Deadline,
}

impl Run<'_> {
    async fn climb(&self, connection: &Connection, may_ask: bool, seen: &mut Seen) -> Result<Ended, Failure> {
        ladder::climb(connection, self.request, self.host, self.phases, may_ask, &mut seen.from).await
    }

    /// GitHub wants `workflows: write`, which an App's token is asked for only now: most promotions do not need it.
    async fn with_workflows(
        &self,
        first: &Connection,
        failure: Failure,
        seen: &mut Seen,
    ) -> Result<Outcome, Failure> {
        self.host.info("The commits change workflow files: signing in again, with `workflows: write`");
        let ended = match connect(self.request, self.host, self.deadline, true).await {
            Ok(connection) => {
                let ended = self.climb(&connection, false, seen).await;
                seen.calls.extend(connection.github.calls().iter().map(Timed::row));
                connection.close(self.host).await;
                ended
            }
            Err(denied) if self.request.on_protected == OnProtected::PullRequest => {
                self.host.info(&denied.to_string());
                self.climb(first, false, seen).await
            }
            Err(denied) => return Err(failure.with_remedy(&denied.remedy).with_note(denied.to_string())),
        };
        match ended? {
            Ended::Done(outcome) => Ok(*outcome),
            Ended::NeedsWorkflows(failure) => Err(failure),
        }
    }
}
