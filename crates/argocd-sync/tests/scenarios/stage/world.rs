//! The Argo CD that a stage plays on.

use super::cluster::Cluster;

/// Which one it is. GitHub and the registry are the sandbox's in every world.
#[derive(Debug)]
pub(super) enum World {
    /// The sandbox's own.
    Sandbox,
    /// A real one.
    Cluster(Box<Cluster>),
}
