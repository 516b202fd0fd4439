//! Sync windows, as types.go of pkg/apis/application/v1alpha1 evaluates them.

mod schedule;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use schedule::Schedule;

/// A sync window of the application's project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncWindow {
    /// `allow` or `deny`.
    pub kind: String,
    /// When it opens, in cron's words: `0 18 * * 1-5`.
    pub schedule: String,
    /// How long it is open: `1h30m`.
    pub duration: String,
    /// By which clock: a name such as `Europe/Berlin`. UTC if there is none such.
    pub time_zone: String,
    /// Whether a manual sync is allowed against it.
    pub manual_sync: bool,
}

/// Who wants to sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Person,
    AutoSync,
}

impl SyncWindow {
    /// A window that forbids every sync at any time.
    pub fn deny() -> Self {
        Self {
            kind: "deny".into(),
            schedule: "* * * * *".into(),
            duration: "1h".into(),
            time_zone: "UTC".into(),
            manual_sync: false,
        }
    }

    /// Whether it is open: whether it has opened within the time that it is open for. The offset of the time zone is
    /// that of now for all of it.
    fn is_open(&self, now: Timestamp) -> Result<bool, String> {
        let schedule = Schedule::parse(&self.schedule)
            .ok_or_else(|| format!("cannot parse schedule '{}'", self.schedule))?;
        let duration = self
            .duration
            .parse::<SignedDuration>()
            .map_err(|error| format!("cannot parse duration '{}': {error}", self.duration))?;
        let zone = TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC);
        let local = now.as_second() + i64::from(zone.to_offset(now).seconds());
        let first = local - duration.as_secs() + 1;
        let minutes = (first.div_euclid(60)..=local.div_euclid(60)).map(|minute| minute * 60);
        let mut openings = minutes.filter(|second| (first..local).contains(second));
        Ok(openings.any(|second| {
            let at = Timestamp::from_second(second).map(|at| at.to_zoned(TimeZone::UTC).datetime());
            at.is_ok_and(|at| schedule.opens(at))
        }))
    }

    /// As the project has it, for one application.
    pub(super) fn spec(&self, application: &str) -> Value {
        let mut json = self.json();
        json["applications"] = json!([application]);
        json["timeZone"] = json!(self.time_zone);
        json
    }

    fn json(&self) -> Value {
        json!({
            "kind": self.kind,
            "schedule": self.schedule,
            "duration": self.duration,
            "manualSync": self.manual_sync,
        })
    }
}

/// Whether a sync may start: no deny is open, and an allow is, if there are any (`SyncWindows.CanSync`). The error is
/// about a window that cannot be read.
pub(super) fn can_sync(windows: &[SyncWindow], by: By) -> Result<bool, String> {
    can_sync_at(windows, by, Timestamp::now())
}

fn can_sync_at(windows: &[SyncWindow], by: By, now: Timestamp) -> Result<bool, String> {
    let open = open(windows, now)?;
    let lets = |mut windows: std::slice::Iter<'_, &SyncWindow>| {
        by == By::Person && windows.all(|window| window.manual_sync)
    };
    let denies: Vec<_> = open.iter().copied().filter(|window| window.kind == "deny").collect();
    if !denies.is_empty() {
        return Ok(lets(denies.iter()));
    }
    let allows: Vec<_> = windows.iter().filter(|window| window.kind == "allow").collect();
    Ok(allows.is_empty() || open.iter().any(|window| window.kind == "allow") || lets(allows.iter()))
}

fn open(windows: &[SyncWindow], now: Timestamp) -> Result<Vec<&SyncWindow>, String> {
    let mut open = Vec::new();
    for window in windows {
        if window.is_open(now).map_err(|error| format!("invalid sync windows: {error}"))? {
            open.push(window);
        }
    }
    Ok(open)
}

/// The reply of `…/syncwindows`.
pub(super) fn json(windows: &[SyncWindow]) -> Result<Value, String> {
    let now = Timestamp::now();
    let open: Vec<Value> = open(windows, now)?.into_iter().map(SyncWindow::json).collect();
    let all: Vec<Value> = windows.iter().map(SyncWindow::json).collect();
    let can_sync = can_sync_at(windows, By::Person, now)?;
    Ok(json!({ "activeWindows": open, "assignedWindows": all, "canSync": can_sync }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    fn window(kind: &str, schedule: &str, duration: &str) -> SyncWindow {
        let (kind, schedule, duration) = (kind.into(), schedule.into(), duration.into());
        SyncWindow { kind, schedule, duration, ..SyncWindow::deny() }
    }

    #[test]
    fn a_window_is_open_for_its_duration_by_its_clock() {
        let mut evening = window("deny", "0 18 * * *", "1h30m");
        let is_open = |window: &SyncWindow, time: &str| window.is_open(at(time)).unwrap();
        for (time, open) in [("17:59:59", false), ("18:00:01", true), ("19:29:59", true), ("19:30:00", false)]
        {
            assert_eq!(is_open(&evening, &format!("2026-11-21T{time}Z")), open, "{time}");
        }
        evening.time_zone = "Europe/Berlin".into();
        assert!(is_open(&evening, "2026-11-21T17:30:00Z") && !is_open(&evening, "2026-11-21T19:00:00Z"));
        assert!(is_open(&evening, "2026-07-21T16:30:00Z"));
        evening.time_zone = "Nowhere".into();
        assert!(is_open(&evening, "2026-11-21T18:30:00Z"));
        assert!(window("deny", "0 18 * *", "1h").is_open(at("2026-11-21T18:30:00Z")).is_err());
        assert!(window("deny", "0 18 * * *", "long").is_open(at("2026-11-21T18:30:00Z")).is_err());
    }

    #[test]
    fn deny_wins_and_allow_must_be_open() {
        let can =
            |windows: &[SyncWindow], by: By| can_sync_at(windows, by, at("2026-11-21T18:30:00Z")).unwrap();
        let (open, closed) = ("0 18 * * *", "0 3 * * *");
        let [deny, allow] = ["deny", "allow"].map(|kind| window(kind, open, "1h"));
        let [late_deny, late_allow] = ["deny", "allow"].map(|kind| window(kind, closed, "1h"));
        let manual = |window: &SyncWindow| SyncWindow { manual_sync: true, ..window.clone() };
        for by in [By::Person, By::AutoSync] {
            assert!(can(&[], by) && can(std::slice::from_ref(&late_deny), by));
            assert!(can(std::slice::from_ref(&allow), by) && can(&[allow.clone(), late_allow.clone()], by));
            assert!(!can(std::slice::from_ref(&deny), by) && !can(std::slice::from_ref(&late_allow), by));
            assert!(!can(&[allow.clone(), deny.clone()], by));
            for one in [&deny, &late_allow] {
                assert_eq!(can(&[manual(one)], by), by == By::Person);
            }
            assert!(!can(&[manual(&deny), deny.clone()], by));
        }
    }
}
