//! Jobs: they run for a while, and fail if their image is one that crashes.

use std::{sync::Arc, time::Duration};

use crate::{
    World,
    argocd::{cluster::Job, object::Key},
};

/// Plays the Jobs that have begun. A Job that was made anew in the meantime is left to its own timer.
pub(super) fn play(world: &Arc<World>, name: &str, jobs: Vec<Key>) {
    for key in jobs {
        let (weak, name) = (Arc::downgrade(world), name.to_owned());
        let time = Duration::from_millis(world.argocd.timing().job_ms);
        let uid = world.argocd.store.get(&name).and_then(|app| Some(app.live.get(&key)?.uid.clone()));
        tokio::spawn(async move {
            tokio::time::sleep(time).await;
            let Some(world) = weak.upgrade() else { return };
            world.argocd.store.update(&name, |app| {
                let Some(live) = app.live.get_mut(&key).filter(|live| Some(&live.uid) == uid.as_ref()) else {
                    return;
                };
                let crashes = live.object.images().iter().any(|image| world.argocd.crashes(image));
                let failed = || Job::Failed("Job has reached the specified backoff limit".into());
                live.job = Some(if crashes { failed() } else { Job::Complete });
            });
        });
    }
}
