//! From the arguments to the report.

use clap::{ArgMatches, FromArgMatches as _};
use model::Failure;
use toolkit::{Annotation, Host, Level, Phases, event};

use crate::{
    args::Args,
    connect::connect,
    end,
    event::{Event, runs_the_heads_workflow},
    gather::Known,
    merging::Run,
    report::Course,
    request::Request,
};

/// Runs the action with parsed arguments.
pub async fn run(matches: &ArgMatches, host: &Host) -> Result<(), Failure> {
    let args = Args::from_arg_matches(matches)
        .map_err(|error| Failure::new(&model::codes::INVALID_INPUT, error.to_string()))?;
    let events = event::load(host.env())?.as_ref().map(Event::read).unwrap_or_default();
    let request = args.into_request(host.env(), events)?;
    warn(&request, host);
    let connection = match connect(&request, host).await {
        Ok(connection) => connection,
        Err(failure) => return end::failed(&request, host, failure, &Course::default()),
    };
    let github = connection.github.clone();
    let run = Run { github, request, host, phases: Phases::new(), known: Known::default() };
    let ended = Box::pin(run.merge()).await;
    let ended = Box::pin(run.end(ended)).await;
    connection.close(host).await;
    ended
}

/// Says what is weaker than it looks.
fn warn(request: &Request, host: &Host) {
    let gates = !request.labels.required.is_empty() || request.needs_reviews();
    let event_name = host.env().get("GITHUB_EVENT_NAME").filter(|name| runs_the_heads_workflow(name));
    if let Some(name) = event_name.filter(|_| gates) {
        let message = format!(
            "A run of `{name}` takes its workflow file from the pull request, which can change this gate. Start the \
             workflow by `pull_request_target` and check out nothing before the merge."
        );
        host.annotate(&Annotation::new(Level::Warning, "auto-merge: the gate can be edited", message));
    }
    if request.head_sha.is_some() {
        return;
    }
    let unpinned =
        "no event of this pull request and no `head-sha`, so that whatever the head is now is merged";
    if gates && request.run.is_some() {
        let message = format!("There is {unpinned}. Pass the commit that was looked at as `head-sha`.");
        host.annotate(&Annotation::new(Level::Warning, "auto-merge: the head is not pinned", message));
    } else {
        host.info(&format!("note: {unpinned}"));
    }
}
