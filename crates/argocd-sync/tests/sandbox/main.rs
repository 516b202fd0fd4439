//! The action against the sandbox's Argo CD: states are set up, the action runs, the end state is looked at.

mod busy;
mod failures;
mod normal;
mod stage;
mod transport;
