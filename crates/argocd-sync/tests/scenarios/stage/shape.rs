//! What a scenario wants to be there before it begins.

use std::time::Duration;

use super::{CHARTS, REPOSITORY};

/// Where the chart and its values come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sources {
    /// One source has both.
    One,
    /// Two sources: the chart from a repository of its own, then its values.
    OfTwoRepositories,
    /// Two sources from the same branch of the same repository.
    OfOneRepository,
}

impl Sources {
    /// Repository and branch of the chart, if its values come from another source.
    pub(super) fn chart(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::One => None,
            Self::OfTwoRepositories => Some((CHARTS, "main")),
            Self::OfOneRepository => Some((REPOSITORY, "dev")),
        }
    }
}

/// The application of a stage. The default is the example product: one source, no auto-sync, old pods that leave at
/// once after the cutover.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    /// What it is made from.
    pub(crate) sources: Sources,
    /// Whether Argo CD syncs on its own.
    pub(crate) auto_sync: bool,
    /// How long the old pods outlive the cutover, in whole seconds.
    pub(crate) scale_down_delay: Duration,
    /// After how many seconds without ready pods the Rollout is Degraded.
    pub(crate) progress_deadline: Duration,
    /// Whether the workload is on cluster prod, which is registered in Argo CD, and not on Argo CD's own.
    pub(crate) prod: bool,
    /// How many applications there are, all of the same repository, each in a namespace of its own.
    pub(crate) applications: usize,
    /// Whether no other scenario may play at the same time on the same Argo CD.
    pub(crate) alone: bool,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            sources: Sources::One,
            auto_sync: false,
            scale_down_delay: Duration::from_secs(1),
            progress_deadline: Duration::from_secs(15),
            prod: false,
            applications: 1,
            alone: false,
        }
    }
}
