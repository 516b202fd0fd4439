//! Blobs of the base image that the registry could take over by itself.

use std::collections::BTreeSet;

use sandbox::faults::{Effect, Fault};

use crate::stage::{SHA, Stage};

/// Sets a fault that answers every mount with `status`.
fn refuse_mounts(stage: &Stage, status: u16, body: &str) {
    let effect = Effect::Reply {
        status,
        body: body.to_owned(),
        content_type: "application/json".to_owned(),
        headers: Vec::new(),
    };
    let fault = Fault { times: None, ..Fault::once("registry", "POST", "mount=", effect) };
    stage.world().faults.add(fault);
}

/// Returns the address of every mount that was tried.
fn mounts(stage: &Stage) -> Vec<String> {
    stage.writes().into_iter().map(|call| call.path).filter(|path| path.contains("mount=")).collect()
}

#[tokio::test]
async fn what_may_not_be_mounted_is_sent() {
    for (status, body) in [
        (400, r#"{"errors":[{"code":"UNSUPPORTED","message":"no mounts"}]}"#),
        (401, r#"{"errors":[{"code":"UNAUTHORIZED","message":"insufficient scope"}]}"#),
        (403, r#"{"errors":[{"code":"DENIED","message":"not authorized to read base/python"}]}"#),
        (404, r#"{"errors":[{"code":"NAME_UNKNOWN","message":"no base/python"}]}"#),
        (405, ""),
    ] {
        let stage = Stage::new().await;
        refuse_mounts(&stage, status, body);
        stage.push(&[]).await.unwrap();
        for architecture in ["amd64", "arm64"] {
            let (manifest, _) = stage.image("product/dev", SHA, architecture);
            let blobs = stage.world().registry.blobs("product/dev");
            for layer in manifest["layers"].as_array().unwrap() {
                assert!(blobs.contains(layer["digest"].as_str().unwrap()), "{status}");
            }
        }
        assert!(!mounts(&stage).is_empty(), "{status}");
    }
}

#[tokio::test]
async fn a_mount_that_was_refused_is_not_tried_again() {
    let stage = Stage::new().await;
    refuse_mounts(&stage, 403, "");
    // Every upload begins anew a few times.
    let busy = Effect::Reply {
        status: 503,
        body: String::new(),
        content_type: "text/plain".to_owned(),
        headers: Vec::new(),
    };
    stage
        .world()
        .faults
        .add(Fault { times: Some(12), ..Fault::once("registry", "PUT", "/blobs/uploads/", busy) });
    stage.push(&[]).await.unwrap();
    let tried = mounts(&stage);
    let distinct: BTreeSet<&String> = tried.iter().collect();
    assert_eq!(distinct.len(), tried.len(), "{tried:?}");
}

#[tokio::test]
async fn a_refusal_to_push_at_all_is_still_one() {
    let stage = Stage::new().await;
    let denied = Effect::Reply {
        status: 403,
        body: r#"{"errors":[{"code":"DENIED","message":"not you"}]}"#.to_owned(),
        content_type: "application/json".to_owned(),
        headers: Vec::new(),
    };
    stage.world().faults.add(Fault { times: None, ..Fault::once("registry", "POST", "", denied) });
    let failure = stage.push(&[]).await.unwrap_err();
    assert_eq!(failure.code.id, "registry-denied");
    assert!(stage.world().registry.tags("product/dev").is_empty());
}
