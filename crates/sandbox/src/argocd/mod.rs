//! An *Argo CD*: the API server's REST and event streams, and behind them a controller and a blue/green rollout
//! that really read the chart's values at the synced revision.
//!
//! Fields and texts follow `assets/swagger.json` and the sources of argoproj/argo-cd v3.2.11.

mod account;
mod app;
mod cluster;
mod controller;
mod engine;
mod git;
mod health;
mod live;
mod manifest;
mod object;
mod operation;
mod phase;
mod pod;
mod product;
mod pull;
mod record;
mod refusal;
mod render;
mod resources;
mod rollout;
mod routes;
mod snapshot;
mod source;
mod spec;
mod sso;
mod state;
mod store;
mod template;
mod timing;
mod tree;
mod values;
mod window;
mod workload;

pub(crate) use routes::router;
pub use snapshot::{PodSnapshot, Snapshot};
pub use source::Source;
pub use spec::AppSpec;
pub use sso::{Connector, Direct, Sso};
pub use state::State;
pub use timing::Timing;
pub use window::SyncWindow;

#[cfg(test)]
mod tests;
