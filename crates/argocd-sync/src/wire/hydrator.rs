//! What the source hydrator did.

use serde::Deserialize;

/// `status.sourceHydrator`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct HydratorStatus {
    pub(crate) current_operation: Option<HydrateOperation>,
    pub(crate) last_successful_operation: Option<HydrateOperation>,
}

/// One hydration; the last successful one has its commits only.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct HydrateOperation {
    /// `Hydrating`, `Hydrated` or `Failed`.
    pub(crate) phase: String,
    pub(crate) message: String,
    pub(crate) started_at: String,
    /// The commit that was rendered.
    #[serde(rename = "drySHA")]
    pub(crate) dry_sha: String,
    /// The commit that was made of it.
    #[serde(rename = "hydratedSHA")]
    pub(crate) hydrated_sha: String,
}
