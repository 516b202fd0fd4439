//! Another operation is in the way.

use std::time::Duration;

use crate::stage::{FOREVER, NEW, PERSON, Stage};

#[tokio::test]
async fn an_older_operation_is_waited_for() {
    let stage = Stage::new().await;
    stage.press_sync(Duration::from_secs(10)).await;
    // The other operation goes on with what it has read.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let run = stage.action(&stage.release().await, NEW).run().await;
    run.succeeded();
    assert!(run.log.contains(&format!("wait until an operation of {PERSON}")), "{}", run.log);
}

#[tokio::test]
async fn it_is_terminated_if_so_asked() {
    let stage = Stage::new().await;
    stage.press_sync(FOREVER).await;
    let run = stage.action(&stage.release().await, NEW).input("on-busy", "terminate").run().await;
    run.succeeded();
    assert!(run.log.contains(&format!("terminate an operation of {PERSON}")), "{}", run.log);
    assert!(stage.live().await.serves_only(NEW));
}

#[tokio::test]
async fn it_fails_if_so_asked() {
    let stage = Stage::new().await;
    stage.press_sync(FOREVER).await;
    let revision = stage.release().await;
    let run = stage.action(&revision, NEW).input("on-busy", "fail").run().await;
    assert_eq!(run.code(), "operation-busy");
    assert!(run.failure().cause.contains(PERSON), "{}", run.failure());
    assert_eq!(stage.live().await.deployments_of(&revision), 0);
}

#[tokio::test]
async fn waiting_ends_at_the_deadline() {
    let stage = Stage::new().await;
    stage.press_sync(FOREVER).await;
    let run = stage.action(&stage.release().await, NEW).input("timeout", "10s").run().await;
    assert_eq!(run.code(), "deadline-passed");
    assert!(run.log.contains(&format!("wait until an operation of {PERSON}")), "{}", run.log);
}

#[tokio::test]
async fn two_runs_for_the_same_commit_share_one_operation() {
    let stage = Stage::new().await;
    let revision = stage.release().await;
    let (first, second) =
        tokio::join!(stage.action(&revision, NEW).run(), stage.action(&revision, NEW).run());
    first.succeeded();
    second.succeeded();
    assert_eq!(stage.live().await.deployments_of(&revision), 1);
}
