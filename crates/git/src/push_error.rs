//! Why a push did not move the branch, or may not have.

use crate::RemoteError;

/// Why [`crate::Mirror::push`] did not answer "done".
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The branch is not where it was read any more: somebody else pushed. Read again; if the connection ended in between
    /// and somebody built on the commit at once, it is in the branch's history.
    #[error("the branch has moved: {0}")]
    Moved(String),
    /// The host's rules or hooks refuse the commit: the text is their own words. Nothing has changed.
    #[error("{0}")]
    Rejected(String),
    /// The connection ended after the commit was sent: it may be on the branch. Read the branch before anything else.
    #[error("the connection ended before the host said whether it took the commit: {0}")]
    InDoubt(String),
    /// The push did not begin. Nothing has changed.
    #[error(transparent)]
    Failed(#[from] RemoteError),
}
