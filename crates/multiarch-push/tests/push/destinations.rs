//! Several destinations at once: each has the whole image, or nothing under its tag, and its own outcome.

use std::collections::BTreeMap;

use sandbox::{
    Sandbox,
    faults::{Effect, Fault},
    stop::When,
};

use crate::stage::{SHA, Stage, host};

fn refusal(status: u16) -> Effect {
    Effect::Reply {
        status,
        body: r#"{"errors":[{"code":"DENIED","message":"not you"}]}"#.to_owned(),
        content_type: "application/json".to_owned(),
        headers: Vec::new(),
    }
}

/// Returns the arguments for a push to both.
fn both(stage: &Stage, second: &Sandbox) -> Vec<String> {
    vec![
        format!("--image={}/product/dev", stage.registry()),
        format!("--image={}/product/dev", host(second)),
        format!("--context={}", stage.context()),
        format!("--build-args=BASE={}/base/python:3", stage.registry()),
        "--platforms=linux/amd64,linux/arm64".to_owned(),
        "--timeout=20s".to_owned(),
    ]
}

/// Whether all that the index names is at the second registry.
fn is_whole(second: &Sandbox) -> bool {
    let registry = &second.world().registry;
    let Some((_, _, bytes)) = registry.manifest("product/dev", SHA) else { return false };
    let index: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    index["manifests"].as_array().unwrap().iter().all(|child| {
        let (_, _, bytes) = registry.manifest("product/dev", child["digest"].as_str().unwrap()).unwrap();
        let manifest: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let layers = manifest["layers"].as_array().unwrap().iter().chain([&manifest["config"]]);
        let blobs = registry.blobs("product/dev");
        layers.into_iter().all(|blob| blobs.contains(blob["digest"].as_str().unwrap()))
    })
}

#[tokio::test]
async fn both_get_the_same_image_and_each_layer_of_the_base_is_read_once() {
    let stage = Stage::new().await;
    let second = stage.second().await;
    let argv = both(&stage, &second);
    let ran = stage.run(argv.iter().map(String::as_str)).await.unwrap();
    assert_eq!(stage.world().registry.tags("product/dev")[SHA], ran.outputs["digest"]);
    assert_eq!(second.world().registry.tags("product/dev")[SHA], ran.outputs["digest"]);
    assert!(is_whole(&second));
    let mut reads: BTreeMap<String, usize> = BTreeMap::new();
    for call in stage.world().faults.calls() {
        if call.method == "GET" && call.path.contains("/base/python/blobs/") {
            *reads.entry(call.path).or_default() += 1;
        }
    }
    assert!(!reads.is_empty() && reads.values().all(|count| *count == 1), "{reads:?}");
}

#[tokio::test]
async fn one_that_fails_does_not_take_the_other_with_it() {
    let stage = Stage::new().await;
    let second = stage.second().await;
    let fault = Fault { times: None, ..Fault::once("registry", "PUT", "/blobs/uploads/", refusal(403)) };
    second.world().faults.add(fault);
    let argv = both(&stage, &second);
    let failure = stage.run(argv.iter().map(String::as_str)).await.unwrap_err();
    assert_eq!(failure.code.id, "registry-denied");
    let expected = format!("1 of 2 destinations did not get the image: {}/product/dev: ", host(&second));
    assert!(failure.cause.starts_with(&expected), "{failure}");
    assert!(second.world().registry.tags("product/dev").is_empty());
    // What was done is told.
    let digest = &stage.world().registry.tags("product/dev")[SHA];
    assert_eq!(stage.outputs()["digest"], *digest);
    // The next run has only the rest to do.
    second.world().faults.clear();
    stage.world().faults.forget_calls();
    stage.run(argv.iter().map(String::as_str)).await.unwrap();
    assert_eq!(second.world().registry.tags("product/dev")[SHA], *digest);
    assert!(stage.writes().is_empty(), "{:?}", stage.writes());
    assert!(is_whole(&second));
}

#[tokio::test]
async fn what_one_refuses_beforehand_keeps_all_of_them_as_they_are() {
    let stage = Stage::new().await;
    let second = stage.second().await;
    second.world().registry.seed_base_image("product/dev", SHA, &["linux/amd64"]).unwrap();
    let argv = both(&stage, &second);
    let failure = stage.run(argv.iter().map(String::as_str)).await.unwrap_err();
    assert_eq!(failure.code.id, "tag-exists-different");
    assert!(stage.writes().is_empty());
    assert!(stage.world().registry.tags("product/dev").is_empty());
}

#[tokio::test]
async fn a_repository_that_is_missing_is_told_before_anything_is_sent_anywhere() {
    let stage = Stage::new().await;
    let second = stage.second().await;
    let mut argv = both(&stage, &second);
    argv[1] = format!("--image={}/product/none", host(&second));
    let failure = stage.run(argv.iter().map(String::as_str)).await.unwrap_err();
    assert_eq!(failure.code.id, "repository-missing");
    assert!(failure.cause.contains("product/none"), "{failure}");
    assert!(stage.world().registry.blobs("product/dev").is_empty());
}

#[tokio::test]
async fn a_tag_that_another_run_takes_meanwhile_fails_at_its_destination_only() {
    let stage = Stage::new().await;
    let second = stage.second().await;
    let slow = Fault::once("registry", "POST", "/blobs/uploads/", Effect::Delay { millis: 300 });
    second.world().faults.add(slow);
    let argv = both(&stage, &second);
    let other = async {
        while !second.world().faults.calls().iter().any(|call| call.method == "POST") {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
        second.world().registry.seed_base_image("product/dev", SHA, &["linux/amd64"]).unwrap()
    };
    let (result, other) = tokio::join!(stage.run(argv.iter().map(String::as_str)), other);
    let failure = result.unwrap_err();
    assert_eq!(failure.code.id, "tag-exists-different");
    assert!(failure.cause.starts_with("1 of 2 destinations"), "{failure}");
    assert_eq!(second.world().registry.tags("product/dev")[SHA], other);
    assert_eq!(stage.outputs()["digest"], stage.world().registry.tags("product/dev")[SHA]);
    assert!(is_whole(&stage.sandbox));
}

#[tokio::test]
async fn after_a_stop_half_way_no_tag_names_a_part_and_the_next_run_ends_it() {
    let clean = Stage::new().await;
    let second = clean.second().await;
    let argv = both(&clean, &second);
    clean.run(argv.iter().map(String::as_str)).await.unwrap();
    let calls = clean.world().faults.calls().len();
    for at in [calls / 3, calls * 2 / 3, calls - 3] {
        let stage = Stage::new().await;
        let second = stage.second().await;
        let argv = both(&stage, &second);
        let stop = stage.world().faults.stop_at(at, When::AfterEffect);
        let ended = tokio::select! {
            ended = stage.run(argv.iter().map(String::as_str)) => Some(ended),
            () = stop.reached() => None,
        };
        assert!(ended.is_none(), "the push ended before call {at}");
        stage.world().faults.clear();
        for sandbox in [&stage.sandbox, &second] {
            assert!(!sandbox.world().registry.has("product/dev", SHA) || is_whole(sandbox), "at call {at}");
        }
        let ran = stage.run(argv.iter().map(String::as_str)).await.unwrap();
        for sandbox in [&stage.sandbox, &second] {
            assert_eq!(sandbox.world().registry.tags("product/dev")[SHA], ran.outputs["digest"]);
            assert!(is_whole(sandbox), "at call {at}");
        }
    }
}
