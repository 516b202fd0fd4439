//! Merges a pull request when its gate holds, through GitHub's API only: nothing is checked out.
//!
//! What is merged is the commit of the event that started the run, so that a push after the approval is never
//! merged by it. Every rule that does not hold is named, with what to do about it.

mod apply;
mod args;
mod clean;
pub mod codes;
mod decision;
mod event;
mod facts;
mod gather;
mod globs;
mod labels;
mod message;
mod moment;
mod outcome;
mod plan;
mod report;
mod request;
mod rule;
mod rules;
mod run;
mod spec;

pub use run::run;
pub use spec::spec;
