//! What goes wrong with a call.

use super::Request;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// The proxy answers with this status; the call does not reach Argo CD.
    Fail(u16),
    /// The call takes effect, and the connection ends.
    LoseReply,
    /// The connection ends in the middle of the reply's body.
    Truncate,
    /// Nothing comes any more.
    Mute,
}

/// Calls with which something goes wrong.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    /// The HTTP method.
    pub(super) method: String,
    /// A part of the path and query.
    pub(super) path: String,
    /// How many calls are left.
    pub(super) times: usize,
    /// What goes wrong.
    pub(super) effect: Effect,
}

impl Fault {
    pub(super) fn matches(&self, request: &Request) -> bool {
        self.times > 0 && self.method == request.method && request.path.contains(&self.path)
    }
}
