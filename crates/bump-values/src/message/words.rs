//! What the commit says beyond what it does.

use super::{Reference, template::Template};

/// The text and the trailers that were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Words {
    /// The text; none for one that says what is set.
    pub(crate) template: Option<Template>,
    /// Further trailers, `Key: value`.
    pub(crate) trailers: Vec<String>,
    /// People, `Name <address>`.
    pub(crate) co_authors: Vec<String>,
    /// Whether the commit is to start no workflow.
    pub(crate) skip_ci: bool,
    /// Whether the run's commit is to be named for Argo CD's source hydrator.
    pub(crate) reference_commit: bool,
    /// That commit, once it is known.
    pub(crate) reference: Option<Reference>,
}
