//! How it ended for one application.

use model::Failure;
use toolkit::Phases;

use crate::{
    assess::Verdict,
    request::Request,
    wire::{Application, OperationState},
};

/// The end of one request.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) request: Request,
    /// What was seen of the application, if it could be read.
    pub(crate) seen: Option<Seen>,
    /// Why it is no success.
    pub(crate) failure: Option<Failure>,
}

/// The application at the end.
#[derive(Debug)]
pub(crate) struct Seen {
    /// The last state that was seen.
    pub(crate) app: Application,
    /// The last judgement.
    pub(crate) verdict: Verdict,
    /// How long each phase took.
    pub(crate) phases: Phases,
}

impl Seen {
    /// The operation that was followed: as it ended, else as it was last seen.
    pub(crate) fn operation(&self) -> Option<&OperationState> {
        self.verdict.ended.as_deref().or(self.app.status.operation_state.as_ref())
    }
}
