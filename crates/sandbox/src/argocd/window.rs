//! Sync windows.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A sync window of the application's project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncWindow {
    /// `allow` or `deny`.
    pub kind: String,
    /// When it opens, in cron's words. For reading only: whether it is open is [`SyncWindow::active`].
    pub schedule: String,
    /// How long it is open: `1h`.
    pub duration: String,
    /// Whether a manual sync is allowed against it.
    pub manual_sync: bool,
    /// Whether it is open now.
    pub active: bool,
}

impl SyncWindow {
    /// A window that forbids every sync now.
    pub fn deny() -> Self {
        Self {
            kind: "deny".into(),
            schedule: "0 18 * * *".into(),
            duration: "12h".into(),
            manual_sync: false,
            active: true,
        }
    }

    /// As the project has it, for one application.
    pub(super) fn spec(&self, application: &str) -> Value {
        let mut json = self.json();
        json["applications"] = json!([application]);
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

/// Whether a manual sync may start: no deny is open, and an allow is, if there are any
/// (types.go, `SyncWindows.CanSync`).
pub(super) fn can_sync(windows: &[SyncWindow]) -> bool {
    let of = |kind: &'static str, active: bool| {
        windows.iter().filter(move |window| window.kind == kind && (window.active || !active))
    };
    if of("deny", true).next().is_some() {
        return of("deny", true).all(|window| window.manual_sync);
    }
    of("allow", false).next().is_none()
        || of("allow", true).next().is_some()
        || of("allow", false).all(|window| window.manual_sync)
}

/// The reply of `…/syncwindows`.
pub(super) fn json(windows: &[SyncWindow]) -> Value {
    let list = |active: bool| -> Vec<Value> {
        windows.iter().filter(|window| window.active || !active).map(SyncWindow::json).collect()
    };
    json!({ "activeWindows": list(true), "assignedWindows": list(false), "canSync": can_sync(windows) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deny_wins_and_allow_must_be_open() {
        let allow = SyncWindow { kind: "allow".into(), ..SyncWindow::deny() };
        let closed = |window: &SyncWindow| SyncWindow { active: false, ..window.clone() };
        assert!(can_sync(&[]));
        assert!(!can_sync(&[SyncWindow::deny()]));
        assert!(can_sync(&[closed(&SyncWindow::deny())]));
        assert!(can_sync(&[SyncWindow { manual_sync: true, ..SyncWindow::deny() }]));
        assert!(can_sync(std::slice::from_ref(&allow)));
        assert!(!can_sync(&[closed(&allow)]));
        assert!(!can_sync(&[allow, SyncWindow::deny()]));
    }
}
