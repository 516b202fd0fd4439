//! Syncs an Argo CD application to one commit and proves, clause by clause, that this commit is what serves.
//!
//! What holds is judged by pure functions (`assess`, `course`, `patience`) from one state of the application; the
//! rest brings them states (`observer`, `stream`) and acts on their judgement (`plan`, `run`, `follow`).

mod aftermath;
mod ancestry;
mod api;
mod args;
mod assess;
mod assessed;
mod baseline;
mod clause;
pub mod codes;
mod container;
mod course;
mod credential;
mod diagnose;
#[cfg(test)]
mod fixtures;
mod follow;
mod gantt;
mod generation;
mod health;
mod hydrate;
mod hydration;
mod images;
mod looking;
mod observer;
mod order;
mod ours;
mod outcome;
mod patience;
mod paused;
mod plan;
mod pods;
mod progress;
mod report;
mod repository;
mod request;
mod resources;
mod revert;
mod rollback;
mod rollout;
mod run;
mod selector;
mod spec;
mod sse;
mod stream;
mod sync;
mod timeline;
mod trouble;
mod window;
mod wire;

use clap::FromArgMatches;
use model::Failure;
use toolkit::Host;

pub use self::spec::spec;

/// Runs the action with parsed arguments.
pub async fn run(matches: &clap::ArgMatches, host: &Host) -> Result<(), Failure> {
    let args = args::Args::from_arg_matches(matches)
        .map_err(|error| Failure::new(&model::codes::INVALID_INPUT, error.to_string()))?;
    run::run(&args.into_order(host.env())?, host).await
}
