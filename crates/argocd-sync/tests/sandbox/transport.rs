//! Connections that break, replies that are lost, and runs that are killed.

use std::time::Duration;

use sandbox::{
    faults::{Effect, Fault},
    stop::When,
};

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

/// Kills a run at a call of its way, runs it again, and looks at the end state.
async fn killed_at(index: usize, when: When) {
    let stage = Stage::new().await;
    let revision = stage.release().await;
    let stop = stage.world().faults.stop_at(index, when);
    tokio::select! {
        run = stage.action(&revision, NEW).run() => panic!("{index} {when:?}: ended before its end: {}", run.written()),
        () = stop.reached() => {}
    }
    stage.world().faults.clear();
    stage.action(&revision, NEW).run().await.succeeded();
    let app = stage.app();
    assert_eq!(app.synced_revision.as_deref(), Some(revision.as_str()), "{index} {when:?}");
    assert_eq!(app.history.iter().filter(|deployed| **deployed == revision).count(), 1, "{index} {when:?}");
    assert!(app.pods.iter().all(|pod| pod.active && pod.image.ends_with(NEW)), "{index} {when:?}");
}

#[tokio::test]
async fn a_run_that_was_killed_at_any_call_can_be_run_again() {
    // Read, sync, stream, refresh, pods, and pods again.
    let kills =
        (0..6).flat_map(|index| [When::BeforeEffect, When::AfterEffect].map(|when| killed_at(index, when)));
    futures_util::future::join_all(kills).await;
}
