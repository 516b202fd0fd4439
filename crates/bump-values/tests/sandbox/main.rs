//! The action against the sandbox's GitHub.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod app;
mod concurrency;
mod git;
mod git_data;
mod graphql;
#[path = "../../../../tests/support/least.rs"]
mod least;
mod links;
mod order;
mod permissions;
mod proposed_older;
mod proposing;
mod rollback;
mod storm;
mod world;
