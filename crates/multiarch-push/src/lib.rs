//! Assembles multi-arch images without a daemon, and pushes them.

pub mod codes;
mod context;
mod dockerfile;
mod image;
mod registry;
