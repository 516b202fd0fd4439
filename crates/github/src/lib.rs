//! The calls that the actions make to GitHub, one function and one typed error each.
//!
//! [`GitHub`] is the transport: raw routes, tolerant structs, no retry of its own. The calls lie in files by area.
//! Every reply outside 2xx is an [`ApiError`], which keeps what GitHub said; a call with answers of its own
//! (a merge that is refused, a ref that cannot be moved) has an error enum beside it.
//! Protocol: <https://docs.github.com/en/rest?apiVersion=2022-11-28>.

pub mod access;
pub mod activity;
pub mod app;
pub mod auto_merge;
pub mod branches;
mod calls;
pub mod checks;
mod client;
pub mod codes;
pub mod commit_on_branch;
pub mod commits;
pub mod compare;
mod de;
mod error;
pub mod git_data;
mod graphql;
pub mod issues;
pub mod merge;
mod pages;
mod path;
pub mod pulls;
pub mod queue;
pub mod refs;
pub mod repository;
mod retry;
mod rule_words;
pub mod rules;
pub mod snapshot;
pub mod teams;
mod transport;
mod viewer;

pub use calls::Timed;
pub use client::{Endpoints, GitHub, Reply};
pub use error::{ApiError, Call, Rejection};
pub use graphql::{GraphqlError, GraphqlProblem, GraphqlRejection};
pub use http::Method;
pub use rule_words::names_a_rule;
pub use viewer::viewer;
