//! Whether what the application shows was found out after the newest operation. Pure but for the asking.

use std::time::Duration;

use crate::{
    observer::Observer,
    wire::{Application, OperationState},
};

/// How long to wait before an assessment is asked for again.
const AGAIN: Duration = Duration::from_secs(1);
/// How often at most.
const TIMES: u32 = 10;

/// What tells the end of one operation from that of another: when it began and ended.
pub(crate) type End = (Option<String>, Option<String>);

/// Returns which end this is.
pub(crate) fn end(state: &OperationState) -> End {
    (state.started_at.clone(), state.finished_at.clone())
}

/// Returns the operation that ended last, once ours has: whatever is shown may be from before it.
pub(crate) fn newest<'a>(
    app: &'a Application,
    ended: Option<&'a OperationState>,
) -> Option<&'a OperationState> {
    let ours = ended?;
    let shown = app.status.operation_state.as_ref().filter(|state| state.has_ended());
    Some(shown.filter(|state| state.finished_at >= ours.finished_at).unwrap_or(ours))
}

/// Whether the application was assessed after the newest end: because it was asked for and answered (`refreshed`), or
/// because its times say so.
pub(crate) fn is_assessed(
    app: &Application,
    ended: Option<&OperationState>,
    refreshed: Option<&End>,
) -> bool {
    newest(app, ended).is_some_and(|newest| {
        (refreshed == Some(&end(newest)) && answers(app, newest)) || was_reconciled_after(app, Some(newest))
    })
}

/// Both times have whole seconds and `reconciledAt` is when the comparison *began*, so that only a later second
/// proves anything. RFC 3339 in UTC sorts as text.
pub(crate) fn was_reconciled_after(app: &Application, ended: Option<&OperationState>) -> bool {
    let finished = ended.and_then(|state| state.finished_at.as_deref());
    matches!((&app.status.reconciled_at, finished), (Some(reconciled), Some(finished)) if reconciled.as_str() > finished)
}

/// Whether the answer to a refresh that was asked for after an end is that of a comparison after it. The annotation that asks
/// for it also goes without one: when the hydrator writes its status (controller/hydrator_dependencies.go
/// `PersistAppHydratorStatus`), and with the end of a comparison that ran already.
fn answers(app: &Application, ended: &OperationState) -> bool {
    let is_compared = app.status.reconciled_at.is_some() && app.status.reconciled_at >= ended.finished_at;
    // With a spec that is invalid nothing is compared, and the time stays (appcontroller.go `refreshAppConditions`).
    let is_invalid = app.status.sync.status == "Unknown"
        && app.status.conditions.iter().any(|condition| condition.kind == "InvalidSpecError");
    is_compared || is_invalid
}

/// The assessments that are asked for.
#[derive(Debug, Default)]
pub(crate) struct Asking {
    /// The end after which the last one was asked for.
    after: Option<End>,
    /// Its number: the answers to earlier ones do not count.
    number: u32,
    left: u32,
}

impl Asking {
    /// Asks for one if this end is new, and says whether it is.
    pub(crate) fn ask(&mut self, newest: &OperationState, observer: &mut Observer) -> bool {
        let newest = Some(end(newest));
        if self.after == newest {
            return false;
        }
        *self = Self { after: newest, number: observer.refresh(Duration::ZERO), left: TIMES };
        true
    }

    /// Takes an answer, and returns the end after which the application was assessed. If it was not, it is asked for
    /// again, a few times: what the stream brings may tell as well.
    pub(crate) fn hear(
        &mut self,
        (number, app): (u32, &Application),
        newest: &OperationState,
        observer: &mut Observer,
    ) -> Option<End> {
        if number != self.number || self.after.as_ref() != Some(&end(newest)) {
            return None;
        }
        if answers(app, newest) {
            return self.after.clone();
        }
        if let Some(left) = self.left.checked_sub(1) {
            self.left = left;
            self.number = observer.refresh(AGAIN);
        }
        None
    }
}
