//! What is wanted, once every input has been checked.

use std::time::Duration;

use aws::{AccountId, HostForm, Region};

use crate::{docker_config::Mode, identity_args::Chosen, registry::Wanted};

/// What the action does.
#[derive(Debug, Clone)]
pub(crate) enum Work {
    /// Sign in; boxed, since it is large.
    Login(Box<Request>),
    /// Take out what earlier logins have written.
    Logout {
        /// The time for it: other logins may hold the file.
        budget: Duration,
        /// Whether to do nothing but say what would be done.
        dry_run: bool,
    },
}

/// A login.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// As whom.
    pub(crate) chosen: Chosen,
    /// Where STS is called, and where the default registry is.
    pub(crate) region: Region,
    /// Where to sign in; the account's own registry if empty.
    pub(crate) registries: Vec<Wanted>,
    /// Accounts that the identity may belong to; any if empty.
    pub(crate) allowed_accounts: Vec<AccountId>,
    /// Whether later steps get the AWS keys.
    pub(crate) export_aws_env: bool,
    /// Whether the account id is masked.
    pub(crate) mask_account_id: bool,
    /// Which of their hosts is meant by registries that are named by their account.
    pub(crate) host_form: HostForm,
    /// Which Docker configuration gets the credentials.
    pub(crate) docker_config: Mode,
    /// The time for all of it.
    pub(crate) budget: Duration,
    /// Whether to stop after the plan.
    pub(crate) dry_run: bool,
}
