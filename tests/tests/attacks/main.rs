//! Attacks on the prod gate, each played through the real workflow files with `act`, from GitHub's own payload of the event to
//! what is on `prod`, in the registry and in Argo CD afterwards.
//!
//! `cargo xtask test` builds the release tree that they run on and fetches GitHub's payloads; without it there is nothing
//! to test.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a panic is how a test fails"
)]

mod changes;
mod ground;
mod half_way;
mod outsiders;
mod payload;
mod pushes;
mod repeats;
