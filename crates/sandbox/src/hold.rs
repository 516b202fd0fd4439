//! A call that is held back until a test lets it go on: what the test does meanwhile happens between two calls of an
//! action.

use axum::response::Response;
use tokio::sync::watch;

use crate::stop::When;

/// A call that is waited for or held. It goes on when this is let go or dropped.
#[derive(Debug)]
pub struct Hold {
    progress: watch::Sender<Progress>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Progress {
    Awaited,
    Held,
    Let,
}

impl Hold {
    /// Waits until the call has come and is held.
    pub async fn reached(&self) {
        // The sender lives in `self`, so waiting cannot fail.
        let _ = self.progress.subscribe().wait_for(|progress| *progress >= Progress::Held).await;
    }

    /// Lets the call go on.
    pub fn let_go(&self) {
        self.progress.send_replace(Progress::Let);
    }
}

/// A call that is to be held, as the services know it.
#[derive(Debug)]
pub(crate) struct Held {
    service: String,
    method: String,
    path: String,
    when: When,
    progress: watch::Sender<Progress>,
}

/// Makes the two sides of a hold on the next call of `service` with this method whose path has `path`.
pub(crate) fn hold(service: &str, method: &str, path: &str, when: When) -> (Hold, Held) {
    let progress = watch::Sender::new(Progress::Awaited);
    let held = Held {
        service: service.to_owned(),
        method: method.to_owned(),
        path: path.to_owned(),
        when,
        progress: progress.clone(),
    };
    (Hold { progress }, held)
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.let_go();
    }
}

impl Held {
    pub(crate) fn matches(&self, service: &str, method: &str, path: &str) -> bool {
        self.service == service && self.method == method && path.contains(&self.path)
    }

    /// Answers the call, and waits before it or before the answer.
    pub(crate) async fn answer(self, call: impl Future<Output = Response>) -> Response {
        match self.when {
            When::BeforeEffect => {
                self.wait().await;
                call.await
            }
            When::AfterEffect => {
                let reply = call.await;
                self.wait().await;
                reply
            }
        }
    }

    async fn wait(&self) {
        self.progress.send_if_modified(|progress| {
            let is_new = *progress < Progress::Held;
            if is_new {
                *progress = Progress::Held;
            }
            is_new
        });
        let _ = self.progress.subscribe().wait_for(|progress| *progress == Progress::Let).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_held_call_waits_until_it_is_let_go() {
        for when in [When::BeforeEffect, When::AfterEffect] {
            let (hold, held) = hold("github", "PUT", "/merge", when);
            assert!(held.matches("github", "PUT", "/pulls/1/merge") && !held.matches("github", "PUT", "/x"));
            let answered = tokio::spawn(held.answer(async { Response::default() }));
            hold.reached().await;
            assert!(!answered.is_finished());
            hold.let_go();
            assert_eq!(answered.await.unwrap().status(), 200);
        }
    }

    #[tokio::test]
    async fn a_call_goes_on_when_nobody_holds_it_any_more() {
        let (hold, held) = hold("github", "GET", "", When::BeforeEffect);
        drop(hold);
        assert_eq!(held.answer(async { Response::default() }).await.status(), 200);
    }
}
