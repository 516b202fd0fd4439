//! The conjunction that is a success, clause by clause.

use crate::request::{Request, WaitFor};

/// One thing that must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Clause {
    /// The operation that we follow succeeded, with the options that were asked for.
    Operation,
    /// It synced our revision.
    Revision,
    /// The application was assessed after it.
    Reassessed,
    /// It is Synced.
    Synced,
    /// It is Healthy.
    Healthy,
    /// The expected images are live.
    ImagesLive,
    /// No pod of an older revision is left.
    OldPodsGone,
}

impl Clause {
    /// In the order in which they come true.
    pub(crate) const ALL: [Self; 7] = [
        Self::Operation,
        Self::Revision,
        Self::Reassessed,
        Self::Synced,
        Self::Healthy,
        Self::ImagesLive,
        Self::OldPodsGone,
    ];

    /// The goal from which on it is required.
    fn since(self) -> WaitFor {
        match self {
            Self::Operation | Self::Revision => WaitFor::Op,
            Self::Reassessed | Self::Synced => WaitFor::Synced,
            Self::Healthy => WaitFor::Healthy,
            Self::ImagesLive => WaitFor::Promoted,
            Self::OldPodsGone => WaitFor::OldPodsGone,
        }
    }

    /// Whether it is a part of this request's success. Without expected images none can be found missing, and to say of
    /// them that they are live would be untrue.
    pub(crate) fn is_required(self, request: &Request) -> bool {
        self.since() <= request.wait_for && (self != Self::ImagesLive || !request.images.is_empty())
    }

    /// What it says, as a column of the summary.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Operation => "operation succeeded",
            Self::Revision => "at our revision",
            Self::Reassessed => "assessed after the operation",
            Self::Synced => "Synced",
            Self::Healthy => "Healthy",
            Self::ImagesLive => "expected images live",
            Self::OldPodsGone => "old pods gone",
        }
    }
}

/// Whether a clause holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Holds {
    /// It holds.
    Yes,
    /// It does not hold yet, and this is why, as a fragment: "health is Progressing".
    No(String),
}

impl Holds {
    /// Whether it holds.
    pub(crate) fn is_yes(&self) -> bool {
        *self == Self::Yes
    }

    /// Builds from a condition; the reason is made only if it is needed.
    pub(crate) fn when(condition: bool, otherwise: impl FnOnce() -> String) -> Self {
        if condition { Self::Yes } else { Self::No(otherwise()) }
    }
}
