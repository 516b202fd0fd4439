//! The good paths.

use crate::stage::{FOREVER, IMAGE, NEW, OLD, Shape, Stage};

#[tokio::test]
async fn a_new_image_goes_live_and_the_old_pods_go() {
    let stage = Stage::new().await;
    let revision = stage.release().await;
    let run = stage.action(&revision, NEW).run().await;
    run.succeeded();
    assert_eq!(run.output("revision"), Some(revision.as_str()));
    assert_eq!(run.output("phase"), Some("Succeeded"));
    assert_eq!(run.output("health"), Some("Healthy"));
    assert_eq!(run.output("images"), Some(format!("{IMAGE}:{NEW}").as_str()));
    assert!(run.output("operation-id").unwrap().starts_with("org/day2-product/7/1/"));
    assert!(run.output("timings").unwrap().contains("\"old-pods-gone\":"), "{}", run.out);
    assert!(run.log.contains(&format!("pods still run {IMAGE}:{OLD}")), "{}", run.log);
    let live = stage.live().await;
    assert_eq!(live.deployments_of(&revision), 1);
    assert!(!run.written().contains(&run.token));
    assert_eq!(live.synced_revision.as_deref(), Some(revision.as_str()));
    assert!(live.serves_only(NEW), "{live:?}");
}

#[tokio::test]
async fn what_is_live_is_not_synced_again() {
    let stage = Stage::new().await;
    let revision = stage.release().await;
    stage.action(&revision, NEW).run().await.succeeded();
    let run = stage.action(&revision, NEW).run().await;
    run.succeeded();
    assert_eq!(stage.live().await.deployments_of(&revision), 1, "{}", run.log);
    assert_eq!(run.output("revision"), Some(revision.as_str()));
}

#[tokio::test]
async fn promoted_does_not_wait_for_old_pods() {
    let stage = Stage::with(Shape { scale_down_delay: FOREVER, ..Shape::default() }).await;
    let revision = stage.release().await;
    let run = stage.action(&revision, NEW).without("wait-for").run().await;
    run.succeeded();
    assert!(run.out.contains(&format!("{IMAGE}:{OLD}")), "{}", run.out);
}

#[tokio::test]
async fn a_dry_run_asks_for_nothing() {
    let stage = Stage::new().await;
    let revision = stage.bump(NEW).await;
    let run = stage.action(&revision, NEW).input("dry-run", "true").run().await;
    run.succeeded();
    let line = format!(" s  sync application {} to {revision}", stage.application());
    assert!(run.log.trim().ends_with(&line), "{}", run.log);
    assert_eq!(run.log.lines().count(), 1, "{}", run.log);
    assert_eq!(stage.live().await.deployments_of(&revision), 0);
}

#[tokio::test]
async fn auto_sync_is_asked_for_its_branch_and_proven_afterwards() {
    let stage = Stage::with(Shape { auto_sync: true, ..Shape::default() }).await;
    let revision = stage.release().await;
    stage.action(&revision, NEW).run().await.succeeded();
    let live = stage.live().await;
    // Argo CD may have synced it on its own as well.
    assert!(live.serves_only(NEW) && live.deployments_of(&revision) > 0, "{live:?}");
}

#[tokio::test]
async fn a_user_signs_in() {
    let stage = Stage::new().await;
    let (name, password) = stage.user();
    let revision = stage.release().await;
    let action = stage.action(&revision, NEW).without("token").input("auth", "password");
    let run = action.input("username", &name).input("password", "env:P").env("P", &password).run().await;
    run.succeeded();
    assert!(!run.written().contains(&password));
}

#[tokio::test]
async fn without_images_a_warning_says_that_they_are_not_checked() {
    let stage = Stage::new().await;
    let revision = stage.release().await;
    let run = stage.action(&revision, NEW).without("images").without("wait-for").run().await;
    run.succeeded();
    assert_eq!(run.log.matches("images are not checked").count(), 1, "{}", run.log);
    assert!(!run.written().contains("expected images live"), "{}", run.written());
    let run = stage.action(&revision, NEW).without("images").input("wait-for", "healthy").run().await;
    assert!(!run.written().contains("images are not checked"), "{}", run.written());
}
