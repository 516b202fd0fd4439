//! A registry client by the OCI distribution specification
//! (<https://github.com/opencontainers/distribution-spec/blob/main/spec.md>), with ECR's habits in mind: Basic
//! credentials without being asked, whole blobs in one PUT, any of 201, 202 and 204 for success, no trust in
//! `Location` and `Range` where they are not needed.

mod access;
mod amazon;
mod authorization;
mod blobs;
mod body;
mod call;
mod challenge;
mod client;
mod gate;
mod helper;
mod keychain;
mod manifests;
mod meaning;
mod referrers;
mod refusal;
mod retry;
mod server;
mod token;
mod window;

pub(crate) use amazon::Amazon;
pub(crate) use blobs::{Placed, Upload};
pub(crate) use body::Content;
pub(crate) use client::{Registry, Repository};
pub(crate) use keychain::Keychain;
pub(crate) use manifests::{Found, Lookup};
pub(crate) use referrers::{Filed, fallback_tag};
