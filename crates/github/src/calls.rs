//! What a connection has asked, and how long each answer took.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::Call;

/// One request, whatever became of it. A call that was tried again has one for each attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timed {
    /// The call. Neither the method nor the path has a secret in it.
    pub call: Call,
    /// GitHub's status; none if there was no answer.
    pub status: Option<u16>,
    /// How long it took until the answer was read whole, or the request was given up.
    pub took: Duration,
    /// When it was sent, since the connection was made.
    pub begin: Duration,
}

/// The requests of a connection and its clones, in the order in which they were sent.
#[derive(Clone)]
pub(crate) struct Calls {
    start: Instant,
    all: Arc<Mutex<Vec<Timed>>>,
}

impl Calls {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), all: Arc::default() }
    }

    /// Notes that a request is sent now; what has become of it is noted when the guard is dropped, also by a caller that
    /// does not wait for the answer any longer.
    pub(crate) fn begin(&self, call: &Call) -> Running {
        let begin = self.start.elapsed();
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(Timed { call: call.clone(), status: None, took: Duration::ZERO, begin });
        Running { calls: self.clone(), at: all.len() - 1, begin, status: None }
    }

    pub(crate) fn list(&self) -> Vec<Timed> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A request on its way.
pub(crate) struct Running {
    calls: Calls,
    at: usize,
    begin: Duration,
    status: Option<u16>,
}

impl Running {
    /// Notes the answer, and returns how long it took.
    pub(crate) fn end(mut self, status: Option<u16>) -> Duration {
        self.status = status;
        self.took()
    }

    fn took(&self) -> Duration {
        self.calls.start.elapsed().saturating_sub(self.begin)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let took = self.took();
        let mut all = self.calls.all.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(timed) = all.get_mut(self.at) {
            timed.status = self.status;
            timed.took = took;
        }
    }
}
