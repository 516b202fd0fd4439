//! The sandbox's Argo CD as the world of a stage.

use std::time::Duration;

use sandbox::{
    Sandbox,
    argocd::{AppSpec, Source, SyncWindow},
};

use super::{APPLICATION, CRASH_LOG, Live, LivePod, PERSON, REFERRED, REPOSITORY, Shape, names};

/// Deploys the example product in the sandbox's Argo CD.
pub(super) async fn deploy(sandbox: &Sandbox, shape: &Shape) {
    let world = sandbox.world();
    world.argocd.crash_looping("crash-", CRASH_LOG);
    for name in names(APPLICATION, shape.applications) {
        let spec = AppSpec {
            name: name.clone(),
            destination: if shape.prod { "prod" } else { "in-cluster" }.to_owned(),
            destination_namespace: name,
            labels: [("stage".to_owned(), APPLICATION.to_owned())].into(),
            automated: shape.auto_sync,
            sources: sources(&world.urls.github, shape),
            ..AppSpec::product(APPLICATION, &format!("{}/{REPOSITORY}.git", world.urls.github))
        };
        world.argocd.add_running_application(world, spec).await.unwrap();
    }
    let mut timing = world.argocd.timing();
    timing.scale_down_delay_ms = shape.scale_down_delay.as_millis().try_into().unwrap();
    timing.progress_deadline_ms = shape.progress_deadline.as_millis().try_into().unwrap();
    world.argocd.set_timing(timing);
}

/// The sources, if there are several.
fn sources(github: &str, shape: &Shape) -> Vec<Source> {
    let Some((repository, branch)) = shape.sources.chart() else { return Vec::new() };
    let of = |repository: &str, branch: &str| Source {
        repo_url: format!("{github}/{repository}.git"),
        target_revision: branch.to_owned(),
        ..Source::default()
    };
    let chart = Source {
        path: "charts/app".into(),
        release_name: "product".into(),
        value_files: vec![REFERRED.to_owned()],
        ..of(repository, branch)
    };
    vec![chart, Source { reference: "values".into(), ..of(REPOSITORY, "dev") }]
}

/// A pipeline's token that ends after so many seconds.
pub(super) fn token_for(sandbox: &Sandbox, seconds: u64) -> String {
    sandbox.world().argocd.add_pipeline_token_for("ci", seconds.try_into().unwrap())
}

/// How long images that recover are Degraded.
const DEGRADED: Duration = Duration::from_secs(1);

/// Lets the pods of an image do what its tag says.
pub(super) fn prepare(sandbox: &Sandbox, tag: &str) {
    let world = sandbox.world();
    if tag.starts_with("recovers-") {
        world.argocd.crash_looping(tag, CRASH_LOG);
        let world = world.clone();
        tokio::spawn(async move {
            while world.argocd.application(APPLICATION).is_some_and(|app| app.health != "Degraded") {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            tokio::time::sleep(DEGRADED).await;
            world.argocd.stop_crashing();
        });
    }
    if !tag.starts_with("missing-") {
        world.registry.seed_base_image("product/dev", tag, &["linux/amd64"]).unwrap();
    }
}

/// The application as it is.
pub(super) fn live(sandbox: &Sandbox, name: &str) -> Live {
    let app = sandbox.world().argocd.application(name).unwrap();
    let pods = app.pods.into_iter();
    Live {
        phase: app.phase,
        synced_revision: app.synced_revision,
        history: app.history,
        objects: app.objects,
        pods: pods.map(|pod| LivePod { image: pod.image, reason: pod.reason, active: pod.active }).collect(),
    }
}

/// Somebody presses Sync, which takes so much longer than usual.
pub(super) fn press_sync(sandbox: &Sandbox, hold: Duration) {
    let (world, hold) = (sandbox.world(), hold.as_millis().try_into().unwrap());
    assert!(world.argocd.start_foreign_operation(world, APPLICATION, PERSON, hold));
}

/// Lets operations take so long from now on.
pub(super) fn slow_operations(sandbox: &Sandbox, time: Duration) {
    let argocd = &sandbox.world().argocd;
    let mut timing = argocd.timing();
    timing.sync_ms = time.as_millis().try_into().unwrap();
    argocd.set_timing(timing);
}

/// Lets the next apply be refused.
pub(super) fn refuse_next_apply(sandbox: &Sandbox, reason: &str) {
    sandbox.world().argocd.fail_next_apply(APPLICATION, reason);
}

/// Closes a window over every sync.
pub(super) fn close_window(sandbox: &Sandbox, schedule: &str, duration: &str) {
    let window = SyncWindow { schedule: schedule.into(), duration: duration.into(), ..SyncWindow::deny() };
    sandbox.world().argocd.set_sync_windows(APPLICATION, vec![window]);
}
