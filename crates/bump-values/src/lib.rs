//! Sets image tags and other scalars in YAML files of a Git repository.
//!
//! An edit is a place and a value, never a file's bytes: each attempt reads fresh bytes, applies the edit to them
//! and proves that only the target changed ([`yaml_set`]). On GitHub a bump is one snapshot query and one
//! `createCommitOnBranch` that names the head that it expects.

mod ancestry;
mod args;
mod assignment;
mod attempt;
pub mod codes;
mod connect;
mod diff;
mod edit;
mod failures;
mod images;
mod links;
mod message;
mod method;
mod origin;
mod plan;
mod pull_request;
mod report;
mod request;
mod run;
mod spec;
mod stale;
mod verified;
mod way;
mod worktree;

use clap::FromArgMatches;
use model::Failure;
use toolkit::Host;

pub use self::spec::spec;

/// Runs the action with parsed arguments.
pub async fn run(matches: &clap::ArgMatches, host: &Host) -> Result<(), Failure> {
    let args = args::Args::from_arg_matches(matches)
        .map_err(|error| Failure::new(&model::codes::INVALID_INPUT, error.to_string()))?;
    let request = args.into_request(host.env())?;
    // What is awaited below is large, and would be moved with every future that holds it.
    Box::pin(run::run(&request, host)).await
}
