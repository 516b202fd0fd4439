//! The day2 program: picks the action, lays inputs over arguments, renders the result.
//!
//! [`actions`] lists what there is, for the program itself and for the generator of `action.yml`, READMEs and
//! docs/errors.md.

mod action;
mod cancel;
mod cli;
mod dispatch;

pub use action::{Action, Running, actions};
pub use cli::command;
pub use dispatch::main;
