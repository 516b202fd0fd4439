//! Pushes against the sandbox's registry; each test asserts what the registry holds afterwards.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod appending;
mod assembly;
mod attest;
mod builders;
mod destinations;
mod faults;
mod interrupted;
mod layouts;
mod mounts;
mod promote;
mod races;
mod refusals;
mod renewed;
mod requests;
mod stage;
mod storms;
mod tags;
