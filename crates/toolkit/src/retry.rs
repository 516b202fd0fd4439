//! How long to wait before a call is tried again.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use crate::random::up_to;

/// Reads how long a server asks not to be called again, as seconds or as a moment (RFC 9110 §10.2.3). A moment that has
/// passed is no time.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    retry_after_of(headers.get(RETRY_AFTER)?.to_str().ok()?)
}

/// The same of the header's value alone.
pub fn retry_after_of(value: &str) -> Option<Duration> {
    read_retry_after(value, Timestamp::now())
}

fn read_retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let moment = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(moment.duration_since(now)).unwrap_or_default())
}

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
    fn a_server_asks_for_seconds_or_for_a_moment() {
        let now = "2026-11-06T08:49:30Z".parse().unwrap();
        for (text, seconds) in [
            (" 7 ", Some(7)),
            ("Fri, 06 Nov 2026 08:49:37 GMT", Some(7)),
            ("Fri, 06 Nov 2026 08:49:00 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
        ] {
            assert_eq!(read_retry_after(text, now), seconds.map(Duration::from_secs), "{text}");
        }
    }

    #[test]
    fn delays_stay_under_the_cap() {
        let cap = Duration::from_millis(50);
        let mut backoff = Backoff::new(Duration::from_millis(1), cap);
        assert!((0..40).map(|_| backoff.next_delay()).all(|delay| delay <= cap));
    }
}
