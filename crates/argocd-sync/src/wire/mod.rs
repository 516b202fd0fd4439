//! The parts of Argo CD's JSON that are read, by `assets/swagger.json` of argoproj/argo-cd.
//!
//! Every field may be absent: the stream leaves out what `fields` does not name, and Go writes an empty
//! list as `null`.

mod application;
mod hydrator;
mod operation;
mod source;
mod tree;

pub(crate) use application::{Application, ApplicationList, Health, ResourceStatus, Spec};
pub(crate) use hydrator::HydratorStatus;
#[cfg(test)]
pub(crate) use operation::SyncResult;
pub(crate) use operation::{Info, Operation, OperationState, ResourceId, ResourceResult};
pub(crate) use source::Source;
pub(crate) use tree::{Event, EventList, LogLine, Manifest, Node, ResourceTree};

use serde::{Deserialize, Deserializer};

/// Revisions as Argo CD writes them: one, or one for each of several sources.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Revisions<'a> {
    pub(crate) only: &'a str,
    pub(crate) each: &'a [String],
}

/// Reads `null` as the type's default.
fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
