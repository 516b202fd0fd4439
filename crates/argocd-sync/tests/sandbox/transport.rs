//! Connections that break, replies that are lost, and runs that are killed.

use std::time::Duration;

use sandbox::faults::{Effect, Fault};

use crate::stage::{NEW, Stage};

fn times(times: u32, fault: Fault) -> Fault {
    Fault { times: Some(times), ..fault }
}

#[tokio::test]
async fn a_stream_that_is_cut_is_resumed() {
    let stage = Stage::new().await;
    let revision = stage.release().await;
    let cut = Fault::once("argocd", "GET", "/stream/", Effect::Drop);
    stage.world().faults.add(times(3, cut));
    stage.action(&revision, NEW).run().await.succeeded();
    assert!(stage.calls("GET", "/stream/") > 3);
}

#[tokio::test]
async fn a_server_that_restarts_again_and_again_is_followed() {
    let stage = Stage::new().await;
    let action = stage.action(&stage.release().await, NEW).run();
    let restarts = async {
        loop {
            tokio::time::sleep(Duration::from_millis(150)).await;
            stage.world().argocd.cut_streams();
        }
    };
    tokio::select! {
        run = action => run.succeeded(),
        () = restarts => {}
    }
}

#[tokio::test]
async fn reads_survive_a_gateway_that_fails_for_a_while() {
    let stage = Stage::new().await;
    let revision = stage.release().await;
    for status in [502, 503, 504] {
        let effect = Effect::Reply {
            status,
            body: "<html>Bad Gateway</html>".into(),
            content_type: "text/html".into(),
            headers: Vec::new(),
        };
        stage.world().faults.add(Fault::once("argocd", "GET", "", effect));
    }
    stage.action(&revision, NEW).run().await.succeeded();
}

#[tokio::test]
async fn a_sync_whose_reply_is_lost_is_not_asked_for_twice() {
    for effect in [Effect::ReplyAfter { status: 502 }, Effect::DropAfter] {
        let stage = Stage::new().await;
        let syncs = stage.syncs();
        let revision = stage.release().await;
        stage.world().faults.add(Fault::once("argocd", "POST", "/sync", effect));
        let run = stage.action(&revision, NEW).run().await;
        run.succeeded();
        assert_eq!(stage.syncs(), syncs + 1, "{}", run.log);
        assert!(
            run.log.contains("our operation runs already") || run.log.contains("synced already"),
            "{}",
            run.log
        );
    }
}

#[tokio::test]
async fn a_run_that_was_killed_half_way_can_be_run_again() {
    for after in [50, 200, 500, 1200] {
        let stage = Stage::new().await;
        let revision = stage.release().await;
        let syncs = stage.syncs();
        let cut =
            tokio::time::timeout(Duration::from_millis(after), stage.action(&revision, NEW).run()).await;
        assert!(cut.is_err(), "it had ended within {after} ms");
        let run = stage.action(&revision, NEW).run().await;
        run.succeeded();
        assert!(stage.syncs() <= syncs + 2, "after {after} ms\n{}", run.log);
        assert_eq!(stage.app().synced_revision.as_deref(), Some(revision.as_str()));
        assert!(stage.app().pods.iter().all(|pod| pod.active && pod.image.ends_with(NEW)));
    }
}
