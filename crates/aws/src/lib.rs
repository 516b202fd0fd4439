//! AWS as the actions need it: whose keys are used, the session that they open, and registry tokens.

mod account;
mod client;
pub mod codes;
mod connector;
pub mod diagnose;
mod error;
mod keys;
mod region;
mod registry_host;
mod retry;
mod role_arn;
mod session_name;
mod trust;

pub use self::{
    account::AccountId,
    client::{Aws, RegistryToken, Session},
    error::{CallError, Kind, Verdict},
    keys::Keys,
    region::Region,
    registry_host::{PUBLIC_GALLERY, RegistryHost},
    retry::{GaveUp, Stop, until_done},
    role_arn::RoleArn,
    session_name::SessionName,
};
