//! A sync window that is closed, and when a sync is let through again.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use model::Failure;
use serde::Deserialize;

use super::{
    super::{
        ApiError, ArgoCd,
        calls::{SyncWindow, SyncWindows},
    },
    denied::subject,
};
use crate::{
    codes,
    request::ApplicationName,
    window::{Kind, Schedule, Window, next_opening, parse_duration},
};

/// A project, as far as its windows go.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Project {
    spec: ProjectSpec,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ProjectSpec {
    sync_windows: Option<Vec<ProjectWindow>>,
}

/// A window as the project has it: the application's reply leaves its zone out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ProjectWindow {
    kind: String,
    schedule: String,
    duration: String,
    manual_sync: bool,
    time_zone: String,
}

/// What is known of the windows.
struct Facts<'a> {
    app: &'a ApplicationName,
    project: String,
    subject: String,
    windows: SyncWindows,
    /// Those of the project, if the subject may read it.
    of_project: Option<Vec<ProjectWindow>>,
    now: Timestamp,
}

impl ArgoCd {
    /// Explains that a window blocks the sync.
    pub(super) async fn sync_window(&self) -> Failure {
        let windows = self.sync_windows().await.unwrap_or_default();
        let project = self.project().await.unwrap_or_default();
        let of_project: Result<Project, ApiError> = self.read_project(&project).await;
        let facts = Facts {
            app: &self.application,
            project,
            subject: self.session.claims().await.as_ref().and_then(subject).unwrap_or_default(),
            windows,
            of_project: of_project.ok().map(|project| project.spec.sync_windows.unwrap_or_default()),
            now: Timestamp::now(),
        };
        facts.explain()
    }
}

impl Facts<'_> {
    fn explain(&self) -> Failure {
        let Self { app, project, .. } = self;
        let zoned: Vec<(&SyncWindow, TimeZone)> = self
            .windows
            .assigned_windows
            .iter()
            .flatten()
            .map(|window| (window, self.zone(window)))
            .collect();
        let parsed: Option<Vec<Window>> = zoned.iter().map(|(window, zone)| parse(window, zone)).collect();
        let opening = parsed.map(|windows| next_opening(&windows, self.now));
        let when = match opening {
            Some(Some(time)) => format!("; it is let through from {}", self.say(time, &zoned)),
            Some(None) => "; by its windows it is never let through".to_owned(),
            None => String::new(),
        };
        let mut failure = Failure::new(
            &codes::SYNC_WINDOW,
            format!("a sync window of project {project} blocks a manual sync of application {app}{when}"),
        );
        failure.notes.extend(zoned.iter().map(|(window, zone)| self.describe(window, zone)));
        if self.of_project.is_none() {
            failure.notes.push(format!(
                "the windows' time zones are not shown to `{0}` and taken as UTC; to show them: p, {0}, projects, get, {project}, allow",
                self.subject
            ));
        }
        failure
    }

    /// The zone of a window. One that is not known is UTC for Argo CD too.
    fn zone(&self, window: &SyncWindow) -> TimeZone {
        let is_it = |other: &&ProjectWindow| {
            other.kind == window.kind
                && other.schedule == window.schedule
                && other.duration == window.duration
                && other.manual_sync == window.manual_sync
        };
        let name = self.of_project.iter().flatten().find(is_it).map(|other| other.time_zone.as_str());
        name.filter(|name| !name.is_empty())
            .and_then(|name| TimeZone::get(name).ok())
            .unwrap_or(TimeZone::UTC)
    }

    /// Names a moment in UTC, in the windows' zones, and from now.
    fn say(&self, time: Timestamp, zoned: &[(&SyncWindow, TimeZone)]) -> String {
        let mut said = vec![time.strftime("%F %R UTC").to_string()];
        for (_, zone) in zoned.iter().filter(|(_, zone)| *zone != TimeZone::UTC) {
            let text = time.to_zoned(zone.clone()).strftime("%R in %Q").to_string();
            if !said.contains(&text) {
                said.push(text);
            }
        }
        said.push(format!("in {}", about(time.duration_since(self.now))));
        said.join(", ")
    }

    fn describe(&self, window: &SyncWindow, zone: &TimeZone) -> String {
        let is_active = self.windows.active_windows.iter().flatten().any(|active| active == window);
        let zone = zone.iana_name().unwrap_or("UTC");
        let SyncWindow { kind, schedule, duration, manual_sync } = window;
        let state = if is_active { "active" } else { "not active" };
        let manual = if *manual_sync { "; lets manual syncs through" } else { "" };
        format!("{kind} from `{schedule}` ({zone}) for {duration}: {state}{manual}")
    }
}

fn parse(window: &SyncWindow, zone: &TimeZone) -> Option<Window> {
    Some(Window {
        kind: if window.kind == "deny" { Kind::Deny } else { Kind::Allow },
        schedule: Schedule::parse(&window.schedule)?,
        duration: parse_duration(&window.duration)?,
        zone: zone.clone(),
        manual_sync: window.manual_sync,
    })
}

/// Returns a time in its two largest units, rounded up: `3 d 2 h`, `5 h 10 min`, `7 min`.
fn about(time: SignedDuration) -> String {
    let minutes = (time.as_secs() + 59) / 60;
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes} min"),
        (0, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn text(windows: Value, project: Option<Value>) -> String {
        let app = ApplicationName { name: "dev".into(), project: None, namespace: None };
        let facts = Facts {
            app: &app,
            project: "team".into(),
            subject: "ci".into(),
            windows: serde_json::from_value(windows).unwrap(),
            of_project: project.map(|windows| serde_json::from_value(windows).unwrap()),
            now: "2026-01-01T10:00:30Z".parse().unwrap(),
        };
        let failure = facts.explain();
        format!("{failure}\n{}", failure.notes.join("\n"))
    }

    #[test]
    fn the_next_opening_is_told_in_the_zone_of_the_window() {
        let allow = json!({"kind": "allow", "schedule": "0 22 * * *", "duration": "1h"});
        let windows = json!({"canSync": false, "activeWindows": null, "assignedWindows": [allow]});
        let project = json!([
            {"kind": "deny", "schedule": "0 22 * * *", "duration": "1h", "timeZone": "Asia/Tokyo"},
            {"kind": "allow", "schedule": "0 22 * * *", "duration": "1h", "timeZone": "Europe/Berlin"},
        ]);
        insta::assert_snapshot!(text(windows.clone(), Some(project)), @r"
        a sync window of project team blocks a manual sync of application dev; it is let through from 2026-01-01 21:00 UTC, 22:00 in Europe/Berlin, in 11 h 0 min (sync-window)
        allow from `0 22 * * *` (Europe/Berlin) for 1h: not active
        ");
        insta::assert_snapshot!(text(windows, None), @r"
        a sync window of project team blocks a manual sync of application dev; it is let through from 2026-01-01 22:00 UTC, in 12 h 0 min (sync-window)
        allow from `0 22 * * *` (UTC) for 1h: not active
        the windows' time zones are not shown to `ci` and taken as UTC; to show them: p, ci, projects, get, team, allow
        ");
    }

    #[test]
    fn a_deny_window_opens_at_its_end_and_one_without_an_end_never() {
        let deny = json!({"kind": "deny", "schedule": "0 8 * * 1-5", "duration": "10h"});
        let manual = json!({"kind": "allow", "schedule": "0 8 * * *", "duration": "1h", "manualSync": true});
        let windows = json!({"activeWindows": [deny], "assignedWindows": [deny, manual]});
        insta::assert_snapshot!(text(windows, Some(json!([]))), @r"
        a sync window of project team blocks a manual sync of application dev; it is let through from 2026-01-01 18:00 UTC, in 8 h 0 min (sync-window)
        deny from `0 8 * * 1-5` (UTC) for 10h: active
        allow from `0 8 * * *` (UTC) for 1h: not active; lets manual syncs through
        ");
        let always = json!({"kind": "deny", "schedule": "* * * * *", "duration": "1h"});
        let windows = json!({"activeWindows": [always], "assignedWindows": [always]});
        assert!(text(windows, Some(json!([]))).contains("never let through"));
        // What cannot be read is shown as it is.
        let strange = json!({"kind": "deny", "schedule": "@daily", "duration": "1h"});
        let windows = json!({"activeWindows": [strange], "assignedWindows": [strange]});
        assert!(text(windows, Some(json!([]))).contains("deny from `@daily`"));
    }
}
