//! Pushes to a registry of any make: the sandbox's, or a real one that `DAY2_REGISTRY` names by host and port. All that
//! is asserted is read back through the registry's own interface.
//!
//! `cargo xtask test --real` plays them on every registry that it can start, and shows what was pushed to other programs.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod base;
mod building;
mod client;
mod layouts;
mod memory;
mod process;
mod reproducible;
mod stage;
mod started;
mod tags;
mod two;
