//! How long to wait before a call is tried again.

use std::time::Duration;

use crate::random::up_to;

/// Exponential back-off with full jitter: each delay is random between nothing and a ceiling that doubles
/// (<https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>).
#[derive(Debug, Clone)]
pub struct Backoff {
    ceiling: Duration,
    cap: Duration,
}

impl Backoff {
    /// Starts with delays of at most `base`, and never waits longer than `cap`.
    pub fn new(base: Duration, cap: Duration) -> Self {
        Self { ceiling: base, cap }
    }

    /// Returns the next delay.
    pub fn next_delay(&mut self) -> Duration {
        let ceiling = self.ceiling.min(self.cap);
        self.ceiling = ceiling.saturating_mul(2);
        Duration::from_millis(up_to(u64::try_from(ceiling.as_millis()).unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_stay_under_the_cap() {
        let cap = Duration::from_millis(50);
        let mut backoff = Backoff::new(Duration::from_millis(1), cap);
        assert!((0..40).map(|_| backoff.next_delay()).all(|delay| delay <= cap));
    }
}
