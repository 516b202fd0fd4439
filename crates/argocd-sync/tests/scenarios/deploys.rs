//! What there is to deploy besides an image: several waves and hooks, resources that go, several clusters and
//! applications, pods that need a second try.

use std::time::Duration;

use stack::fate::AFTER;

use crate::{
    front::Front,
    stage::{NEW, OLD, RECOVERING, Shape, Stage},
};

const PRUNED: &str = "charts/app/templates/settings.yaml";

/// A ConfigMap of a wave.
fn config_map(name: &str, wave: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  annotations:\n    \
         argocd.argoproj.io/sync-wave: \"{wave}\"\ndata:\n  a: b\n"
    )
}

/// A Job of a phase.
fn hook(name: &str, phase: &str, tag: &str) -> String {
    format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: {name}\n  annotations:\n    \
         argocd.argoproj.io/hook: {phase}\nspec:\n  backoffLimit: 0\n  template:\n    spec:\n      \
         restartPolicy: Never\n      containers:\n        - name: hook\n          image: example.com/hook:{tag}\n"
    )
}

#[tokio::test]
async fn hooks_and_two_waves_are_waited_for() {
    let stage = Stage::new().await;
    let (first, last) = (config_map("first", "-1"), config_map("last", "1"));
    let (migrate, announce) = (hook("migrate", "PreSync", "1"), hook("announce", "PostSync", "1"));
    let files = [("first", &first), ("last", &last), ("migrate", &migrate), ("announce", &announce)];
    for (name, text) in files {
        let path = format!("charts/app/templates/{name}.yaml");
        stage.commit("Add", &[(path.as_str(), text.as_bytes())]).await;
    }
    let revision = stage.release().await;
    let run = stage.action(&revision, NEW).run().await;
    run.succeeded();
    let live = stage.live().await;
    let all = ["ConfigMap/first", "ConfigMap/last", "Job/migrate", "Job/announce"];
    assert!(all.iter().all(|object| live.has(object)) && live.serves_only(NEW), "{live:?}");
}

#[tokio::test]
async fn a_hook_that_fails_is_told_and_nothing_goes_live() {
    let stage = Stage::new().await;
    let migrate = hook("migrate", "PreSync", "crash-1");
    stage.commit("Add", &[("charts/app/templates/migrate.yaml", migrate.as_bytes())]).await;
    let run = stage.action(&stage.release().await, NEW).run().await;
    assert_eq!(run.code(), "sync-failed", "{}", run.written());
    assert!(run.written().contains("migrate"), "{}", run.written());
    assert!(stage.live().await.serves_only(OLD));
}

/// Deploys a ConfigMap and takes it out of Git again.
async fn with_something_to_prune() -> (Stage, String) {
    let stage = Stage::new().await;
    stage.commit("Add", &[(PRUNED, config_map("settings", "0").as_bytes())]).await;
    let revision = stage.release().await;
    stage.action(&revision, NEW).run().await.succeeded();
    assert!(stage.live().await.has("ConfigMap/settings"));
    let revision = stage.remove(PRUNED).await;
    (stage, revision)
}

#[tokio::test]
async fn what_git_no_longer_has_is_pruned_if_so_asked() {
    let (stage, revision) = with_something_to_prune().await;
    stage.action(&revision, NEW).input("prune", "true").run().await.succeeded();
    assert!(!stage.live().await.has("ConfigMap/settings"));
}

#[tokio::test]
async fn what_is_left_without_pruning_is_named() {
    let (stage, revision) = with_something_to_prune().await;
    let run = stage.action(&revision, NEW).run().await;
    assert_eq!(run.code(), "prune-required", "{}", run.written());
    assert!(run.failure().notes[0].contains("ConfigMap"), "{:?}", run.failure().notes);
    assert!(stage.live().await.has("ConfigMap/settings"));
}

#[tokio::test]
async fn an_application_that_recovers_within_the_grace_is_no_failure() {
    let progress_deadline = Duration::from_secs(2);
    let stage = Stage::with(Shape { progress_deadline, ..Shape::default() }).await;
    // On a busy machine it takes a while until the Rollout is seen to be Degraded.
    let rollout = include_str!("../../../../examples/product/charts/app/templates/rollout.yaml");
    let annotated = format!("template:\n    metadata:\n      annotations:\n        {AFTER}: 10s\n");
    let rollout = rollout.replace("template:\n    metadata:\n", &annotated);
    assert!(rollout.contains(AFTER));
    stage.commit("Recover late", &[("charts/app/templates/rollout.yaml", rollout.as_bytes())]).await;
    let revision = stage.bump(RECOVERING).await;
    let run = stage.action(&revision, RECOVERING).input("degraded-grace", "30s").run().await;
    run.succeeded();
    assert!(run.log.contains("Degraded"), "{}", run.log);
    assert!(stage.live().await.serves_only(RECOVERING));
}

#[tokio::test]
async fn dev_and_prod_are_on_two_clusters() {
    let dev = Stage::new().await;
    let prod = dev.beside(Shape { prod: true, ..Shape::default() }).await;
    let (to_dev, to_prod) = (dev.release().await, prod.release().await);
    let (to_dev, to_prod) = tokio::join!(dev.action(&to_dev, NEW).run(), prod.action(&to_prod, NEW).run());
    to_dev.succeeded();
    to_prod.succeeded();
    assert!(dev.live().await.serves_only(NEW) && prod.live().await.serves_only(NEW));
}

#[tokio::test]
async fn ten_applications_are_found_by_their_label() {
    let shape = Shape { applications: 10, alone: true, ..Shape::default() };
    let stage = Stage::with(shape).await;
    let revision = stage.release().await;
    let front = Front::before(stage.server()).await;
    let action = stage.action(&revision, NEW).without("application").input("selector", &stage.selector());
    let run = action.without("project").input("server", front.url()).run().await;
    run.succeeded();
    let requests = front.requests();
    let mut reads = requests.iter().filter(|one| one.path.contains("/applications/") && one.method == "GET");
    let project = format!("project={}", stage.project());
    assert!(reads.all(|one| one.path.contains(&project)), "{requests:#?}");
    for name in stage.applications() {
        assert!(run.written().contains(&name), "{name}: {}", run.written());
        let live = stage.live_of(&name).await;
        assert!(live.serves_only(NEW) && live.deployments_of(&revision) == 1, "{name}: {live:?}");
    }
}
