//! A turnstile before a service: every call waits until a test lets it through, so that a test decides in which order
//! the calls of several clients take effect, and what happens between two calls of one client.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::oneshot;

use crate::faults::lock;

/// A call that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its place in the order of arrival.
    pub id: u64,
    /// The HTTP method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The `Authorization` header, which tells clients apart; empty if there is none.
    pub authorization: String,
}

/// What waits at a turnstile; clones are the same one.
#[derive(Debug, Clone)]
pub struct Turnstile {
    service: &'static str,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    waiting: Mutex<Vec<(Held, oneshot::Sender<Pass>)>>,
    arrivals: AtomicU64,
}

/// The right to go on. The call is over when it is dropped.
#[derive(Debug)]
pub(crate) struct Pass(#[expect(dead_code, reason = "its end is what counts")] oneshot::Sender<()>);

impl Turnstile {
    pub(crate) fn new(service: &'static str) -> Self {
        Self { service, state: Arc::default() }
    }

    /// Returns the calls that wait now, the first to come first.
    pub fn held(&self) -> Vec<Held> {
        lock(&self.state.waiting).iter().map(|(held, _)| held.clone()).collect()
    }

    /// Returns how many calls have come so far.
    pub fn arrivals(&self) -> u64 {
        self.state.arrivals.load(Ordering::Relaxed)
    }

    /// Lets one call through, and returns when it has taken effect and its answer is on the way; `false` if it does
    /// not wait (any more).
    pub async fn release(&self, id: u64) -> bool {
        let (over, ended) = oneshot::channel();
        let found = {
            let mut waiting = lock(&self.state.waiting);
            let place = waiting.iter().position(|(held, _)| held.id == id);
            place.map(|place| waiting.remove(place).1)
        };
        let is_there = found.is_some_and(|waiting| waiting.send(Pass(over)).is_ok());
        if is_there {
            // Nothing is ever sent: the other end is dropped with the call.
            let _ = ended.await;
        }
        is_there
    }

    /// Waits for the right to go on; `None` if the turnstile is of another service, or gone.
    pub(crate) async fn pass(
        &self,
        service: &str,
        (method, path, authorization): (&str, &str, &str),
    ) -> Option<Pass> {
        if service != self.service {
            return None;
        }
        let id = self.state.arrivals.fetch_add(1, Ordering::Relaxed);
        let held = Held {
            id,
            method: method.to_owned(),
            path: path.to_owned(),
            authorization: authorization.to_owned(),
        };
        let (sender, receiver) = oneshot::channel();
        lock(&self.state.waiting).push((held, sender));
        // A client that goes away while it waits takes its place with it.
        let _place = Place(&self.state, id);
        receiver.await.ok()
    }
}

struct Place<'a>(&'a State, u64);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        lock(&self.0.waiting).retain(|(held, _)| held.id != self.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn calls_go_on_in_the_order_that_is_asked_for() {
        let (turnstile, order) = (Turnstile::new("github"), Arc::new(Mutex::new(Vec::new())));
        let clients = ["a", "b"].map(|path| {
            let (turnstile, order) = (turnstile.clone(), order.clone());
            tokio::spawn(async move {
                let pass = turnstile.pass("github", ("GET", path, "")).await;
                lock(&order).push(path);
                drop(pass);
            })
        });
        while turnstile.held().len() < 2 {
            tokio::task::yield_now().await;
        }
        let id = |path: &str| turnstile.held().iter().find(|held| held.path == path).unwrap().id;
        assert!(turnstile.release(id("b")).await);
        assert_eq!(*lock(&order), ["b"]);
        assert!(turnstile.release(id("a")).await && !turnstile.release(0).await);
        for client in clients {
            client.await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_client_that_goes_away_is_forgotten_and_another_service_is_not_held() {
        let turnstile = Turnstile::new("github");
        assert!(turnstile.pass("sts", ("GET", "/", "")).await.is_none());
        let waiting = turnstile.clone();
        let client = tokio::spawn(async move { waiting.pass("github", ("GET", "/", "")).await.is_some() });
        while turnstile.held().is_empty() {
            tokio::task::yield_now().await;
        }
        client.abort();
        assert!(client.await.is_err() && turnstile.held().is_empty());
    }
}
