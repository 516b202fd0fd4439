//! Playing a blue/green update: new pods, the cutover, and the old pods leaving.
//!
//! Timers hold the world weakly, so that none outlives the sandbox for long.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use super::look_again;
use crate::{
    World,
    argocd::{
        pod::PodState,
        pull::can_pull,
        rollout::{Phase, Rollout},
        workload::WorkloadKind,
    },
};

/// Starts to roll out the present pod template of an application.
pub(in crate::argocd) fn start(world: &Arc<World>, name: &str) {
    let Some(app) = world.argocd.store.get(name) else { return };
    let generation = app.rollout.generation;
    // A ReplicaSet that is neither active nor wanted any more goes at once.
    for set in app.rollout.sets.iter().filter(|set| app.rollout.is_idle(&set.hash) && !set.pods.is_empty()) {
        if app.rollout.active.is_some() {
            scale_down(world, name, &set.hash, 0);
        }
    }
    let update = Update { world: Arc::downgrade(world), name: name.to_owned(), generation };
    tokio::spawn(async move { update.run().await });
}

/// Ends the pods of a ReplicaSet after `delay` milliseconds, unless it is needed again by then.
pub(in crate::argocd) fn scale_down(world: &Arc<World>, name: &str, hash: &str, delay: u64) {
    let (weak, name, hash) = (Arc::downgrade(world), name.to_owned(), hash.to_owned());
    let termination = world.argocd.timing().termination_ms;
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(delay)).await;
        let Some(world) = weak.upgrade() else { return };
        let scaled =
            world.argocd.store.update(&name, |app| app.rollout.is_idle(&hash) && app.rollout.scale(&hash, 0));
        drop(world);
        if scaled != Some(true) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(termination)).await;
        if let Some(world) = weak.upgrade() {
            world.argocd.store.update(&name, |app| app.rollout.remove_terminated(&hash));
        }
    });
}

/// Cuts a paused Rollout over; returns false if it is not paused.
pub(in crate::argocd) fn promote(world: &Arc<World>, name: &str) -> bool {
    let promoted = world.argocd.store.update(name, |app| {
        let is_paused = app.rollout.phase == Phase::Paused;
        if is_paused {
            app.rollout.cut_over();
        }
        is_paused
    });
    if promoted == Some(true) {
        leave(world, name, world.argocd.timing().scale_down_delay_ms);
    }
    promoted == Some(true)
}

/// After a cutover: the old ReplicaSets go after `delay` milliseconds, and surplus pods of the new one at once.
fn leave(world: &Arc<World>, name: &str, delay: u64) {
    let Some(app) = world.argocd.store.get(name) else { return };
    for set in app.rollout.sets.iter().filter(|set| app.rollout.is_idle(&set.hash) && !set.pods.is_empty()) {
        scale_down(world, name, &set.hash, delay);
    }
    let current = app.rollout.current.unwrap_or_default();
    world.argocd.store.update(name, |app| app.rollout.remove_terminated(&current));
}

/// One update of a Rollout; it ends when another one has begun.
struct Update {
    world: Weak<World>,
    name: String,
    generation: u64,
}

/// The update is over, because another one has begun or the world is gone.
struct Over;

impl Update {
    async fn run(self) {
        // `Over` is an end like any other.
        let _ = self.play().await;
    }

    async fn play(&self) -> Result<(), Over> {
        let timing = self.world.upgrade().ok_or(Over)?.argocd.timing();
        self.sleep(timing.refresh_ms).await;
        self.change(|rollout| {
            if rollout.phase == Phase::Progressing {
                rollout.progress("updated replicas are still becoming available");
            }
        })?;
        self.sleep(timing.pod_start_ms / 2).await;
        let deadline = tokio::time::Instant::now() + Duration::from_millis(timing.progress_deadline_ms);
        self.pull(deadline).await?;
        self.sleep(timing.pod_start_ms - timing.pod_start_ms / 2).await;
        self.stay_up(deadline).await?;
        self.cut_over(timing.scale_down_delay_ms)
    }

    /// Waits until the image is there; the kubelet goes on trying for as long as the pod lives.
    async fn pull(&self, deadline: tokio::time::Instant) -> Result<(), Over> {
        let started = [PodState::Creating, PodState::PullError, PodState::PullBackOff];
        loop {
            let (image, world) = self.image()?;
            match can_pull(&world, &image) {
                Some(true) => {
                    drop(world);
                    return self.change(|rollout| {
                        rollout.set_new_pods(&started[1..], PodState::Creating);
                        if rollout.phase == Phase::Degraded {
                            rollout.progress("updated replicas are still becoming available");
                        }
                    });
                }
                Some(false) => self.change(|rollout| {
                    rollout.set_new_pods(&[PodState::PullError], PodState::PullBackOff);
                    rollout.set_new_pods(&[PodState::Creating], PodState::PullError);
                })?,
                None => self.change(|rollout| rollout.set_new_pods(&started, PodState::InvalidImage))?,
            }
            drop(world);
            self.time_out(deadline)?;
            self.sleep(100).await;
        }
    }

    /// The pods become ready, unless the image is one that crashes.
    async fn stay_up(&self, deadline: tokio::time::Instant) -> Result<(), Over> {
        self.change(|rollout| rollout.set_new_pods(&[PodState::Creating], PodState::Running))?;
        loop {
            let (image, world) = self.image()?;
            if !world.argocd.crashes(&image) {
                return self
                    .change(|rollout| rollout.set_new_pods(&[PodState::CrashLoop], PodState::Running));
            }
            drop(world);
            self.change(|rollout| {
                rollout.set_new_pods(&[PodState::Running, PodState::CrashLoop], PodState::CrashLoop);
            })?;
            self.time_out(deadline)?;
            self.sleep(200).await;
        }
    }

    fn cut_over(&self, delay: u64) -> Result<(), Over> {
        let world = self.world.upgrade().ok_or(Over)?;
        let app = world.argocd.store.get(&self.name).ok_or(Over)?;
        let is_update = app.rollout.active.is_some() && app.rollout.active != app.rollout.current;
        let workload = app.workload();
        let is_rollout = app.rollout.kind == WorkloadKind::Rollout;
        let pauses = workload.is_some_and(|workload| !workload.auto_promotion) && !app.rollout.promotes_fully;
        if is_update && is_rollout && pauses {
            return self.change(Rollout::pause);
        }
        self.change(Rollout::cut_over)?;
        leave(&world, &self.name, if is_rollout { delay } else { 0 });
        Ok(())
    }

    fn time_out(&self, deadline: tokio::time::Instant) -> Result<(), Over> {
        if tokio::time::Instant::now() < deadline {
            return Ok(());
        }
        self.change(Rollout::time_out)
    }

    fn image(&self) -> Result<(String, Arc<World>), Over> {
        let world = self.world.upgrade().ok_or(Over)?;
        let mut app = world.argocd.store.get(&self.name).ok_or(Over)?;
        let image = app.rollout.current_set().map(|set| set.image.clone()).ok_or(Over)?;
        Ok((image, world))
    }

    fn change(&self, change: impl FnOnce(&mut Rollout)) -> Result<(), Over> {
        let world = self.world.upgrade().ok_or(Over)?;
        let changed = world.argocd.store.update(&self.name, |app| {
            let is_ours = app.rollout.generation == self.generation;
            if is_ours {
                change(&mut app.rollout);
                look_again(app);
            }
            is_ours
        });
        if changed == Some(true) { Ok(()) } else { Err(Over) }
    }

    async fn sleep(&self, millis: u64) {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }
}
