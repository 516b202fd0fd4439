//! Merges a pull request when its gate holds, through GitHub's API only: nothing is checked out.
//!
//! What is merged is the commit of the event that started the run, so that a push after the approval is never
//! merged by it. Every rule that does not hold is named, with what to do about it.

mod answer;
mod apply;
mod args;
mod base_rules;
mod behind;
mod checklist;
mod checks;
mod clean;
pub mod codes;
mod comment;
mod connect;
mod decision;
mod diagnosis;
mod end;
mod event;
mod facts;
mod fail_on;
mod fallback;
mod gather;
mod globs;
mod labelling;
mod labels;
mod long_lived;
mod look;
mod merger;
mod merging;
mod message;
mod moment;
mod outcome;
mod pace;
mod plan;
mod readiness;
mod report;
mod request;
mod rule;
mod rules;
mod run;
mod spec;
mod teams;
mod verdicts;
mod workflows;

pub use run::run;
pub use spec::spec;
