//! Repositories through the git binary.
//!
//! [`Repo`] asks questions of the work tree that a job runs in. [`Mirror`] writes to a branch of another repository, on
//! any host that speaks Git: it fetches the last commits and the trees of one branch, reads single files, makes a
//! commit of whole new files, and pushes it if and only if the branch still is where it was read. It has no work tree
//! and no index, and of the files' contents only those that were asked for are fetched.
//!
//! Every command runs with `LC_ALL=C`, never prompts, takes paths literally, separates records by NUL where it can, and
//! is killed with its children when the deadline passes. No credential is ever put on a command line, into a URL or
//! into a configuration file.

mod access;
mod classify;
mod command;
mod commit;
mod error;
mod history;
mod host_keys;
mod loopback;
mod mirror;
mod process;
mod push;
mod push_error;
mod read;
mod redact;
mod remote_error;
mod repo;
mod settings;
mod tree;
mod url;

pub use access::Access;
pub use commit::{NewCommit, NewFile, Signature};
pub use error::GitError;
pub use history::Tip;
pub use mirror::Mirror;
pub use push_error::PushError;
pub use remote_error::RemoteError;
pub use repo::Repo;
pub use url::RemoteUrl;
