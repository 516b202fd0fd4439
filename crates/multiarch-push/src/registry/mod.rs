//! A registry client by the OCI distribution specification
//! (<https://github.com/opencontainers/distribution-spec/blob/main/spec.md>), with ECR's habits in mind: Basic
//! credentials without being asked, whole blobs in one PUT, any of 201, 202 and 204 for success, no trust in
//! `Location` and `Range` where they are not needed.

mod access;
mod blobs;
mod challenge;
mod client;
mod helper;
mod keychain;
mod manifests;
mod refusal;
mod retry;
mod token;

pub(crate) use blobs::{Content, Placed};
pub(crate) use client::{Registry, Repository};
pub(crate) use keychain::Keychain;
pub(crate) use manifests::{Found, Lookup};
