//! AWS as the actions need it: whose keys are used, the session that they open, and registry tokens.

mod account;
mod ambient;
mod as_text;
mod client;
pub mod codes;
mod connector;
mod container;
mod default_chain;
mod diagnose;
mod endpoint;
mod error;
mod identity;
mod job_token;
mod keys;
mod mint;
mod public;
mod recipe;
mod region;
mod registry_host;
mod repository;
mod retry;
mod role_arn;
mod session;
mod session_name;
mod session_policy;
mod sign_in;
mod trust;

pub(crate) use self::error::{CallError, Kind, Verdict};
pub use self::{
    account::AccountId,
    ambient::{Ambient, DEFAULT_SECONDS},
    client::{Aws, password},
    identity::{CHAINED_SECONDS, Identity, RoleStep, Source},
    keys::Keys,
    recipe::{RECIPE_FILE, Recipe, RecipeEntry, job},
    region::Region,
    registry_host::{HostForm, PUBLIC_GALLERY, RegistryHost},
    repository::{Created, RepositoryOptions},
    role_arn::RoleArn,
    session::{Session, Token},
    session_name::SessionName,
    session_policy::{Access, LONGEST_POLICY, MOST_MANAGED, RepositoryName, Scope, SessionPolicy},
};
