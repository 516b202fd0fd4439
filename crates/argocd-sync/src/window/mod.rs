//! When a project's sync windows let a manual sync through (pkg/apis/application/v1alpha1 `SyncWindows.CanSync`).

mod schedule;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

pub(crate) use self::schedule::Schedule;

/// How many beginnings and ends are looked at until one lets a sync through.
const STEPS: usize = 2_000;

/// What a window does while it is active.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Outside of all windows of this kind nothing is synced.
    Allow,
    /// Within it nothing is synced.
    Deny,
}

/// One window.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    /// What it does.
    pub(crate) kind: Kind,
    /// When it begins.
    pub(crate) schedule: Schedule,
    /// How long it is active.
    pub(crate) duration: SignedDuration,
    /// Where its clock is.
    pub(crate) zone: TimeZone,
    /// Whether it lets manual syncs through all the same.
    pub(crate) manual_sync: bool,
}

/// Returns the first moment after `now` at which a manual sync is let through. None if there is none within reason.
pub(crate) fn next_opening(windows: &[Window], now: Timestamp) -> Option<Timestamp> {
    let mut time = now;
    for _ in 0..STEPS {
        // Something changes only where a window begins or ends.
        time = windows.iter().filter_map(|window| window.next_change(time)).min()?;
        if can_sync(windows, time) {
            return Some(time);
        }
    }
    None
}

/// Whether a manual sync is let through. One deny window suffices against it, and one allow window for it.
fn can_sync(windows: &[Window], time: Timestamp) -> bool {
    let (active, idle): (Vec<&Window>, Vec<&Window>) =
        windows.iter().partition(|window| window.is_active(time));
    let is_manual = |windows: &[&Window], kind| {
        windows.iter().filter(|window| window.kind == kind).all(|window| window.manual_sync)
    };
    let any = |windows: &[&Window], kind| windows.iter().any(|window| window.kind == kind);
    if any(&active, Kind::Deny) {
        is_manual(&active, Kind::Deny)
    } else {
        any(&active, Kind::Allow) || !any(&idle, Kind::Allow) || is_manual(&idle, Kind::Allow)
    }
}

impl Window {
    /// The first beginning after `time`.
    fn begins_after(&self, time: Timestamp) -> Option<Timestamp> {
        let local = self.schedule.after(time.to_zoned(self.zone.clone()).datetime())?;
        local.to_zoned(self.zone.clone()).ok().map(|zoned| zoned.timestamp())
    }

    /// Whether it is active: from the moment after a beginning on.
    fn is_active(&self, time: Timestamp) -> bool {
        let began = time.checked_sub(self.duration).ok().and_then(|start| self.begins_after(start));
        began.is_some_and(|began| began <= time)
    }

    /// The next moment at which it begins or ends.
    fn next_change(&self, time: Timestamp) -> Option<Timestamp> {
        let next = self.begins_after(time)?;
        // What began last, and ends at a later time: the first beginning that is not over yet.
        let began = time.checked_sub(self.duration).ok().and_then(|start| self.begins_after(start))?;
        let end = began.checked_add(self.duration).ok()?;
        Some(if end > time { next.min(end) } else { next })
    }
}

/// Reads a duration as Go writes them: `1h`, `1h30m`, `0.5h`.
pub(crate) fn parse_duration(text: &str) -> Option<SignedDuration> {
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| c != '.' && !c.is_ascii_digit())?;
        let (number, unit) = rest.split_at(end);
        let end = unit.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(unit.len());
        let (unit, after) = unit.split_at(end);
        let unit = match unit {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 0.001,
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * unit;
        rest = after;
    }
    SignedDuration::try_from_secs_f64(seconds).ok().filter(SignedDuration::is_positive)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(kind: Kind, schedule: &str, duration: &str, zone: &str) -> Window {
        Window {
            kind,
            schedule: Schedule::parse(schedule).unwrap(),
            duration: parse_duration(duration).unwrap(),
            zone: TimeZone::get(zone).unwrap(),
            manual_sync: false,
        }
    }

    fn opening(windows: &[Window], now: &str) -> String {
        let next = next_opening(windows, now.parse().unwrap());
        next.map_or("never".to_owned(), |next| next.to_string())
    }

    #[test]
    fn an_allow_window_opens_when_it_begins() {
        let night = window(Kind::Allow, "0 22 * * *", "1h", "UTC");
        assert_eq!(opening(std::slice::from_ref(&night), "2026-01-01T10:00:00Z"), "2026-01-01T22:00:00Z");
        // The next of two.
        let noon = window(Kind::Allow, "0 12 * * 1-5", "1h", "UTC");
        assert_eq!(opening(&[night, noon], "2026-01-01T10:00:00Z"), "2026-01-01T12:00:00Z");
    }

    #[test]
    fn a_deny_window_opens_when_it_ends() {
        let freeze = window(Kind::Deny, "0 8 * * *", "9h30m", "UTC");
        assert_eq!(opening(std::slice::from_ref(&freeze), "2026-01-01T10:00:00Z"), "2026-01-01T17:30:00Z");
        // One that begins before the first has ended.
        let evening = window(Kind::Deny, "0 17 * * *", "2h", "UTC");
        assert_eq!(opening(&[freeze.clone(), evening], "2026-01-01T10:00:00Z"), "2026-01-01T19:00:00Z");
        // Denied for ever.
        let always = window(Kind::Deny, "* * * * *", "1h", "UTC");
        assert_eq!(opening(&[always], "2026-01-01T10:00:00Z"), "never");
        // An allow window is of no use while a deny window is active.
        let allow = window(Kind::Allow, "0 12 * * *", "8h", "UTC");
        assert_eq!(opening(&[freeze, allow], "2026-01-01T10:00:00Z"), "2026-01-01T17:30:00Z");
    }

    #[test]
    fn a_window_has_the_clock_of_its_zone() {
        for (now, opens) in [
            ("2026-01-01T10:00:00Z", "2026-01-01T21:00:00Z"),
            ("2026-07-01T10:00:00Z", "2026-07-01T20:00:00Z"),
        ] {
            assert_eq!(opening(&[window(Kind::Allow, "0 22 * * *", "1h", "Europe/Berlin")], now), opens);
        }
    }

    #[test]
    fn a_window_for_manual_syncs_is_no_obstacle() {
        let manual = Window { manual_sync: true, ..window(Kind::Deny, "0 8 * * *", "24h", "UTC") };
        let freeze = window(Kind::Deny, "0 8 * * *", "2h", "UTC");
        assert_eq!(opening(&[manual, freeze], "2026-01-01T09:00:00Z"), "2026-01-01T10:00:00Z");
    }

    #[test]
    fn go_durations_are_read() {
        for (text, seconds) in [("1h", 3600), ("1h30m", 5400), ("0.5h", 1800), ("90s", 90)] {
            assert_eq!(parse_duration(text), Some(SignedDuration::from_secs(seconds)), "{text}");
        }
        for text in ["", "1", "1d", "h", "-1h"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
