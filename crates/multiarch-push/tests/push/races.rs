//! Another run that writes the same tag while a try of ours has failed.

use std::time::{Duration, Instant};

use model::Failure;
use sandbox::faults::{Effect, Fault};

use crate::stage::{Ran, Stage};

/// A failure that asks to wait so long that another run can be faster.
fn busy() -> Effect {
    Effect::Reply {
        status: 503,
        body: String::new(),
        content_type: "text/plain".to_owned(),
        headers: vec![("retry-after".to_owned(), "1".to_owned())],
    }
}

/// Returns how often `tag` was put.
fn puts(stage: &Stage, tag: &str) -> usize {
    let end = format!("/manifests/{tag}");
    stage.writes().iter().filter(|call| call.path.ends_with(&end)).count()
}

/// Pushes `tag` to a mutable repository, with the first PUT of it answered by `effect`. Another image gets the tag
/// after this PUT; its digest is returned, too.
async fn overtaken(stage: &Stage, tag: &str, more: &[&str]) -> (Result<Ran, Failure>, String) {
    stage.world().faults.add(Fault::once("registry", "PUT", &format!("/manifests/{tag}"), busy()));
    let image = format!("--image={}/product/moving", stage.registry());
    let argv: Vec<&str> = [image.as_str()].into_iter().chain(more.iter().copied()).collect();
    let start = Instant::now();
    let other = async {
        while puts(stage, tag) == 0 {
            assert!(start.elapsed() < Duration::from_secs(20), "the tag was not put");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        stage.world().registry.seed_base_image("product/moving", tag, &["linux/amd64"]).unwrap()
    };
    tokio::join!(stage.push(&argv), other)
}

#[tokio::test]
async fn a_tag_that_another_run_took_meanwhile_is_not_moved() {
    for rule in ["same-digest-ok", "skip", "fail"] {
        let stage = Stage::new().await;
        let rule = format!("--on-existing={rule}");
        let (result, other) = overtaken(&stage, "v1", &["--tags=v1", &rule]).await;
        assert_eq!(result.unwrap_err().code.id, "tag-exists-different", "{rule}");
        assert_eq!(stage.world().registry.tags("product/moving")["v1"], other, "{rule}");
        assert_eq!(puts(&stage, "v1"), 1, "{rule}");
    }
}

#[tokio::test]
async fn a_moving_tag_is_moved_from_what_it_names_by_then() {
    let stage = Stage::new().await;
    let (result, other) = overtaken(&stage, "latest", &["--tags=v1", "--moving-tags=latest"]).await;
    let ran = result.unwrap();
    assert_eq!(stage.world().registry.tags("product/moving")["latest"], ran.outputs["digest"]);
    assert!(ran.log.contains(&format!("latest moved from {other}")), "{}", ran.log);
}

#[tokio::test]
async fn a_reply_that_is_lost_is_no_tag_that_exists() {
    let stage = Stage::new().await;
    let lost = Effect::ReplyAfter { status: 502 };
    stage.world().faults.add(Fault::once("registry", "PUT", "/manifests/v1", lost));
    let image = format!("--image={}/product/moving", stage.registry());
    let ran = stage.push(&[&image, "--tags=v1", "--on-existing=fail"]).await.unwrap();
    assert_eq!(stage.world().registry.tags("product/moving")["v1"], ran.outputs["digest"]);
    assert_eq!((ran.outputs["changed"].as_str(), puts(&stage, "v1")), ("true", 1));
}

#[tokio::test]
async fn under_skip_the_faster_run_decides() {
    let stage = Stage::new().await;
    let slow = Effect::Delay { millis: 500 };
    stage.world().faults.add(Fault::once("registry", "POST", "/blobs/uploads/", slow));
    let image = format!("--image={}/product/moving", stage.registry());
    let start = Instant::now();
    let other = async {
        while stage.writes().is_empty() {
            assert!(start.elapsed() < Duration::from_secs(20), "nothing was sent");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        stage.world().registry.seed_base_image("product/moving", "v1", &["linux/amd64"]).unwrap()
    };
    let argv = [image.as_str(), "--tags=v1,v2", "--moving-tags=latest", "--on-existing=skip"];
    let (result, other) = tokio::join!(stage.push(&argv), other);
    assert_eq!(result.unwrap().outputs["digest"], other);
    let tags = stage.world().registry.tags("product/moving");
    assert_eq!(tags.values().collect::<Vec<_>>(), [&other, &other, &other]);
}
