//! GitHub's clock, and timestamps as GitHub writes them: UTC, whole seconds, `Z`.
//!
//! The clock is this machine's unless a test sets it ahead, or stops it: events then have the seconds that the test
//! wants, without waiting for them.

use std::{
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

use super::State;
use crate::faults::lock;

/// The clock of one GitHub; clones are the same clock.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clock(Arc<Mutex<Setting>>);

#[derive(Debug, Clone, Copy)]
enum Setting {
    /// This many seconds before this machine's clock.
    Ahead(i64),
    /// At this second since 1970, and standing still.
    Stopped(u64),
}

impl Default for Setting {
    fn default() -> Self {
        Self::Ahead(0)
    }
}

impl Clock {
    /// Returns the seconds since 1970.
    pub(crate) fn seconds(&self) -> u64 {
        match *lock(&self.0) {
            Setting::Ahead(ahead) => machine().saturating_add_signed(ahead),
            Setting::Stopped(at) => at,
        }
    }

    /// Returns the present time, such as `2026-01-31T09:05:00Z`.
    pub(crate) fn now(&self) -> String {
        format(self.seconds())
    }
}

impl State {
    /// Sets GitHub's clock this many seconds ahead of this machine's, which is then slow as GitHub sees it: all that
    /// happens gets such times, tokens of installations expire by it, and it judges the times in an App's JWT.
    pub fn set_clock_ahead(&self, seconds: i64) {
        *lock(&self.clock.0) = Setting::Ahead(seconds);
    }

    /// Stops GitHub's clock at a moment in seconds since 1970.
    pub fn stop_clock(&self, at: u64) {
        *lock(&self.clock.0) = Setting::Stopped(at);
    }

    /// Moves GitHub's clock forward; one that goes goes on from there.
    pub fn pass_seconds(&self, seconds: u32) {
        let mut setting = lock(&self.clock.0);
        *setting = match *setting {
            Setting::Ahead(ahead) => Setting::Ahead(ahead.saturating_add(seconds.into())),
            Setting::Stopped(at) => Setting::Stopped(at.saturating_add(seconds.into())),
        };
    }
}

fn machine() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}

/// Writes seconds since 1970 as a date (the `civil_from_days` method of Howard Hinnant's date algorithms).
pub(crate) fn format(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stopped_clock_moves_when_told_to() {
        let clock = Clock(Arc::new(Mutex::new(Setting::Stopped(0))));
        assert_eq!((clock.seconds(), clock.now().as_str()), (0, "1970-01-01T00:00:00Z"));
        assert!(Clock::default().seconds() > 1_700_000_000);
    }

    #[test]
    fn dates_are_civil() {
        assert_eq!(format(0), "1970-01-01T00:00:00Z");
        assert_eq!(format(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(format(1_798_761_599), "2026-12-31T23:59:59Z");
    }
}
