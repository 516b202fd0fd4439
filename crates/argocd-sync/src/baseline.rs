//! How the application was before our operation: what was wrong already is not our doing, and what was live is what a
//! roll-back restores.

use std::collections::BTreeSet;

use crate::wire::{Application, ResourceStatus};

/// The state before.
#[derive(Debug, Clone, Default)]
pub(crate) struct Baseline {
    /// The managed resources that were Degraded, as `Rollout app/product`.
    degraded: BTreeSet<String>,
    /// The images of the pods that were live.
    pub(crate) images: Vec<String>,
}

impl Baseline {
    /// Keeps what an application says before the sync is asked for.
    pub(crate) fn before(app: &Application) -> Self {
        Self { degraded: degraded(app).map(ResourceStatus::title).collect(), ..Self::meanwhile(app) }
    }

    /// Keeps what it says when the operation that is followed has begun already: whatever is wrong may come of it.
    pub(crate) fn meanwhile(app: &Application) -> Self {
        Self { degraded: BTreeSet::new(), images: app.status.summary.images.clone() }
    }

    /// Whether a resource was Degraded before, and has been ever since.
    pub(crate) fn has_degraded(&self, resource: &ResourceStatus) -> bool {
        self.degraded.contains(&resource.title())
    }

    /// Forgets what is Degraded no more: whatever befalls it from now on is new.
    pub(crate) fn forget_recovered(&mut self, app: &Application) {
        for resource in app.status.resources.iter().filter(|resource| resource.health_status() != "Degraded")
        {
            self.degraded.remove(&resource.title());
        }
    }
}

/// The managed resources that are Degraded.
pub(crate) fn degraded(app: &Application) -> impl Iterator<Item = &ResourceStatus> {
    app.status.resources.iter().filter(|resource| resource.health_status() == "Degraded")
}
