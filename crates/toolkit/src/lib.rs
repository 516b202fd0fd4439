//! The GitHub Actions runtime: inputs, outputs, masks, annotations, groups, summary, event payload, OIDC token,
//! and the HTTP client that every action uses.
//!
//! Outside Actions the same texts go to standard output (outputs) and standard error (all else), so that an
//! action can be run on a laptop with the arguments that it has on a runner.

mod annotation;
mod app_args;
mod check;
mod common_args;
mod env;
pub mod event;
mod github_context;
mod host;
pub mod http;
mod moment;
pub mod oidc;
pub mod overlay;
mod phases;
mod random;
mod render;
mod report;
mod retry;
mod screen;
mod spec;
mod summary;
mod template;
pub mod trace;

pub use annotation::{Annotation, Level};
pub use app_args::{AppArgs, AppCredentials};
pub use check::Check;
pub use common_args::CommonArgs;
pub use env::Env;
pub use github_context::GitHubContext;
pub use host::Host;
pub use moment::rfc3339;
pub use phases::Phases;
pub use random::nonce;
pub use render::render_failure;
pub use report::Report;
pub use retry::{Backoff, retry_after, retry_after_of};
pub use spec::{Output, Permission, Spec};
pub use summary::Summary;
pub use template::{Template, one_line};
