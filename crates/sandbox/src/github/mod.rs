//! A *GitHub*: bare Git repositories over smart HTTP, and pull requests, labels, rules, checks, deployments,
//! comments beside them. REST, GraphQL and Git see the same commits.
//!
//! Wire shapes follow GitHub's published OpenAPI description and GraphQL schema; texts of refusals follow
//! replies that people have quoted. What is not built answers 404 (REST) or `undefinedField` (GraphQL).

mod activity;
mod app;
mod clock;
mod error;
mod git;
mod graphql;
mod journal;
mod merge;
mod moves;
mod permissions;
mod policy;
mod pull;
mod queue;
mod record;
mod render;
mod repository;
mod rest;
mod rules;
mod run;
mod setup;
mod smart_http;
mod state;
mod teams;
#[cfg(test)]
mod tests;
mod token;
mod user;

pub use app::AppKey;
pub use error::ApiError;
pub use git::GitError;
pub use journal::WebhookEvent;
pub use pull::PullSnapshot;
pub(crate) use rest::router;
pub use rules::BranchRules;
pub use run::{Run, RunSpec};
pub use state::State;
pub use token::{Access, TokenSpec};
pub use user::{Role, User};
