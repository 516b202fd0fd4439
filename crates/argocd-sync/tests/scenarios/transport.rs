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
    let action = stage.action(&stage.release().await, NEW).run();
    let restarts = async {
        loop {
            tokio::time::sleep(Duration::from_millis(700)).await;
            stage.restart_server().await;
        }
    };
    tokio::select! {
        run = action => run.succeeded(),
        () = restarts => {}
    }
}
