//! What goes wrong, each by its code and with what helps.

use sandbox::{
    argocd::SyncWindow,
    faults::{Effect, Fault},
};

use crate::stage::{NEW, REPOSITORY, Stage, VALUES};

#[tokio::test]
async fn a_missing_image_is_degraded_with_the_pods_reason() {
    let stage = Stage::new().await;
    let revision = stage.bump(NEW).await;
    let run = stage.action(&revision, NEW).run().await;
    assert_eq!(run.code(), "degraded", "{}", run.log);
    let text = format!("{}\n{}", run.failure(), run.failure().notes.join("\n"));
    assert!(text.contains("ImagePull"), "{text}");
    assert!(text.contains("  event "), "{text}");
    assert_eq!(run.output("revision"), Some(revision.as_str()));
}

#[tokio::test]
async fn a_crashing_image_is_degraded_with_the_last_lines_of_its_log() {
    let stage = Stage::new().await;
    stage.world().argocd.crash_looping(NEW, "Traceback (most recent call last):\nKeyError: 'PORT'");
    let run = stage.action(&stage.release().await, NEW).run().await;
    assert_eq!(run.code(), "degraded", "{}", run.log);
    let notes = run.failure().notes.join("\n");
    assert!(notes.contains("CrashLoopBackOff") && notes.contains("  log KeyError: 'PORT'"), "{notes}");
    // The old pods go on serving.
    assert!(stage.app().pods.iter().any(|pod| pod.active && pod.reason == "Running"));
}

#[tokio::test]
async fn a_failed_apply_is_told() {
    let stage = Stage::new().await;
    stage.world().argocd.fail_next_apply("dev", "Rollout.argoproj.io is invalid: spec.replicas");
    let run = stage.action(&stage.release().await, NEW).run().await;
    assert_eq!(run.code(), "sync-failed", "{}", run.log);
    assert!(run.written().contains("spec.replicas"), "{}", run.written());
    assert_eq!(run.output("phase"), Some("Failed"));
}

#[tokio::test]
async fn a_broken_chart_is_told() {
    let stage = Stage::new().await;
    let files = [(VALUES, b"image: [" as &[u8])];
    let github = &stage.world().github;
    let revision = github.commit_files(REPOSITORY, "dev", "alice", "Break", &files).await.unwrap();
    let run = stage.action(&revision, NEW).run().await;
    assert_eq!(run.code(), "comparison-error", "{}", run.written());
}

#[tokio::test]
async fn a_closed_window_is_told() {
    let stage = Stage::new().await;
    stage.world().argocd.set_sync_windows("dev", vec![SyncWindow::deny()]);
    let run = stage.action(&stage.release().await, NEW).run().await;
    assert_eq!(run.code(), "sync-window", "{}", run.written());
    assert!(
        run.failure().notes[0].starts_with("active: deny from `0 18 * * *` for 12h"),
        "{:?}",
        run.failure().notes
    );
}

#[tokio::test]
async fn a_deleted_application_is_told() {
    let stage = Stage::new().await;
    let revision = stage.release().await;
    stage.world().argocd.mark_deleting("dev");
    assert_eq!(stage.action(&revision, NEW).run().await.code(), "application-deleted");
}

#[tokio::test]
async fn a_branch_that_moved_on_is_told_with_auto_sync() {
    let stage = Stage::with(|app| app.automated = true).await;
    let revision = stage.release().await;
    stage.bump("3333333333333333333333333333333333333333").await;
    assert_eq!(stage.action(&revision, NEW).run().await.code(), "revision-mismatch");
}

#[tokio::test]
async fn an_operation_that_somebody_terminates_is_told() {
    let stage = Stage::new().await;
    stage.timing(|timing| timing.sync_ms = 3000);
    let action = stage.action(&stage.release().await, NEW).run();
    let terminate = async {
        while stage.app().phase.as_deref() != Some("Running") {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let url = format!("{}/api/v1/applications/dev/operation", stage.world().urls.argocd);
        let request = reqwest::Client::new().delete(url).bearer_auth(&stage.token);
        let reply = request.header("content-type", "application/json").send().await.unwrap();
        assert_eq!(reply.status(), 200);
    };
    let (run, ()) = tokio::join!(action, terminate);
    assert_eq!(run.code(), "operation-terminated", "{}", run.written());
}

#[tokio::test]
async fn an_expired_token_is_told_half_way() {
    let stage = Stage::new().await;
    stage.timing(|timing| timing.scale_down_delay_ms = 60_000);
    let action = stage.action(&stage.release().await, NEW).run();
    let expire = async {
        tokio::time::sleep(std::time::Duration::from_millis(800)).await;
        stage.world().argocd.expire_tokens();
        stage.world().argocd.cut_streams();
    };
    let (run, ()) = tokio::join!(action, expire);
    assert_eq!(run.code(), "argocd-unauthorized");
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
    let token = stage.world().argocd.add_token("reader", &["applications, get, default/*"]);
    let run = stage.action(&stage.bump(NEW).await, NEW).env("ARGOCD", &token).run().await;
    assert_eq!(run.code(), "argocd-forbidden");
    assert_eq!(
        run.failure().notes.last().map(String::as_str),
        Some("p, reader, applications, sync, default/dev, allow")
    );
}

#[tokio::test]
async fn a_missing_application_is_told_apart_when_the_project_is_given() {
    let stage = Stage::new().await;
    let revision = stage.bump(NEW).await;
    let run = stage.action(&revision, NEW).input("application", "nope").run().await;
    assert_eq!(run.code(), "application-not-found");
    let run = stage.action(&revision, NEW).input("application", "nope").without("project").run().await;
    assert_eq!(run.code(), "argocd-forbidden");
    assert!(run.failure().notes.last().unwrap().contains("set `project`"));
}

#[tokio::test]
async fn an_image_that_the_manifests_do_not_name_is_told() {
    let stage = Stage::new().await;
    let revision = stage.release().await;
    let run = stage.action(&revision, "3333333333333333333333333333333333333333").run().await;
    assert_eq!(run.code(), "image-not-live");
}

#[tokio::test]
async fn a_deadline_names_what_does_not_hold() {
    let stage = Stage::new().await;
    stage.timing(|timing| timing.scale_down_delay_ms = 60_000);
    let run = stage.action(&stage.release().await, NEW).input("timeout", "5s").run().await;
    assert_eq!(run.code(), "deadline-passed");
    assert!(run.failure().notes[0].starts_with("old pods gone: pods still run"), "{:?}", run.failure().notes);
    assert_eq!(run.failure().notes.len(), 1);
}

#[tokio::test]
async fn a_sign_in_page_is_told() {
    let stage = Stage::new().await;
    let effect = Effect::Reply {
        status: 302,
        body: String::new(),
        content_type: "text/html".into(),
        headers: vec![("location".into(), "https://team.cloudflareaccess.com/x?state=s3cret".into())],
    };
    stage.world().faults.add(Fault::once("argocd", "GET", "/applications/dev", effect));
    let run = stage.action(&stage.bump(NEW).await, NEW).run().await;
    assert_eq!(run.code(), "auth-proxy");
    assert!(run.failure().cause.ends_with("leads to team.cloudflareaccess.com"), "{}", run.failure());
}

#[tokio::test]
async fn nobody_at_the_address_is_told_in_seconds() {
    let stage = Stage::new().await;
    let action = stage.action(&stage.bump(NEW).await, NEW).input("server", "http://127.0.0.1:9");
    let run = action.run().await;
    assert_eq!(run.code(), "unreachable");
    assert!(run.failure().cause.contains("127.0.0.1:9"));
}
