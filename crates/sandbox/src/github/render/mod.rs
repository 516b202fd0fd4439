//! GitHub's JSON, by the names of its published OpenAPI description.

mod account;
mod checks;
mod commit;
mod deployment;
mod issue;
mod issue_of_pull;
mod pull;
mod repository;

pub(crate) use account::user;
pub(crate) use checks::{check_run, combined_status, status};
pub(crate) use commit::{commit, file, git_commit, reference};
pub(crate) use deployment::{deployment, deployment_status};
pub(crate) use issue::{comment, label, review, timeline_event};
pub(crate) use issue_of_pull::issue;
pub(crate) use pull::{Detail, mergeable_state, pull};
pub(crate) use repository::{full_repository, repository};

use base64::{Engine as _, prelude::BASE64_STANDARD};

/// GitHub's older form of node ids; opaque to clients.
pub(crate) fn node_id(kind: &str, id: &str) -> String {
    BASE64_STANDARD.encode(format!("0{}:{kind}{id}", kind.len()))
}
