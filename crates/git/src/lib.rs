//! Repositories through the git binary.
//!
//! [`Repo`] asks questions of the work tree that a job runs in. [`Mirror`] writes to a branch of another repository, on
//! any host that speaks Git: it fetches the last commits and the trees of one branch, reads single files, makes a
//! commit of whole new files, and pushes it if and only if the branch still is where it was read. It has no work tree
//! and no index, and of the files' contents only those that were asked for are fetched.
//!
//! Every command runs with `LC_ALL=C`, never prompts, takes paths literally, separates records by NUL where it can,
//! and is killed with its children when the deadline passes or the future that waits for it is dropped. The inputs
//! of the step and the tokens of the runner and the workflow are not in its environment. No credential is ever put
//! on a command line, into a URL or into a configuration file: a token is only in the environment of the commands
//! that use the network, from where an askpass script hands it to the one host that the URL names; an SSH key is a
//! file that only this user can read, and that goes with the mirror.
//!
//! Of the user's configuration, proxies, certificate authorities and `insteadOf` are honoured; hooks, signing,
//! maintenance and what could run a program are switched off (`settings.rs`).
//!
//! One change of a branch takes three conversations with the host: the commits and trees, the wanted files, the push.
//!
//! ```no_run
//! # use std::time::Duration;
//! # use git::{Access, Mirror, NewCommit, NewFile, PushError};
//! # use model::{Branch, Deadline, Secret};
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let url = "https://git.example.com/team/manifests.git".parse()?;
//! let access = Access { token: Some(Secret::new("…")), ..Access::default() };
//! let branch: Branch = "main".parse()?;
//! let mut mirror = Mirror::open(&url, &access, 50, Deadline::after(Duration::from_secs(60))).await?;
//! loop {
//!     let tip = mirror.fetch(&branch).await?.ok_or("no such branch")?;
//!     let files = mirror.read(&tip.commit, &["values.yaml"]).await?;
//!     let (mode, old) = files[0].clone().ok_or("no such file")?;
//!     let new = String::from_utf8(old)?.replace("tag: v1", "tag: v2");
//!     let files = [NewFile { path: "values.yaml", mode, bytes: new.as_bytes() }];
//!     let commit = NewCommit { parent: &tip.commit, message: "Bump to v2", author: None, files: &files };
//!     let made = mirror.commit(&commit).await?;
//!     match mirror.push(&made, &branch, Some(&tip.commit)).await {
//!         Ok(()) => break,
//!         // Read again and apply the change to what is there now; it may be there already.
//!         Err(PushError::Moved(_) | PushError::InDoubt(_)) => {}
//!         Err(other) => return Err(other.into()),
//!     }
//! }
//! # Ok(())
//! # }
//! ```

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
mod scratch;
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
