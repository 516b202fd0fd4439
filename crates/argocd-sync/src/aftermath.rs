//! What follows a failure: its reasons, the way back, and the roll-back if it was asked for.

use model::{Failure, codes as general};

use crate::{
    api::ArgoCd,
    codes, diagnose,
    follow::Following,
    request::Request,
    revert::{Revert, revert},
    rollback::roll_back,
    wire::ResourceStatus,
};

/// What came of it, for the outputs.
#[derive(Debug, Default)]
pub(crate) struct Aftermath {
    /// What restores the images that were live before.
    pub(crate) revert: Option<Revert>,
    /// Whether the old pods are proven to serve again.
    pub(crate) is_rolled_back: bool,
}

/// Adds all that to a failure, which keeps its code.
pub(crate) async fn of(
    argocd: &ArgoCd,
    request: &Request,
    following: &Following<'_>,
    mut failure: Failure,
) -> (Failure, Aftermath) {
    let mut aftermath = Aftermath::default();
    // New pods that serve are no reason to bring old ones back.
    let is_wrong = following.has_begun() && !following.serves() && may_have_deployed(&failure);
    let back = async {
        if !is_wrong || !request.rollback {
            return None;
        }
        // Pods of something else that fail are no reason to take back a Rollout that goes well.
        let is_to_blame =
            |rollout: &ResourceStatus| failure.code != &codes::DEGRADED || following.blames(rollout);
        Some(roll_back(argocd, request, following.app(), following.operation(), is_to_blame).await)
    };
    // The new pods are asked while they are still there, and nothing that serves waits for their answers.
    let (reasons, rolled_back) = tokio::join!(diagnose::pods(argocd, &failure), back);
    failure.notes.extend(reasons);
    if let Some(rolled_back) = rolled_back {
        aftermath.is_rolled_back = rolled_back.is_done;
        failure.notes.extend(rolled_back.notes);
    }
    if !is_wrong {
        return (failure, aftermath);
    }
    match revert(following.app(), request, following.baseline(), following.is_overtaken()) {
        Ok(revert) => {
            failure.notes.extend(revert.notes());
            aftermath.revert = Some(revert);
        }
        Err(reason) => failure.notes.push(format!("nothing can be restored: {reason}")),
    }
    if following.app().is_auto_synced() {
        failure.notes.push(
            "auto-sync is on, and stays on: it deploys what Git says, so that this commit restores it"
                .to_owned(),
        );
    }
    (failure, aftermath)
}

/// Whether something of ours may be live that does not work: what others did meanwhile is not ours to take back.
fn may_have_deployed(failure: &Failure) -> bool {
    [
        &codes::DEGRADED,
        &codes::PAUSED,
        &codes::SYNC_FAILED,
        &codes::OPERATION_TERMINATED,
        &codes::IMAGE_NOT_LIVE,
        &general::DEADLINE_PASSED,
    ]
    .contains(&failure.code)
}
