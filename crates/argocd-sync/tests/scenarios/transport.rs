//! Connections that break.

use std::time::Duration;

use crate::stage::{NEW, Shape, Stage};

#[tokio::test]
async fn a_server_that_is_killed_half_way_is_followed_once_it_is_back() {
    let stage = Stage::with(Shape { alone: true, ..Shape::default() }).await;
    stage.slow_operations(Duration::from_secs(3)).await;
    let revision = stage.release().await;
    let restart = async {
        stage.until(|live| live.phase.as_deref() == Some("Running")).await;
        stage.restart_server().await;
    };
    let (run, ()) = tokio::join!(stage.action(&revision, NEW).run(), restart);
    run.succeeded();
    let live = stage.live().await;
    assert!(live.serves_only(NEW) && live.deployments_of(&revision) == 1, "{live:?}");
}

#[tokio::test]
async fn a_server_that_restarts_again_and_again_is_followed() {
    let stage = Stage::with(Shape { alone: true, ..Shape::default() }).await;
    stage.slow_operations(Duration::from_secs(5)).await;
    let revision = stage.release().await;
    let mut restarts = 0;
    let restart = async {
        loop {
            tokio::time::sleep(Duration::from_millis(1_500)).await;
            stage.restart_server().await;
            restarts += 1;
        }
    };
    let run = tokio::select! {
        run = stage.action(&revision, NEW).run() => run,
        () = restart => return,
    };
    // The last restart may have stopped half way.
    stage.start_server().await;
    run.succeeded();
    assert!(restarts > 0, "{}", run.log);
    let live = stage.live().await;
    assert!(live.serves_only(NEW) && live.deployments_of(&revision) == 1, "{live:?}");
}
