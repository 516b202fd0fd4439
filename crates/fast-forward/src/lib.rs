//! Brings a branch forward to a commit, through GitHub's API only.
//!
//! The ladder: nothing if the branch has the commit, a fast-forward if it can be one, else a back-merge, and if
//! that conflicts one standing pull request. The target is always a commit of the run, never a branch: a
//! branch may have moved on since.

mod apply;
mod args;
mod closed;
pub mod codes;
mod connect;
mod ladder;
mod look;
mod obstacles;
mod outcome;
mod plan;
mod report;
mod request;
mod run;
mod spec;
mod standing;

pub use run::run;
pub use spec::spec;
