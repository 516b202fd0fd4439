//! A repository through the git binary.
//!
//! Every command runs with `LC_ALL=C`, never prompts, takes paths literally, and separates records by NUL
//! where it can. No credential is ever put on a command line or into a URL.

mod command;
mod error;
mod repo;

pub use error::GitError;
pub use repo::Repo;
