//! From the arguments to the report.

use clap::{ArgMatches, FromArgMatches as _};
use github::GitHub;
use model::{Deadline, Failure};
use toolkit::{Annotation, Host, Level, Phases, event};

use crate::{args::Args, event::Event, merging::Run, request::Request};

/// Runs the action with parsed arguments.
pub async fn run(matches: &ArgMatches, host: &Host) -> Result<(), Failure> {
    let args = Args::from_arg_matches(matches)
        .map_err(|error| Failure::new(&model::codes::INVALID_INPUT, error.to_string()))?;
    let event = event::load(host.env())?.as_ref().and_then(Event::read);
    let request = args.into_request(host.env(), event)?;
    host.mask(&request.token);
    warn(&request, host);
    let github = GitHub::new(request.endpoints.clone(), &request.token, Deadline::after(request.budget))?;
    let run = Run { github, request, host, phases: Phases::new() };
    let ended = Box::pin(run.merge()).await;
    run.end(ended).await
}

/// Says what is weaker than it looks.
fn warn(request: &Request, host: &Host) {
    let gates = !request.labels.required.is_empty() || request.needs_reviews();
    if gates && host.env().get("GITHUB_EVENT_NAME") == Some("pull_request") {
        let message = "A run of `pull_request` takes its workflow file from the pull request, which can change this \
                       gate. Start the workflow by `pull_request_target` and check out nothing before the merge.";
        host.annotate(&Annotation::new(Level::Warning, "auto-merge: the gate can be edited", message));
    }
    if request.head_sha.is_none() {
        host.info("note: no event and no `head-sha`, so that whatever the head is now is merged");
    }
}
