//! Assembles multi-arch images without a daemon, and pushes them.
//!
//! The way of an image: `args` → `Request`; the Dockerfile and its context (`job`, `dockerfile`, `context`) become
//! configurations and layers (`image`, `build`), or a builder or the user brings a layout (`builder`, `layout`); both
//! are an `Artifact`, which `push` brings to the registry (`registry`) as far as `plan` allows.

mod adopt;
mod append;
mod args;
mod artifact;
mod attest;
mod build;
mod builder;
pub mod codes;
mod context;
mod delivery;
mod destination;
mod dockerfile;
mod finish;
mod image;
mod job;
mod layout;
mod making;
mod marks;
mod plan;
mod progress;
mod promote;
mod push;
mod registry;
mod report;
mod request;
mod run;
mod spec;
mod tagging;

pub use spec::{run, spec};
