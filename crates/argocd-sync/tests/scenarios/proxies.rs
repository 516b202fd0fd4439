//! Proxies that stand between, and what they do to connections. Times are shorter than in life: a load balancer cuts
//! what is idle after 60 seconds.

use std::time::Duration;

use crate::{
    front::Front,
    stage::{Action, NEW, Stage},
};

const SHORT: Duration = Duration::from_millis(300);

/// A release, and the action that goes through the proxy.
async fn through(front: &Front, stage: &Stage) -> Action {
    stage.action(&stage.release().await, NEW).input("server", front.url())
}

#[tokio::test]
async fn idle_connections_that_are_cut_are_made_again() {
    let stage = Stage::new().await;
    let front = Front::before(stage.server()).await.cut_idle_after(SHORT);
    stage.slow_operations(5 * SHORT).await;
    through(&front, &stage).await.run().await.succeeded();
    assert!(front.calls("GET", "/stream/") > 1, "{:?}", front.requests());
    assert_eq!(front.calls("POST", "/sync"), 1);
}

#[tokio::test]
async fn connections_that_are_cut_every_moment_are_made_again() {
    let stage = Stage::new().await;
    let front = Front::before(stage.server()).await.cut_every(SHORT);
    stage.slow_operations(5 * SHORT).await;
    through(&front, &stage).await.run().await.succeeded();
    assert!(front.calls("GET", "/stream/") > 1, "{:?}", front.requests());
    assert_eq!(stage.live().await.deployments_of(&stage.live().await.synced_revision.unwrap()), 1);
}

#[tokio::test]
async fn gateways_that_fail_in_bursts_are_outlasted() {
    let stage = Stage::new().await;
    let mut front = Front::before(stage.server()).await;
    for (method, path) in
        [("GET", "/applications/"), ("POST", "/sync"), ("GET", "/stream/"), ("GET", "refresh=")]
    {
        for status in [502, 503, 504] {
            front = front.fail(method, path, status, 2);
        }
    }
    through(&front, &stage).await.run().await.succeeded();
    assert!(front.calls("POST", "/sync") > 6, "{:?}", front.requests());
    assert_eq!(stage.live().await.deployments_of(&stage.live().await.synced_revision.unwrap()), 1);
}

#[tokio::test]
async fn replies_that_break_off_are_asked_for_again() {
    let stage = Stage::new().await;
    let front = Front::before(stage.server())
        .await
        .truncate("GET", "/applications/", 2)
        .truncate("GET", "/stream/", 2)
        .truncate("GET", "resource-tree", 1);
    through(&front, &stage).await.run().await.succeeded();
    assert_eq!(front.calls("POST", "/sync"), 1);
}

#[tokio::test]
async fn a_sync_whose_reply_breaks_off_or_is_lost_is_asked_for_once() {
    for is_lost in [true, false] {
        let stage = Stage::new().await;
        let front = Front::before(stage.server()).await;
        let front =
            if is_lost { front.lose_reply("POST", "/sync", 1) } else { front.truncate("POST", "/sync", 1) };
        let run = through(&front, &stage).await.run().await;
        run.succeeded();
        assert_eq!(front.calls("POST", "/sync"), 1, "{}", run.log);
    }
}

#[tokio::test]
async fn a_stream_that_says_nothing_is_made_up_for_by_reads() {
    let stage = Stage::new().await;
    let front = Front::before(stage.server()).await.mute("GET", "/stream/", 100);
    through(&front, &stage).await.run().await.succeeded();
    assert_eq!(front.calls("GET", "/stream/"), 1);
}

#[tokio::test]
async fn a_server_that_is_away_for_a_while_is_waited_for() {
    let stage = Stage::new().await;
    let front = Front::before(stage.server()).await;
    stage.slow_operations(10 * SHORT).await;
    let action = through(&front, &stage).await.run();
    let restart = async {
        stage.until(|live| live.phase.as_deref() == Some("Running")).await;
        front.down(true);
        tokio::time::sleep(4 * SHORT).await;
        front.down(false);
    };
    let (run, ()) = tokio::join!(action, restart);
    run.succeeded();
    assert_eq!(front.calls("POST", "/sync"), 1);
}

#[tokio::test]
async fn headers_and_a_root_path_reach_the_proxy() {
    let stage = Stage::new().await;
    let front = Front::before(stage.server()).await;
    let action = through(&front, &stage).await.input("root-path", "/argo/cd/").input("headers", "env:H");
    let run = action
        .env("H", "CF-Access-Client-Id: id\nCF-Access-Client-Secret: s3cret")
        .input("timeout", "5s")
        .run()
        .await;
    // Nothing serves there: what counts is what was asked.
    assert!(run.result.is_err());
    let request = front.requests().swap_remove(0);
    assert!(request.path.starts_with("/argo/cd/api/v1/applications/"), "{request:?}");
    for header in ["cf-access-client-id: id", "cf-access-client-secret: s3cret", "authorization: Bearer "] {
        assert!(request.head.contains(header), "{request:?}");
    }
    assert!(!request.head.contains("accept-encoding"), "{request:?}");
    assert!(!run.written().contains("s3cret"), "{}", run.written());
}
