//! Who may send a request now: at most [`WIDEST`] at once in all, at most as many to one registry as it takes, and
//! none before the time that it asked for (`Retry-After`), or a little later if it refused without saying for how long.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use reqwest::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use toolkit::Backoff;

use super::window::{WIDEST, Window};

/// The way to one registry.
#[derive(Debug)]
pub(super) struct Gate {
    /// Shared with the gates of all registries.
    all: Arc<Semaphore>,
    /// As many permits as the window is wide, less those that are still owed.
    own: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    window: Window,
    /// Permits that are to go, and are still with requests under way.
    owed: usize,
    /// Until when the registry wants no request.
    closed_until: Option<Instant>,
    /// For how long it is left alone if it does not say.
    pause: Backoff,
}

/// The registry is asked anew soon, and then ever more seldom: refusals come fast, so that a narrow way alone would not
/// keep us from sending many requests.
fn pause() -> Backoff {
    Backoff::new(Duration::from_millis(100), Duration::from_secs(1))
}

/// Leave to send one request. It ends when it is dropped.
#[derive(Debug)]
pub(super) struct Pass {
    gate: Arc<Gate>,
    number: u64,
    own: Option<OwnedSemaphorePermit>,
    _all: Option<OwnedSemaphorePermit>,
}

impl Gate {
    /// Opens a gate under a limit that is shared.
    pub(super) fn new(all: Arc<Semaphore>) -> Arc<Self> {
        let state = State { window: Window::new(), owed: 0, closed_until: None, pause: pause() };
        Arc::new(Self { all, own: Arc::new(Semaphore::new(WIDEST)), state: Mutex::new(state) })
    }

    /// Waits, in turn, until a request may be sent. Whoever holds a pass must not ask for another one.
    pub(super) async fn pass(self: &Arc<Self>) -> Pass {
        // First the registry's own: those that wait for a slow registry must not take the place of those for another.
        // The semaphores are never closed.
        let own = self.own.clone().acquire_owned().await.ok();
        while let Some(wait) = self.wait() {
            tokio::time::sleep(wait).await;
        }
        let all = self.all.clone().acquire_owned().await.ok();
        let number = self.state().window.admit();
        Pass { gate: self.clone(), number, own, _all: all }
    }

    fn wait(&self) -> Option<Duration> {
        let left = self.state().closed_until?.checked_duration_since(Instant::now())?;
        (!left.is_zero()).then_some(left)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the permits follow the window.
    fn follow(&self, state: &mut State, before: usize) {
        let after = state.window.width();
        if after > before {
            let wanted = after - before;
            let forgiven = wanted.min(state.owed);
            state.owed -= forgiven;
            self.own.add_permits(wanted - forgiven);
        } else if before > after {
            let gone = self.own.forget_permits(before - after);
            state.owed += before - after - gone;
        }
    }
}

impl Pass {
    /// Tells what the registry said, and how long it wants to be left alone.
    pub(super) fn answered(&self, status: StatusCode, after: Option<Duration>) {
        let mut state = self.gate.state();
        let before = state.window.width();
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            let is_news = state.window.refused(self.number);
            let wait = after.or_else(|| is_news.then(|| state.pause.next_delay()));
            let until = wait.and_then(|wait| Instant::now().checked_add(wait));
            state.closed_until = state.closed_until.max(until);
        } else {
            state.window.answered();
            state.pause = pause();
        }
        let now = state.window.width();
        if now != before {
            tracing::debug!("HTTP {}: {now} requests at once, not {before}", status.as_u16());
        }
        self.gate.follow(&mut state, before);
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut state = self.gate.state();
        if state.owed > 0
            && let Some(own) = self.own.take()
        {
            state.owed -= 1;
            own.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    const OK: StatusCode = StatusCode::OK;
    const BUSY: StatusCode = StatusCode::TOO_MANY_REQUESTS;
    const NOW: Option<Duration> = Some(Duration::ZERO);

    fn gates() -> (Arc<Gate>, Arc<Gate>) {
        let all = Arc::new(Semaphore::new(WIDEST));
        (Gate::new(all.clone()), Gate::new(all))
    }

    /// Takes as many passes as there are.
    fn all(gate: &Arc<Gate>) -> Vec<Pass> {
        std::iter::from_fn(|| gate.pass().now_or_never()).take(100).collect()
    }

    #[tokio::test]
    async fn the_limit_is_one_for_all_registries() {
        let (one, other) = gates();
        let mut passes: Vec<Pass> = Vec::new();
        for _ in 0..10 {
            passes.push(one.pass().await);
        }
        assert_eq!(all(&other).len(), 6);
        drop(passes);
        assert_eq!(all(&one).len(), 16);
    }

    #[tokio::test]
    async fn a_refusal_halves_what_one_registry_gets_and_success_gives_it_back() {
        let (gate, other) = gates();
        let passes = all(&gate);
        passes.iter().for_each(|pass| pass.answered(BUSY, NOW));
        drop(passes);
        let passes = all(&gate);
        assert_eq!(passes.len(), 8);
        assert_eq!(all(&other).len(), 8, "the other registry has said nothing");
        passes[0].answered(BUSY, NOW);
        drop(passes);
        assert_eq!(all(&gate).len(), 4);
        for _ in 0..200 {
            gate.pass().await.answered(OK, None);
        }
        assert_eq!(all(&gate).len(), 16);
    }

    #[tokio::test]
    async fn nothing_is_sent_before_the_time_that_the_registry_asked_for() {
        let (gate, other) = gates();
        let begun = Instant::now();
        gate.pass().await.answered(BUSY, Some(Duration::from_millis(20)));
        assert!(other.pass().now_or_never().is_some());
        drop(gate.pass().await);
        assert!(begun.elapsed() >= Duration::from_millis(20));
    }

    proptest::proptest! {
        /// Whatever is answered in whatever order, as many passes are out as the window is wide, once those of a wider
        /// time are back.
        #[test]
        fn permits_follow_the_window(steps in proptest::collection::vec((0u8..3, proptest::prelude::any::<proptest::sample::Index>()), 1..200)) {
            let (gate, _) = gates();
            let mut out = all(&gate);
            for (step, which) in steps {
                if !out.is_empty() {
                    let pass = out.swap_remove(which.index(out.len()));
                    match step {
                        0 => pass.answered(BUSY, NOW),
                        1 => pass.answered(OK, None),
                        _ => {}
                    }
                }
                out.extend(all(&gate));
                proptest::prop_assert!(out.len() >= gate.state().window.width());
            }
            drop(out);
            proptest::prop_assert_eq!(all(&gate).len(), gate.state().window.width());
        }
    }
}
