//! A real control plane on loopback: Argo CD, Argo Rollouts and two Kubernetes API servers, without containers.
//!
//! `cargo xtask stack up` starts one and writes a state file; [`State`] reads it. Nodes and pods exist in the API only
//! (KWOK), so no image is ever pulled; what becomes of a pod is chosen by the tag of its image, see [`fate`].

pub mod admin;
mod argocd;
mod cluster;
mod control;
pub mod error;
pub mod fate;
mod keys;
pub mod kube;
mod kwok;
mod part;
mod ports;
pub mod programs;
pub mod state;
pub mod supervisor;

pub use admin::Admin;
pub use error::Error;
pub use kube::Kube;
pub use programs::Programs;
pub use state::State;
