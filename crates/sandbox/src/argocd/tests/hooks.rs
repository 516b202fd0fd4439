use super::*;

/// A Job that is a hook.
fn job(name: &str, hook: &str, more: &str) -> String {
    format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: {name}\n  annotations:\n    \
         argocd.argoproj.io/hook: {hook}\n{more}spec:\n  template:\n    spec:\n      containers:\n        \
         - name: job\n          image: \"job:{name}\"\n"
    )
}

/// Commits the product's templates with two hooks.
async fn with_hooks(fixture: &Fixture) {
    // Longer than the delay between waves, behind which it shows.
    fixture.argocd().set_timing(Timing { job_ms: 300, ..fixture.argocd().timing() });
    let policy = "    argocd.argoproj.io/hook-delete-policy: HookSucceeded\n";
    let (before, after) = (job("migrate", "PreSync", policy), job("smoke", "PostSync", ""));
    let hooks = [
        ("charts/app/templates/migrate.yaml", before.as_str()),
        ("charts/app/templates/smoke.yaml", &after),
        ("values/dev.values.yaml", &values("new")),
    ];
    fixture.commit_files(&[PRODUCT.as_slice(), &hooks].concat()).await;
}

#[tokio::test]
async fn hooks_run_before_and_after() {
    let fixture = Fixture::new().await;
    with_hooks(&fixture).await;
    fixture.sync(&json!({})).await;
    let text = "waiting for completion of hook batch/Job/migrate";
    fixture.until("waiting", |app| app.operation_message.as_deref() == Some(text)).await;
    assert_eq!(fixture.snapshot().images, [image("old")]);
    let text = "waiting for completion of hook batch/Job/smoke";
    let is_late = |app: &Snapshot| app.operation_message.as_deref() == Some(text) && app.health == "Healthy";
    fixture.until("waiting", is_late).await;
    let app = fixture.ended().await;
    let state = &app["status"]["operationState"];
    assert_eq!(state["message"], "successfully synced (no more tasks)");
    let resources = &state["syncResult"]["resources"];
    let hook = of(resources, "Job", "migrate");
    assert_eq!(
        [&hook["hookType"], &hook["hookPhase"], &hook["syncPhase"], &hook["status"]],
        [&json!("PreSync"), &json!("Succeeded"), &json!("PreSync"), &Value::Null]
    );
    assert_eq!(of(resources, "Rollout", "product")["hookPhase"], "Succeeded");
    let objects = fixture.snapshot().objects;
    assert!(!objects.contains(&"Job/migrate".to_owned()) && objects.contains(&"Job/smoke".to_owned()));
    let app = fixture.get("/api/v1/applications/dev?refresh=normal").await;
    assert_eq!(
        (&app["status"]["sync"]["status"], &app["status"]["health"]["status"]),
        (&json!("Synced"), &json!("Healthy"))
    );
    assert_eq!(of(&app["status"]["resources"], "Job", "smoke")["hook"], json!(true));
}

#[tokio::test]
async fn a_hook_that_fails_ends_the_sync() {
    let fixture = Fixture::new().await;
    fixture.argocd().crash_looping("job:migrate", "no database");
    with_hooks(&fixture).await;
    fixture.sync(&json!({})).await;
    let app = fixture.ended().await;
    let state = &app["status"]["operationState"];
    let text = "one or more synchronization tasks completed unsuccessfully";
    assert_eq!((&state["phase"], &state["message"]), (&json!("Failed"), &json!(text)));
    let hook = of(&state["syncResult"]["resources"], "Job", "migrate");
    assert_eq!(
        (&hook["hookPhase"], &hook["message"]),
        (&json!("Failed"), &json!("Job has reached the specified backoff limit"))
    );
    assert_eq!(fixture.snapshot().images, [image("old")]);
}

#[tokio::test]
async fn a_termination_deletes_hooks_that_run() {
    let fixture = Fixture::new().await;
    with_hooks(&fixture).await;
    fixture.argocd().set_timing(Timing { job_ms: 60_000, ..fixture.argocd().timing() });
    fixture.sync(&json!({})).await;
    fixture.until("waiting", |app| app.objects.contains(&"Job/migrate".to_owned())).await;
    fixture
        .until("waiting", |app| {
            app.operation_message.as_deref().is_some_and(|text| text.starts_with("waiting"))
        })
        .await;
    fixture.call("DELETE", "/api/v1/applications/dev/operation").send().await.unwrap();
    let app = fixture.until("over", |app| app.phase.as_deref() == Some("Failed")).await;
    assert_eq!(app.operation_message.as_deref(), Some("Operation terminated"));
    assert!(!app.objects.contains(&"Job/migrate".to_owned()));
}

#[tokio::test]
async fn a_selective_sync_passes_hooks_over() {
    let fixture = Fixture::new().await;
    with_hooks(&fixture).await;
    let rollout = json!([{ "group": "argoproj.io", "kind": "Rollout", "name": "product" }]);
    fixture.sync(&json!({ "resources": rollout })).await;
    let app = fixture.ended().await;
    let resources = app["status"]["operationState"]["syncResult"]["resources"].as_array().unwrap().clone();
    assert_eq!(resources.len(), 1, "{resources:?}");
    let all = json!([{ "group": "*", "kind": "*", "name": "*" }]);
    fixture.until("idle", |app| !app.in_progress).await;
    fixture.sync(&json!({ "resources": all })).await;
    let app = fixture
        .until("over", |app| {
            app.operation_message.as_deref().is_some_and(|text| text.contains("no more tasks"))
        })
        .await;
    assert_eq!(app.phase.as_deref(), Some("Succeeded"));
}

#[tokio::test]
async fn waves_wait_for_what_was_before_to_be_healthy() {
    let fixture = Fixture::new().await;
    fixture.argocd().set_timing(Timing { pod_start_ms: 500, ..fixture.argocd().timing() });
    let config = |name: &str, wave: i64| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  annotations:\n    argocd.argoproj.io/sync-wave: \"{wave}\"\n"
        )
    };
    let (first, last) = (config("first", -1), config("last", 1));
    let files = [
        ("charts/app/templates/first.yaml", first.as_str()),
        ("charts/app/templates/last.yaml", &last),
        ("values/dev.values.yaml", &values("new")),
    ];
    fixture.commit_files(&[PRODUCT.as_slice(), &files].concat()).await;
    fixture.sync(&json!({})).await;
    fixture.until("first", |app| app.objects.contains(&"ConfigMap/first".to_owned())).await;
    assert_eq!(fixture.snapshot().images, [image("old")]);
    let text = "waiting for healthy state of argoproj.io/Rollout/product";
    let waiting = fixture.until("waiting", |app| app.operation_message.as_deref() == Some(text)).await;
    assert!(!waiting.objects.contains(&"ConfigMap/last".to_owned()));
    let app = fixture.ended().await;
    assert_eq!(app["status"]["operationState"]["message"], "successfully synced (all tasks run)");
    let last = of(&app["status"]["operationState"]["syncResult"]["resources"], "ConfigMap", "last");
    assert_eq!(last["message"], "configmap/last created");
    let app = fixture.get("/api/v1/applications/dev?refresh=normal").await;
    assert_eq!(of(&app["status"]["resources"], "ConfigMap", "first")["syncWave"], json!(-1));
    assert_eq!(of(&app["status"]["resources"], "ConfigMap", "first")["health"], Value::Null);
}
