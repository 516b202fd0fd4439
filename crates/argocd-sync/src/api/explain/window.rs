//! A sync window that is closed.

use model::Failure;

use super::super::calls::{SyncWindow, SyncWindows};
use crate::{codes, request::ApplicationName};

pub(super) fn sync_window(app: &ApplicationName, windows: &SyncWindows) -> Failure {
    let mut failure = Failure::new(
        &codes::SYNC_WINDOW,
        format!("a sync window of the project blocks a manual sync of application {app}"),
    );
    let describe = |window: &SyncWindow| {
        let manual = if window.manual_sync { ", manual syncs allowed" } else { "" };
        format!("{} from `{}` for {}{manual}", window.kind, window.schedule, window.duration)
    };
    let (active, assigned) = (&windows.active_windows, &windows.assigned_windows);
    failure.notes.extend(active.iter().flatten().map(|window| format!("active: {}", describe(window))));
    failure.notes.extend(assigned.iter().flatten().map(|window| format!("assigned: {}", describe(window))));
    failure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_listed() {
        let app = ApplicationName { name: "dev".into(), project: None, namespace: None };
        let windows = serde_json::from_str(
            r#"{"canSync":false,"activeWindows":null,"assignedWindows":[{"kind":"allow","schedule":"0 22 * * *","duration":"1h"}]}"#,
        );
        let failure = sync_window(&app, &windows.unwrap());
        assert_eq!(failure.notes, ["assigned: allow from `0 22 * * *` for 1h"]);
    }
}
