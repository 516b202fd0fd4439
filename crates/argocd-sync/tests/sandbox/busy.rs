//! Another operation is in the way.

use sandbox::faults::{Effect, Fault};

use crate::stage::{NEW, Stage};

/// Somebody presses Sync, which takes a while; the controller has begun with it.
async fn press_sync(stage: &Stage, hold_ms: u64) {
    assert!(stage.world().argocd.start_foreign_operation(stage.world(), "dev", "maria", hold_ms));
    while stage.app().phase.as_deref() != Some("Running") {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn an_older_operation_is_waited_for() {
    let stage = Stage::new().await;
    press_sync(&stage, 800).await;
    // The other operation goes on with what it has read.
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    let run = stage.action(&stage.release().await, NEW).run().await;
    run.succeeded();
    assert!(run.log.contains("wait until an operation of maria"), "{}", run.log);
}

#[tokio::test]
async fn it_is_terminated_if_so_asked() {
    let stage = Stage::new().await;
    press_sync(&stage, 600_000).await;
    let run = stage.action(&stage.release().await, NEW).input("on-busy", "terminate").run().await;
    run.succeeded();
    assert!(run.log.contains("terminate an operation of maria"), "{}", run.log);
}

#[tokio::test]
async fn one_that_the_controller_has_not_begun_yet_is_terminated_all_the_same() {
    let stage = Stage::new().await;
    let argocd = &stage.world().argocd;
    // The controller begins after a fifth of it.
    argocd.set_timing(sandbox::argocd::Timing { sync_ms: 2_500, ..argocd.timing() });
    assert!(argocd.start_foreign_operation(stage.world(), "dev", "maria", 600_000));
    let run = stage.action(&stage.release().await, NEW).input("on-busy", "terminate").run().await;
    run.succeeded();
    assert!(stage.calls("DELETE", "/operation") > 1, "{}", run.log);
}

#[tokio::test]
async fn a_termination_that_did_not_arrive_is_asked_for_again() {
    let gateway = Effect::Reply {
        status: 502,
        body: "<html>Bad Gateway</html>".into(),
        content_type: "text/html".into(),
        headers: Vec::new(),
    };
    for effect in [gateway, Effect::Drop] {
        let stage = Stage::new().await;
        press_sync(&stage, 600_000).await;
        stage.world().faults.add(Fault::once("argocd", "DELETE", "/operation", effect));
        let action = stage.action(&stage.release().await, NEW).input("on-busy", "terminate");
        let run = action.input("timeout", "20s").run().await;
        run.succeeded();
        assert_eq!(stage.calls("DELETE", "/operation"), 2, "{}", run.log);
    }
}

#[tokio::test]
async fn a_termination_whose_reply_is_lost_is_no_failure() {
    for effect in [Effect::ReplyAfter { status: 502 }, Effect::DropAfter] {
        let stage = Stage::new().await;
        press_sync(&stage, 600_000).await;
        stage.world().faults.add(Fault::once("argocd", "DELETE", "/operation", effect));
        let action = stage.action(&stage.release().await, NEW).input("on-busy", "terminate");
        let run = action.input("timeout", "20s").run().await;
        run.succeeded();
        assert_eq!(stage.calls("DELETE", "/operation"), 1, "{}", run.log);
    }
}

#[tokio::test]
async fn it_fails_if_so_asked() {
    let stage = Stage::new().await;
    press_sync(&stage, 600_000).await;
    let run = stage.action(&stage.release().await, NEW).input("on-busy", "fail").run().await;
    assert_eq!(run.code(), "operation-busy");
    assert!(run.failure().cause.contains("maria"), "{}", run.failure());
    assert_eq!(stage.syncs(), 0);
}

#[tokio::test]
async fn waiting_ends_at_the_deadline() {
    let stage = Stage::new().await;
    press_sync(&stage, 600_000).await;
    let run = stage.action(&stage.release().await, NEW).input("timeout", "1s").run().await;
    assert_eq!(run.code(), "deadline-passed");
}

#[tokio::test]
async fn two_runs_for_the_same_commit_share_one_operation() {
    let stage = Stage::new().await;
    let revision = stage.release().await;
    let (first, second) =
        tokio::join!(stage.action(&revision, NEW).run(), stage.action(&revision, NEW).run());
    first.succeeded();
    second.succeeded();
    assert_eq!(stage.app().history.iter().filter(|deployed| **deployed == revision).count(), 1);
}
