//! What goes wrong, each by its code and with what helps.

use std::time::Duration;

use crate::stage::{CRASH_LOG, CRASHING, FOREVER, MISSING, NEW, NEWER, OLD, Shape, Stage, VALUES};

#[tokio::test]
async fn a_missing_image_is_degraded_with_the_pods_reason() {
    let stage = Stage::with(Shape { progress_deadline: Duration::from_secs(5), ..Shape::default() }).await;
    let revision = stage.bump(MISSING).await;
    let run = stage.action(&revision, MISSING).run().await;
    assert_eq!(run.code(), "degraded", "{}", run.log);
    let text = format!("{}\n{}", run.failure(), run.failure().notes.join("\n"));
    assert!(text.contains("ImagePull"), "{text}");
    assert!(text.contains("  event "), "{text}");
    assert_eq!(run.output("revision"), Some(revision.as_str()));
}

#[tokio::test]
async fn a_crashing_image_is_degraded_with_the_last_lines_of_its_log() {
    let stage = Stage::with(Shape { progress_deadline: Duration::from_secs(5), ..Shape::default() }).await;
    let run = stage.action(&stage.bump(CRASHING).await, CRASHING).run().await;
    assert_eq!(run.code(), "degraded", "{}", run.log);
    let notes = run.failure().notes.join("\n");
    assert!(notes.contains("CrashLoopBackOff") && notes.contains(&format!("  log {CRASH_LOG}")), "{notes}");
    // The old pods go on serving.
    assert!(stage.live().await.serves(OLD));
}

#[tokio::test]
async fn a_failed_apply_is_told() {
    let stage = Stage::new().await;
    let (revision, refusal) = stage.release_that_is_refused().await;
    let run = stage.action(&revision, NEW).run().await;
    assert_eq!(run.code(), "sync-failed", "{}", run.log);
    assert!(run.written().contains(refusal), "{}", run.written());
    assert_eq!(run.output("phase"), Some("Failed"));
}

#[tokio::test]
async fn a_broken_chart_is_told() {
    let stage = Stage::new().await;
    let revision = stage.commit("Break", &[(VALUES, b"image: [")]).await;
    let run = stage.action(&revision, NEW).run().await;
    assert_eq!(run.code(), "comparison-error", "{}", run.written());
}

#[tokio::test]
async fn a_closed_window_is_told() {
    let stage = Stage::new().await;
    stage.close_window("* * * * *", "1h").await;
    let run = stage.action(&stage.release().await, NEW).run().await;
    assert_eq!(run.code(), "sync-window", "{}", run.written());
    let failure = run.failure();
    assert!(failure.cause.ends_with("by its windows it is never let through"), "{failure}");
    assert_eq!(failure.notes[0], "deny from `* * * * *` (UTC) for 1h: active", "{:?}", failure.notes);
}

#[tokio::test]
async fn a_deleted_application_is_told() {
    let stage = Stage::new().await;
    let revision = stage.release().await;
    stage.delete_application().await;
    assert_eq!(stage.action(&revision, NEW).run().await.code(), "application-deleted");
}

#[tokio::test]
async fn a_branch_that_moved_on_is_told_with_auto_sync() {
    let stage = Stage::with(Shape { auto_sync: true, ..Shape::default() }).await;
    let revision = stage.release().await;
    stage.bump(NEWER).await;
    assert_eq!(stage.action(&revision, NEW).run().await.code(), "revision-mismatch");
}

#[tokio::test]
async fn an_operation_that_somebody_terminates_is_told() {
    let stage = Stage::new().await;
    stage.slow_operations(Duration::from_secs(10)).await;
    let action = stage.action(&stage.release().await, NEW).run();
    let terminate = async {
        stage.until(|live| live.phase.as_deref() == Some("Running")).await;
        stage.terminate().await;
    };
    let (run, ()) = tokio::join!(action, terminate);
    assert_eq!(run.code(), "operation-terminated", "{}", run.written());
}

#[tokio::test]
async fn an_expired_token_is_told_half_way() {
    let stage = Stage::with(Shape { scale_down_delay: FOREVER, alone: true, ..Shape::default() }).await;
    let revision = stage.release().await;
    let token = stage.token_for(15).await;
    let expired = tokio::time::sleep(Duration::from_secs(16));
    let action = stage.action(&revision, NEW).env("ARGOCD", &token).run();
    let expire = async {
        expired.await;
        stage.restart_server().await;
    };
    let (run, ()) = tokio::join!(action, expire);
    assert_eq!(run.code(), "argocd-unauthorized", "{}", run.written());
    assert!(run.log.contains("pods still run"), "{}", run.log);
    assert_eq!(stage.live().await.deployments_of(&revision), 1);
}

#[tokio::test]
async fn a_token_that_has_expired_is_told() {
    let stage = Stage::new().await;
    let (revision, token) = (stage.bump(NEW).await, stage.token_for(1).await);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let run = stage.action(&revision, NEW).env("ARGOCD", &token).run().await;
    assert_eq!(run.code(), "argocd-unauthorized", "{}", run.written());
    assert!(!run.written().contains(&token));
}

#[tokio::test]
async fn a_bad_token_is_told() {
    let stage = Stage::new().await;
    let revision = stage.bump(NEW).await;
    let run = stage.action(&revision, NEW).env("ARGOCD", "t0ken").run().await;
    assert_eq!(run.code(), "argocd-unauthorized");
    assert!(!run.log.contains("t0ken"));
}

#[tokio::test]
async fn a_bad_password_is_told() {
    let stage = Stage::new().await;
    let action = stage.action(&stage.bump(NEW).await, NEW).without("token").input("auth", "password");
    let run = action.input("username", "bob").input("password", "env:P").env("P", "wrong").run().await;
    assert_eq!(run.code(), "argocd-unauthorized");
}

#[tokio::test]
async fn a_missing_permission_names_the_policy_line() {
    let stage = Stage::new().await;
    let run = stage.action(&stage.bump(NEW).await, NEW).env("ARGOCD", &stage.reader_token()).run().await;
    assert_eq!(run.code(), "argocd-forbidden");
    let policy = format!("p, reader, applications, sync, {}/{}, allow", stage.project(), stage.application());
    assert_eq!(run.failure().notes.last(), Some(&policy));
}

#[tokio::test]
async fn a_missing_application_is_told_apart_with_and_without_its_project() {
    let stage = Stage::new().await;
    let revision = stage.bump(NEW).await;
    let run = stage.action(&revision, NEW).input("application", "nope").run().await;
    assert_eq!(run.code(), "application-not-found");
    // Argo CD says "permission denied", but the pipeline may get every application.
    let run = stage.action(&revision, NEW).input("application", "nope").without("project").run().await;
    assert_eq!(run.code(), "application-not-found");
    let run = stage.action(&revision, NEW).input("project", "other").run().await;
    assert_eq!(run.code(), "application-not-found");
    let remedy = format!("Set `project: {}`", stage.project());
    assert!(run.failure().remedy.starts_with(&remedy), "{}", run.failure().remedy);
}

#[tokio::test]
async fn an_image_that_the_manifests_do_not_name_is_told() {
    let stage = Stage::new().await;
    let revision = stage.release().await;
    let run = stage.action(&revision, NEWER).run().await;
    assert_eq!(run.code(), "image-not-live");
}

#[tokio::test]
async fn a_deadline_names_what_does_not_hold() {
    let stage = Stage::with(Shape { scale_down_delay: FOREVER, ..Shape::default() }).await;
    let run = stage.action(&stage.release().await, NEW).input("timeout", stage.timeout()).run().await;
    assert_eq!(run.code(), "deadline-passed");
    assert!(run.failure().notes[0].starts_with("old pods gone: pods still run"), "{:?}", run.failure().notes);
    assert_eq!(run.failure().notes.len(), 1);
}

#[tokio::test]
async fn nobody_at_the_address_is_told_in_seconds() {
    let stage = Stage::new().await;
    let action = stage.action(&stage.bump(NEW).await, NEW).input("server", "http://127.0.0.1:9");
    let run = action.run().await;
    assert_eq!(run.code(), "unreachable");
    assert!(run.failure().cause.contains("127.0.0.1:9"));
}
