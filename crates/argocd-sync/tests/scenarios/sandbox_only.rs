//! What only the sandbox can do: answer a call by a fault or lose its reply, wait before the controller begins, and
//! stop at one call of a run. A real one's speed decides how often the action looks, so that calls are counted here.

use sandbox::{
    faults::{Call, Effect, Fault},
    stop::When,
};

use crate::{
    front::Front,
    stage::{FOREVER, NEW, PERSON, Shape, Stage},
};

#[tokio::test]
async fn auto_sync_that_was_switched_on_meanwhile_is_no_failure() {
    let stage = Stage::in_sandbox(Shape::default()).await;
    let revision = stage.release().await;
    let message = "Cannot sync to 2222222: auto-sync currently set to dev";
    let refusal = Effect::Reply {
        status: 400,
        body: format!(r#"{{"error":"{message}","code":9,"message":"{message}"}}"#),
        content_type: "application/json".into(),
        headers: Vec::new(),
    };
    stage.sandbox().world().faults.add(Fault::once("argocd", "POST", "/sync", refusal));
    stage.action(&revision, NEW).run().await.succeeded();
    assert_eq!(calls(&stage, "POST", "/sync"), 2);
}

#[tokio::test]
async fn one_that_the_controller_has_not_begun_yet_is_terminated_all_the_same() {
    let stage = Stage::in_sandbox(Shape::default()).await;
    let argocd = &stage.sandbox().world().argocd;
    // The controller begins after a fifth of it.
    argocd.set_timing(sandbox::argocd::Timing { sync_ms: 2_500, ..argocd.timing() });
    assert!(argocd.start_foreign_operation(stage.sandbox().world(), "dev", PERSON, 600_000));
    let run = stage.action(&stage.release().await, NEW).input("on-busy", "terminate").run().await;
    run.succeeded();
    assert!(calls(&stage, "DELETE", "/operation") > 1, "{}", run.log);
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
        let stage = Stage::in_sandbox(Shape::default()).await;
        stage.press_sync(FOREVER).await;
        stage.sandbox().world().faults.add(Fault::once("argocd", "DELETE", "/operation", effect));
        let action = stage.action(&stage.release().await, NEW).input("on-busy", "terminate");
        let run = action.input("timeout", "20s").run().await;
        run.succeeded();
        assert_eq!(calls(&stage, "DELETE", "/operation"), 2, "{}", run.log);
    }
}

#[tokio::test]
async fn a_termination_whose_reply_is_lost_is_no_failure() {
    for effect in [Effect::ReplyAfter { status: 502 }, Effect::DropAfter] {
        let stage = Stage::in_sandbox(Shape::default()).await;
        stage.press_sync(FOREVER).await;
        stage.sandbox().world().faults.add(Fault::once("argocd", "DELETE", "/operation", effect));
        let action = stage.action(&stage.release().await, NEW).input("on-busy", "terminate");
        let run = action.input("timeout", "20s").run().await;
        run.succeeded();
        assert_eq!(calls(&stage, "DELETE", "/operation"), 1, "{}", run.log);
    }
}

#[tokio::test]
async fn a_sign_in_page_is_told() {
    let stage = Stage::in_sandbox(Shape::default()).await;
    let effect = Effect::Reply {
        status: 302,
        body: String::new(),
        content_type: "text/html".into(),
        headers: vec![("location".into(), "https://team.cloudflareaccess.com/x?state=s3cret".into())],
    };
    stage.sandbox().world().faults.add(Fault::once("argocd", "GET", "/applications/dev", effect));
    let run = stage.action(&stage.bump(NEW).await, NEW).run().await;
    assert_eq!(run.code(), "auth-proxy");
    assert!(run.failure().cause.ends_with("leads to team.cloudflareaccess.com"), "{}", run.failure());
}

/// How often the action called something.
fn calls(stage: &Stage, method: &str, path: &str) -> usize {
    let calls = stage.sandbox().world().faults.calls();
    let is_it = |call: &&Call| call.service == "argocd" && call.method == method && call.path.contains(path);
    calls.iter().filter(is_it).count()
}

fn times(times: u32, fault: Fault) -> Fault {
    Fault { times: Some(times), ..fault }
}

#[tokio::test]
async fn a_stream_that_is_cut_is_resumed() {
    let stage = Stage::in_sandbox(Shape::default()).await;
    let revision = stage.release().await;
    let cut = Fault::once("argocd", "GET", "/stream/", Effect::Drop);
    stage.sandbox().world().faults.add(times(3, cut));
    stage.action(&revision, NEW).run().await.succeeded();
    assert!(calls(&stage, "GET", "/stream/") > 3);
}

#[tokio::test]
async fn reads_survive_a_gateway_that_fails_for_a_while() {
    let stage = Stage::in_sandbox(Shape::default()).await;
    let revision = stage.release().await;
    for status in [502, 503, 504] {
        let effect = Effect::Reply {
            status,
            body: "<html>Bad Gateway</html>".into(),
            content_type: "text/html".into(),
            headers: Vec::new(),
        };
        stage.sandbox().world().faults.add(Fault::once("argocd", "GET", "", effect));
    }
    stage.action(&revision, NEW).run().await.succeeded();
}

#[tokio::test]
async fn a_sync_whose_reply_is_lost_is_not_asked_for_twice() {
    for effect in [Effect::ReplyAfter { status: 502 }, Effect::DropAfter] {
        let stage = Stage::in_sandbox(Shape::default()).await;
        let syncs = calls(&stage, "POST", "/sync");
        let revision = stage.release().await;
        stage.sandbox().world().faults.add(Fault::once("argocd", "POST", "/sync", effect));
        let run = stage.action(&revision, NEW).run().await;
        run.succeeded();
        assert_eq!(calls(&stage, "POST", "/sync"), syncs + 1, "{}", run.log);
        assert!(
            run.log.contains("our operation runs already") || run.log.contains("synced already"),
            "{}",
            run.log
        );
    }
}

/// Kills a run at a call of its way, runs it again, and looks at the end state.
async fn killed_at(index: usize, when: When) {
    let stage = Stage::in_sandbox(Shape::default()).await;
    let revision = stage.release().await;
    let stop = stage.sandbox().world().faults.stop_at(index, when);
    tokio::select! {
        run = stage.action(&revision, NEW).run() => panic!("{index} {when:?}: ended before its end: {}", run.written()),
        () = stop.reached() => {}
    }
    stage.sandbox().world().faults.clear();
    stage.action(&revision, NEW).run().await.succeeded();
    let live = stage.live().await;
    assert_eq!(live.synced_revision.as_deref(), Some(revision.as_str()), "{index} {when:?}");
    assert_eq!(live.deployments_of(&revision), 1, "{index} {when:?}");
    assert!(live.serves_only(NEW), "{index} {when:?}: {live:?}");
}

#[tokio::test]
async fn a_run_that_was_killed_at_any_call_can_be_run_again() {
    // Read, sync, stream, refresh, pods, and pods again.
    let kills =
        (0..6).flat_map(|index| [When::BeforeEffect, When::AfterEffect].map(|when| killed_at(index, when)));
    futures_util::future::join_all(kills).await;
}

#[tokio::test]
async fn three_connections_are_enough() {
    let stage = Stage::in_sandbox(Shape::default()).await;
    let front = Front::before(stage.server()).await;
    let action = stage.action(&stage.release().await, NEW).input("server", front.url());
    action.run().await.succeeded();
    let requests: Vec<String> =
        front.requests().into_iter().map(|one| format!("{} {}", one.method, one.path)).collect();
    // One for the stream, and two for calls: the pods are looked at while the controller compares again.
    assert!(front.connections() <= 3, "{} connections: {requests:#?}", front.connections());
    assert!(requests.len() <= 8, "{requests:#?}");
}
