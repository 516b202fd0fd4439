//! A small world on loopback for the actions to run against: a GitHub, an OIDC issuer, STS, ECR, a registry
//! with ECR's habits, and an Argo CD.
//!
//! Every service keeps state, and tests assert that state afterwards. Latency and faults are state as well
//! ([`faults`]). The wire types are the sandbox's own, so that a mistake in a client cannot hide in a type
//! that both sides share. Nothing that is shipped depends on this crate.

pub mod argocd;
pub mod chance;
pub mod control;
pub mod ecr;
pub mod faults;
pub mod github;
pub mod hold;
pub mod oidc;
mod record;
pub mod registry;
pub mod seed;
mod serve;
pub mod stop;
pub mod sts;
pub mod turnstile;
pub mod world;

pub use world::{Config, Sandbox, World};
