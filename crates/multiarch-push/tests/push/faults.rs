//! A registry that has a bad day: the end state is the same, or nothing is published.

use sandbox::faults::{Effect, Fault};

use crate::stage::{Ran, SHA, Stage};

fn reply(status: u16, headers: &[(&str, &str)]) -> Effect {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let body = r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"Rate exceeded"}]}"#.to_owned();
    Effect::Reply { status, body, content_type: "application/json".to_owned(), headers }
}

fn fault(method: &str, path: &str, times: Option<u32>, effect: Effect) -> Fault {
    Fault { times, ..Fault::once("registry", method, path, effect) }
}

/// Pushes with a fault and expects what a push without it gives.
async fn survives(faults: Vec<Fault>) -> Ran {
    let stage = Stage::new().await;
    faults.into_iter().for_each(|fault| stage.world().faults.add(fault));
    let ran = stage.push(&[]).await.unwrap();
    let (digest, _, _) = stage.world().registry.manifest("product/dev", SHA).unwrap();
    assert_eq!(ran.outputs["digest"], digest);
    for architecture in ["amd64", "arm64"] {
        let (manifest, _) = stage.image("product/dev", SHA, architecture);
        for layer in manifest["layers"].as_array().unwrap() {
            assert!(stage.world().registry.blobs("product/dev").contains(layer["digest"].as_str().unwrap()));
        }
    }
    ran
}

#[tokio::test]
async fn a_burst_of_429_passes() {
    survives(vec![fault("", "/v2/", Some(8), reply(429, &[("retry-after", "0")]))]).await;
}

#[tokio::test]
async fn connections_that_are_cut_are_made_again() {
    survives(vec![
        fault("PUT", "/blobs/uploads/", Some(3), Effect::Drop),
        fault("POST", "/blobs/uploads/", Some(2), Effect::Drop),
        fault("GET", "/manifests/", Some(1), Effect::Drop),
    ])
    .await;
}

#[tokio::test]
async fn replies_that_are_lost_do_no_harm() {
    let ran = survives(vec![
        fault("PUT", "/blobs/uploads/", Some(2), Effect::DropAfter),
        fault("PUT", "/manifests/sha256", Some(1), Effect::ReplyAfter { status: 502 }),
        // The tag is there when it is looked at again, and it is our own.
        fault("PUT", SHA, Some(1), Effect::DropAfter),
    ])
    .await;
    assert_eq!(ran.outputs["changed"], "true");
}

#[tokio::test]
async fn errors_of_the_server_pass() {
    survives(vec![
        fault("HEAD", "", Some(2), reply(503, &[])),
        fault("POST", "", Some(2), reply(500, &[])),
        fault("PUT", "", Some(2), reply(503, &[])),
    ])
    .await;
}

#[tokio::test]
async fn a_limit_that_does_not_end_is_named() {
    let stage = Stage::new().await;
    stage.world().faults.add(fault("POST", "/blobs/uploads/", None, reply(429, &[("retry-after", "60")])));
    let failure = stage.push(&["--timeout=5s"]).await.unwrap_err();
    assert_eq!(failure.code.id, "registry-rate-limited");
    assert!(stage.world().registry.tags("product/dev").is_empty());
}

#[tokio::test]
async fn a_refusal_in_the_middle_publishes_nothing() {
    let stage = Stage::new().await;
    let denied = Effect::Reply {
        status: 403,
        body: "denied: Your authorization token has expired. Reauthenticate and try again.\n".to_owned(),
        content_type: "text/plain".to_owned(),
        headers: Vec::new(),
    };
    stage.world().faults.add(Fault { skip: 2, ..fault("PUT", "/blobs/uploads/", None, denied) });
    let failure = stage.push(&[]).await.unwrap_err();
    assert_eq!(failure.code.id, "registry-unauthorized");
    assert!(failure.remedy.contains("again"), "{}", failure.remedy);
    assert!(stage.world().registry.tags("product/dev").is_empty());
}

#[tokio::test]
async fn the_deadline_ends_it() {
    let stage = Stage::new().await;
    stage.world().faults.add(fault("POST", "", None, Effect::Delay { millis: 10_000 }));
    let failure = stage.push(&["--timeout=1s"]).await.unwrap_err();
    assert_eq!(failure.code.id, "deadline-passed");
    assert!(stage.world().registry.tags("product/dev").is_empty());
}
