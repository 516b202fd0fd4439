//! What the action was asked to do, valid by construction.

use crate::{
    request::{ApplicationName, Request, Server, Terms},
    selector::Selector,
};

/// A validated order: where, for which applications, and what.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    /// Where and how Argo CD is reached.
    pub(crate) server: Server,
    /// Which applications are synced.
    pub(crate) target: Target,
    /// What is asked for each of them.
    pub(crate) terms: Terms,
}

impl Order {
    /// The request for one of the applications.
    pub(crate) fn request(&self, application: ApplicationName) -> Request {
        Request { application, terms: self.terms.clone() }
    }
}

/// Which applications are synced.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    /// The one of this name.
    One(ApplicationName),
    /// All whose labels match, at the same time.
    Selected(Selector, Scope),
}

/// Where selected applications are looked for; everywhere if it names nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Scope {
    /// The project.
    pub(crate) project: Option<String>,
    /// The namespace.
    pub(crate) namespace: Option<String>,
}
