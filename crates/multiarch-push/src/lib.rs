//! Assembles multi-arch images without a daemon, and pushes them.

mod args;
mod artifact;
pub mod codes;
mod context;
mod dockerfile;
mod image;
mod layout;
mod plan;
mod push;
mod registry;
mod request;
