//! How long things take, in milliseconds.

use serde::{Deserialize, Serialize};

/// The time constants. The default is fast, for tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Timing {
    /// From the request of a sync to the end of its operation.
    pub sync_ms: u64,
    /// From the creation of a pod until it is ready.
    pub pod_start_ms: u64,
    /// How long old pods stay after the cutover.
    pub scale_down_delay_ms: u64,
    /// How long a pod takes to terminate.
    pub termination_ms: u64,
    /// After which a Rollout whose new pods are not ready is Degraded.
    pub progress_deadline_ms: u64,
    /// What Argo CD waits between two waves of a sync, 2 s by `ARGOCD_SYNC_WAVE_DELAY`.
    pub wave_delay_ms: u64,
    /// How long a Job runs.
    pub job_ms: u64,
    /// How long a refresh takes.
    pub refresh_ms: u64,
    /// How often a quiet event stream sends a `:` line.
    pub keepalive_ms: u64,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            sync_ms: 150,
            pod_start_ms: 400,
            scale_down_delay_ms: 1500,
            termination_ms: 300,
            progress_deadline_ms: 1000,
            wave_delay_ms: 100,
            job_ms: 150,
            refresh_ms: 30,
            keepalive_ms: 15_000,
        }
    }
}
