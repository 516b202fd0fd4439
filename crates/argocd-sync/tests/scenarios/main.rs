//! The action against an Argo CD: states are set up, the action runs, the end state is looked at.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a stage that cannot be set up is a failed test"
)]

mod busy;
mod deploys;
mod failures;
mod front;
mod normal;
mod on_top;
mod proxies;
mod rollback;
mod sandbox_only;
mod sign_in;
mod sources;
mod stage;
mod transport;
