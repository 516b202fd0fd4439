//! Connections that break.

use std::time::Duration;

use crate::stage::{NEW, Shape, Stage};

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
