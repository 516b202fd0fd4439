//! Signs in to Amazon ECR with the OIDC token of a workflow's job.
//!
//! Three calls: the token from GitHub, a session of the role from STS, a registry credential from ECR. The
//! credential goes into a Docker configuration; nothing else is written anywhere.

mod args;
mod auth;
pub mod codes;
mod docker_config;
mod identity_args;
mod logout;
mod plan;
mod policy_args;
mod registry;
mod report;
mod request;
mod run;
mod scoped;
mod sessions;
mod spec;
#[cfg(test)]
mod tests;

use clap::FromArgMatches;
use model::Failure;
use toolkit::Host;

use self::request::Work;
pub use self::spec::spec;

/// Runs the action with parsed arguments.
pub async fn run(matches: &clap::ArgMatches, host: &Host) -> Result<(), Failure> {
    let args = args::Args::from_arg_matches(matches)
        .map_err(|error| Failure::new(&model::codes::INVALID_INPUT, error.to_string()))?;
    match args.into_work(host.env())? {
        Work::Login(request) => run::run(&request, host).await,
        Work::Logout { budget, dry_run } => logout::run(budget, dry_run, host),
    }
}
