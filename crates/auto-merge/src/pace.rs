//! How long to wait before the next look, and how often.

use std::time::Duration;

use model::Deadline;
use toolkit::Backoff;

/// So often is tried again what GitHub refuses without a reason, or answers with an error that passes.
const MAX_PASSING: u32 = 6;
/// So often is tried again what other merges into the same base got in the way of.
const MAX_CONTENDED: u32 = 6;

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// GitHub computes whether there is a conflict: mostly within a second.
    Computing,
    /// An error that passes, or a refusal without a reason.
    Passing,
    /// Other merges into the same base.
    Contended,
    /// Checks, which take their time.
    Checks,
    /// The moment that GitHub names.
    After(Duration),
}

/// How often each was waited for.
#[derive(Debug)]
pub(crate) struct Tries {
    computing: u32,
    passing: u32,
    contended: u32,
    checks: u32,
    // Runs that collide once would collide again if they all waited as long.
    spread: Backoff,
}

impl Default for Tries {
    fn default() -> Self {
        let spread = Backoff::new(Duration::from_secs(1), Duration::from_secs(8));
        Self { computing: 0, passing: 0, contended: 0, checks: 0, spread }
    }
}

impl Tries {
    /// Returns how long to wait before the next try; none if there were enough.
    pub(crate) fn next(&mut self, pace: Pace) -> Option<Duration> {
        let bump = |count: &mut u32| {
            *count += 1;
            *count - 1
        };
        match pace {
            Pace::Computing => Some(doubled(bump(&mut self.computing))),
            Pace::Checks => Some(Duration::from_secs(u64::from(bump(&mut self.checks).min(4) + 1))),
            Pace::Passing | Pace::After(_) => {
                let count = bump(&mut self.passing);
                let delay = if let Pace::After(wish) = pace { wish } else { doubled(count) };
                (count < MAX_PASSING).then_some(delay)
            }
            Pace::Contended => {
                let half = Duration::from_millis(500 << bump(&mut self.contended).min(3));
                (self.contended <= MAX_CONTENDED).then(|| half + self.spread.next_delay() / 2)
            }
        }
    }
}

/// A quarter of a second, doubled, at most three seconds.
fn doubled(count: u32) -> Duration {
    Duration::from_millis(250 << count.min(4)).min(Duration::from_secs(3))
}

/// Waits before the facts are read again; `false` at once if the deadline would pass meanwhile.
pub(crate) async fn pause(deadline: Deadline, attempt: u32) -> bool {
    wait(deadline, doubled(attempt), Duration::ZERO).await
}

/// Waits for `delay`; `false` at once if less than `reserve` would be left until the deadline.
pub(crate) async fn wait(deadline: Deadline, delay: Duration, reserve: Duration) -> bool {
    if delay + reserve >= deadline.remaining() {
        return false;
    }
    tokio::time::sleep(delay).await;
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(pace: Pace, count: usize) -> Vec<u128> {
        let mut tries = Tries::default();
        (0..count).filter_map(|_| tries.next(pace)).map(|delay| delay.as_millis()).collect()
    }

    #[test]
    fn computing_and_checks_are_waited_for_without_end() {
        assert_eq!(millis(Pace::Computing, 6), [250, 500, 1000, 2000, 3000, 3000]);
        assert_eq!(millis(Pace::Checks, 7), [1000, 2000, 3000, 4000, 5000, 5000, 5000]);
    }

    #[test]
    fn what_passes_is_tried_six_times_more() {
        assert_eq!(millis(Pace::Passing, 9), [250, 500, 1000, 2000, 3000, 3000]);
        assert_eq!(millis(Pace::After(Duration::from_secs(7)), 9), [7000; 6]);
    }

    #[test]
    fn contenders_spread_within_a_window_that_doubles() {
        let delays = millis(Pace::Contended, 9);
        assert_eq!(delays.len(), 6);
        for (delay, half) in delays.iter().zip([500, 1000, 2000, 4000, 4000, 4000]) {
            assert!((half..=2 * half).contains(delay), "{delays:?}");
        }
    }

    #[test]
    fn each_has_its_own_budget() {
        let mut tries = Tries::default();
        assert_eq!((0..9).filter_map(|_| tries.next(Pace::Passing)).count(), 6);
        assert_eq!((0..9).filter_map(|_| tries.next(Pace::Contended)).count(), 6);
        assert!(tries.next(Pace::Computing).is_some());
    }
}
