//! What runs a workflow where there is no GitHub: the product of `examples/product` in a sandbox, the decisions that GitHub
//! makes before it starts a job, and `act` in host mode as the runner.
//!
//! For `cargo xtask demo` and for the end-to-end tests. What act lacks, and what is done about it, is in
//! `docs/decisions/0062-demo-with-act.md`.

mod act;
mod log;
mod site;
mod workflow;

pub use act::{Job, Runner, create, private_file};
pub use log::{Event, Record, Step};
pub use site::{Caller, DEFAULT_BRANCH, REPOSITORY, Site};
pub use workflow::{CalledJob, Trigger};

/// The environment by which `cargo xtask test` tells the end-to-end tests where things are.
pub mod variables {
    /// The directory of the release tree.
    pub const RELEASE: &str = "DAY2_ATTACKS_RELEASE";
    /// The refs that mean it, with commas between them.
    pub const REFS: &str = "DAY2_ATTACKS_REFS";
    /// The program `act`.
    pub const ACT: &str = "DAY2_ATTACKS_ACT";
    /// GitHub's own examples of webhook payloads: `api.github.com/index.json` of npm's `@octokit/webhooks-examples`.
    pub const PAYLOADS: &str = "DAY2_ATTACKS_PAYLOADS";
}
