//! A world that stops at one call, so that a client can be killed there.

use std::future::pending;

use axum::response::Response;
use tokio::sync::watch;

/// Whether the call at which the world stops has taken effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// It has not.
    BeforeEffect,
    /// It has, and the client does not know.
    AfterEffect,
}

/// The place where the world stops.
#[derive(Debug, Clone)]
pub struct Stop {
    index: usize,
    when: When,
    reached: watch::Sender<bool>,
}

impl Stop {
    pub(crate) fn new(index: usize, when: When) -> Self {
        Self { index, when, reached: watch::Sender::new(false) }
    }

    /// Waits until the call has come, and has taken effect if that was asked for.
    pub async fn reached(&self) {
        let mut receiver = self.reached.subscribe();
        // The sender lives in `self`, so waiting cannot fail.
        let _ = receiver.wait_for(|reached| *reached).await;
    }

    pub(crate) fn concerns(&self, index: usize) -> bool {
        index >= self.index
    }

    /// Never answers. Calls after the stop take no effect.
    pub(crate) async fn hang(self, index: usize, call: impl Future<Output = Response>) -> Response {
        if index == self.index {
            let reply = if self.when == When::AfterEffect { Some(call.await) } else { None };
            self.reached.send_replace(true);
            // The reply is kept: dropping its body would end a stream that the service still writes.
            let _kept = reply;
            return pending().await;
        }
        pending().await
    }
}
