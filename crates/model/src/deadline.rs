//! The one moment by which an action must have ended.

use std::time::{Duration, Instant};

use crate::ParseError;

/// A point in time that bounds every wait of an action.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    start: Instant,
    budget: Duration,
}

impl Deadline {
    /// Starts now and ends after `budget`.
    pub fn after(budget: Duration) -> Self {
        Self { start: Instant::now(), budget }
    }

    /// Returns the time that is left, zero once it has passed.
    pub fn remaining(&self) -> Duration {
        self.budget.saturating_sub(self.start.elapsed())
    }

    /// Returns the time since the start.
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// Returns the whole time that was given.
    pub fn budget(&self) -> Duration {
        self.budget
    }

    /// Whether the time is over.
    pub fn has_passed(&self) -> bool {
        self.remaining().is_zero()
    }

    /// Returns `wish`, or what is left if that is less.
    pub fn cap(&self, wish: Duration) -> Duration {
        wish.min(self.remaining())
    }

    /// Returns the moment itself, for `tokio::time::timeout_at` and the like.
    pub fn instant(&self) -> Instant {
        self.start + self.budget
    }
}

/// Reads a duration: `90`, `90s`, `1m30s`, `2m`, `1h`, `500ms`; a bare number is seconds.
pub fn parse_duration(text: &str) -> Result<Duration, ParseError> {
    let error =
        || ParseError::new("a duration", text, "a number with a unit, such as `90s`, `1m30s` or `500ms`");
    let trimmed = text.trim();
    if let Ok(seconds) = trimmed.parse::<u64>() {
        return within_a_day(Duration::from_secs(seconds)).ok_or_else(error);
    }
    let mut rest = trimmed;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(error)?;
        let number: u64 = rest[..digits].parse().map_err(|_| error())?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let part = match &rest[..letters] {
            "ms" => Some(Duration::from_millis(number)),
            "s" => Some(Duration::from_secs(number)),
            "m" => number.checked_mul(60).map(Duration::from_secs),
            "h" => number.checked_mul(3600).map(Duration::from_secs),
            _ => None,
        };
        total = part.and_then(|part| total.checked_add(part)).ok_or_else(error)?;
        rest = &rest[letters..];
    }
    if trimmed.is_empty() {
        return Err(error());
    }
    within_a_day(total).ok_or_else(error)
}

/// A longer wait than a day is a typing mistake, and would overflow an `Instant` on some systems.
fn within_a_day(duration: Duration) -> Option<Duration> {
    (duration <= Duration::from_hours(24)).then_some(duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_durations() {
        for (text, millis) in [
            ("90", 90_000),
            ("90s", 90_000),
            ("1m30s", 90_000),
            ("500ms", 500),
            ("1h", 3_600_000),
            (" 2m ", 120_000),
        ] {
            assert_eq!(parse_duration(text).unwrap(), Duration::from_millis(millis), "{text}");
        }
    }

    #[test]
    fn refuses_other_texts() {
        for text in
            ["", "s", "1x", "-1s", "1.5s", "99999999999999999999s", "25h", "1s2", "99999999999999999h"]
        {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_expired_deadline_leaves_nothing() {
        let deadline = Deadline::after(Duration::ZERO);
        assert!(deadline.has_passed());
        assert_eq!(deadline.cap(Duration::from_secs(5)), Duration::ZERO);
    }
}
