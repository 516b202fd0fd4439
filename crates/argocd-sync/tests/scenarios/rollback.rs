//! Rollouts that pause before their cutover, and the way back from those that fail.

use std::time::Duration;

use crate::stage::{CRASHING, IMAGE, NEW, OLD, Shape, Stage};

const ROLLOUT: &str = "charts/app/templates/rollout.yaml";

/// A stage whose Rollout waits for somebody to promote it, and the revision that brings this and the new image.
async fn pausing() -> (Stage, String) {
    let stage = Stage::new().await;
    let rollout = include_str!("../../../../examples/product/charts/app/templates/rollout.yaml");
    let rollout = rollout.replace("autoPromotionEnabled: true", "autoPromotionEnabled: false");
    stage.commit("Promote by hand", &[(ROLLOUT, rollout.as_bytes())]).await;
    let revision = stage.bump(NEW).await;
    (stage, revision)
}

#[tokio::test]
async fn a_paused_rollout_is_promoted_if_so_asked() {
    let (stage, revision) = pausing().await;
    let run = stage.action(&revision, NEW).input("paused", "promote").run().await;
    run.succeeded();
    assert!(run.log.contains("promote Rollout "), "{}", run.log);
    assert_eq!(run.output("paused"), Some(""));
    assert!(stage.live().await.serves_only(NEW));
}

#[tokio::test]
async fn a_paused_rollout_is_a_success_if_so_asked() {
    let (stage, revision) = pausing().await;
    let action = stage.action(&revision, NEW).input("paused", "success").input("wait-for", "promoted");
    let run = action.run().await;
    run.succeeded();
    assert!(run.output("paused").is_some_and(|paused| paused.starts_with("Rollout ")), "{}", run.written());
    assert!(run.log.contains("the old pods still serve"), "{}", run.log);
    assert!(stage.live().await.serves(OLD));
}

#[tokio::test]
async fn a_paused_rollout_fails_if_so_asked_and_is_rolled_back() {
    let (stage, revision) = pausing().await;
    let run = stage.action(&revision, NEW).input("paused", "fail").input("rollback", "true").run().await;
    assert_eq!(run.code(), "paused", "{}", run.written());
    assert_eq!(run.output("rolled-back"), Some("true"), "{}", run.written());
    assert!(stage.live().await.serves(OLD));
}

#[tokio::test]
async fn a_paused_rollout_is_waited_for_until_the_deadline() {
    let (stage, revision) = pausing().await;
    let run = stage.action(&revision, NEW).input("timeout", stage.timeout()).run().await;
    assert_eq!(run.code(), "deadline-passed", "{}", run.written());
    let notes = run.failure().notes.join("\n");
    assert!(notes.contains("is paused: promote it, or set `paused`"), "{notes}");
}

#[tokio::test]
async fn what_crashes_is_aborted_and_the_way_back_is_told() {
    let stage = Stage::with(Shape { progress_deadline: Duration::from_secs(60), ..Shape::default() }).await;
    let run = stage.action(&stage.bump(CRASHING).await, CRASHING).input("rollback", "true").run().await;
    assert_eq!(run.code(), "degraded", "{}", run.written());
    assert_eq!(run.output("rolled-back"), Some("true"), "{}", run.written());
    let inputs: serde_json::Value = serde_json::from_str(run.output("rollback").unwrap()).unwrap();
    assert_eq!(inputs["files"], "values/dev.values.yaml");
    assert_eq!(inputs["images"], format!("{IMAGE}:{OLD}"));
    assert_eq!(inputs["on-stale"], "overwrite");
    assert!(stage.live().await.serves(OLD));
}
