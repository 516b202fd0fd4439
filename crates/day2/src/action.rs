//! The table of actions.

use std::pin::Pin;

use clap::ArgMatches;
use model::Failure;
use toolkit::{Host, Spec};

/// A running action. It stays on the main thread, so it need not be `Send`.
pub type Running<'a> = Pin<Box<dyn Future<Output = Result<(), Failure>> + 'a>>;

/// One action: what it is and how it is run.
#[derive(Clone, Copy)]
pub struct Action {
    /// Its public face.
    pub spec: Spec,
    /// Runs it with parsed arguments.
    pub run: for<'a> fn(&'a ArgMatches, &'a Host) -> Running<'a>,
}

/// Returns all actions, in the order of a pipeline.
pub fn actions() -> Vec<Action> {
    macro_rules! table {
        ($($action:ident),*) => {
            vec![$(Action { spec: $action::spec(), run: |matches, host| Box::pin($action::run(matches, host)) }),*]
        };
    }
    table![auto_merge, oidc_ecr_login, multiarch_push, bump_values, argocd_sync, fast_forward]
}
