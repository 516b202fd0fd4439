//! Signs in, climbs the ladder, reports.

use clap::{ArgMatches, FromArgMatches as _};
use github::Timed;
use model::{Deadline, Failure};
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
    let mut calls = Vec::new();
    match bring_forward(&request, host, &phases, &mut calls).await {
        Ok(outcome) => host.publish(&report::done(&request, &outcome, &phases.rows(), &calls)),
        Err(failure) => {
            // Outputs that cannot be written must not hide the failure.
            let _ = host.publish(&report::failed(&failure, &calls));
            Err(failure)
        }
    }
}

/// Rows of a table of calls.
type Calls = Vec<Vec<String>>;

async fn bring_forward(
    request: &Request,
    host: &Host,
    phases: &Phases,
    calls: &mut Calls,
) -> Result<Outcome, Failure> {
    let deadline = Deadline::after(request.budget);
    let run = Run { request, host, phases, deadline };
    let connection = connect(request, host, deadline, false).await?;
    let is_app = matches!(request.credentials, Credentials::App(_));
    let ended = run.climb(&connection, is_app).await;
    let outcome = match ended {
        Ok(Ended::Done(outcome)) => Ok(*outcome),
        Ok(Ended::NeedsWorkflows(failure)) => run.with_workflows(&connection, failure, calls).await,
        Err(failure) => Err(failure),
    };
    calls.splice(..0, connection.github.calls().iter().map(Timed::row));
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
    async fn climb(&self, connection: &Connection, may_ask: bool) -> Result<Ended, Failure> {
        ladder::climb(connection, self.request, self.host, self.phases, may_ask).await
    }

    /// GitHub wants `workflows: write`, which an App's token is asked for only now: most promotions do not need it.
    async fn with_workflows(
        &self,
        first: &Connection,
        failure: Failure,
        calls: &mut Calls,
    ) -> Result<Outcome, Failure> {
        self.host.info("The commits change workflow files: signing in again, with `workflows: write`");
        let ended = match connect(self.request, self.host, self.deadline, true).await {
            Ok(connection) => {
                let ended = self.climb(&connection, false).await;
                calls.extend(connection.github.calls().iter().map(Timed::row));
                connection.close(self.host).await;
                ended
            }
            Err(denied) if self.request.on_protected == OnProtected::PullRequest => {
                self.host.info(&denied.to_string());
                self.climb(first, false).await
            }
            Err(denied) => return Err(failure.with_remedy(&denied.remedy).with_note(denied.to_string())),
        };
        match ended? {
            Ended::Done(outcome) => Ok(*outcome),
            Ended::NeedsWorkflows(failure) => Err(failure),
        }
    }
}
