//! How many requests a push takes, and what they ask.

use std::collections::BTreeMap;

use crate::stage::{SHA, Stage};

fn count(stage: &Stage) -> BTreeMap<(String, String), usize> {
    let mut counts = BTreeMap::new();
    for call in stage.world().faults.calls() {
        *counts.entry((call.method, call.path)).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn each_blob_and_manifest_is_asked_for_once_and_sent_once() {
    let stage = Stage::new().await;
    stage.push(&[]).await.unwrap();
    for ((method, path), count) in count(&stage) {
        let is_tag = path.ends_with(SHA);
        if path.contains("/product/dev/") && ["HEAD", "PUT"].contains(&method.as_str()) && !is_tag {
            assert_eq!(count, 1, "{method} {path}");
        }
    }
    assert!(stage.world().faults.most_at_once() <= 16);
}

#[tokio::test]
async fn a_layout_that_is_there_takes_one_request() {
    let stage = Stage::new().await;
    let layout = crate::layouts::written(&stage, "layout");
    let image = format!("--image={}/product/dev", stage.registry());
    let layout = format!("--layout={layout}");
    let first = stage.run([image.as_str(), &layout]).await.unwrap();
    stage.world().faults.forget_calls();
    let again = stage.run([image.as_str(), &layout]).await.unwrap();
    assert_eq!(again.outputs["digest"], first.outputs["digest"]);
    let calls: Vec<_> = count(&stage).into_iter().collect();
    let head = ("HEAD".to_owned(), format!("/v2/product/dev/manifests/{SHA}"));
    assert_eq!(calls, [(head, 1)]);
}

#[tokio::test]
async fn a_mount_that_the_registry_does_not_make_is_told_once() {
    let stage = Stage::new().await;
    let ran = stage.push(&[]).await.unwrap();
    assert_eq!(ran.log.matches("takes no layers over").count(), 1, "{}", ran.log);
    let stage = Stage::new().await;
    stage.world().registry.configure(|settings| settings.mount = true);
    let ran = stage.push(&[]).await.unwrap();
    assert!(!ran.log.contains("takes no layers over"), "{}", ran.log);
}

#[tokio::test]
async fn layers_are_taken_over_from_a_repository_that_is_named() {
    let stage = Stage::new().await;
    stage.world().registry.configure(|settings| settings.mount = true);
    stage.push(&[]).await.unwrap();
    let image = format!("--image={}/product/moving", stage.registry());
    let ran = stage.push(&[&image, "--mount-from=product/dev"]).await.unwrap();
    let received = stage.world().registry.bytes_received("product/moving");
    assert_eq!(received, 0, "{}", ran.log);
}
