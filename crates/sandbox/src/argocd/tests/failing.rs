use super::*;

#[tokio::test]
async fn an_image_that_is_not_in_the_registry_is_not_pulled() {
    let fixture = Fixture::new().await;
    fixture.commit(&values("nowhere")).await;
    fixture.sync(&json!({})).await;
    let end = fixture.until("degraded", |app| app.health == "Degraded").await;
    assert!(end.message.starts_with("ProgressDeadlineExceeded: ReplicaSet \"product-"), "{}", end.message);
    assert_eq!(end.phase.as_deref(), Some("Succeeded"));
    let reasons: Vec<(&str, bool)> = end.pods.iter().map(|pod| (pod.reason.as_str(), pod.active)).collect();
    assert_eq!(
        reasons,
        [("Running", true), ("Running", true), ("ImagePullBackOff", false), ("ImagePullBackOff", false)]
    );
    let pod = end.pods[2].name.clone();
    let events = fixture.get(&format!("/api/v1/applications/dev/events?resourceName={pod}")).await;
    let messages: Vec<&str> =
        events["items"].as_array().unwrap().iter().filter_map(|e| e["message"].as_str()).collect();
    assert!(messages.iter().any(|text| text.contains("product/dev:nowhere: not found")), "{messages:?}");
    // The kubelet goes on trying.
    fixture.sandbox.world().registry.seed_base_image("product/dev", "nowhere", &["linux/amd64"]).unwrap();
    fixture.until("healed", |app| app.images == [image("nowhere")] && app.health == "Healthy").await;
}

#[tokio::test]
async fn an_image_for_another_platform_is_not_pulled() {
    let fixture = Fixture::new().await;
    fixture.sandbox.world().registry.seed_base_image("product/dev", "arm", &["linux/arm64"]).unwrap();
    fixture.commit(&values("arm")).await;
    fixture.sync(&json!({})).await;
    fixture.until("stuck", |app| app.pods.iter().any(|pod| pod.reason == "ImagePullBackOff")).await;
}

#[tokio::test]
async fn a_new_commit_replaces_a_failed_update() {
    let fixture = Fixture::new().await;
    fixture.commit(&values("nowhere")).await;
    fixture.sync(&json!({})).await;
    fixture.until("degraded", |app| app.health == "Degraded").await;
    fixture.commit(&values("new")).await;
    fixture.sync(&json!({})).await;
    fixture.until("new", |app| app.images == [image("new")] && app.health == "Healthy").await;
}

#[tokio::test]
async fn crashing_containers_say_why() {
    let fixture = Fixture::new().await;
    fixture.argocd().crash_looping(":new", "Traceback\nKeyError: 'PORT'");
    fixture.commit(&values("new")).await;
    fixture.sync(&json!({})).await;
    let end = fixture.until("degraded", |app| app.health == "Degraded").await;
    let pod = end.pods.iter().find(|pod| pod.reason == "CrashLoopBackOff").unwrap();
    let path = format!("/api/v1/applications/dev/logs?podName={}&previous=true&tailLines=1", pod.name);
    let text = fixture.call("GET", &path).send().await.unwrap().text().await.unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["result"]["content"], "KeyError: 'PORT'");
    assert_eq!(lines[1]["result"]["last"], json!(true));
}

#[tokio::test]
async fn a_tag_of_digits_becomes_a_float() {
    let fixture = Fixture::new().await;
    fixture.commit(&values("58467965")).await;
    fixture.sync(&json!({})).await;
    let end =
        fixture.until("refused", |app| app.pods.iter().any(|pod| pod.reason == "InvalidImageName")).await;
    assert!(end.images.contains(&image("5.8467965e+07")), "{:?}", end.images);
}

#[tokio::test]
async fn broken_values_are_a_comparison_error_and_then_cached() {
    let fixture = Fixture::new().await;
    fixture.commit("image: [\n").await;
    fixture.sync(&json!({})).await;
    let end = fixture.until("failed", |app| app.phase.as_deref() == Some("Error")).await;
    let text = end.operation_message.unwrap();
    assert!(text.starts_with("ComparisonError: Failed to load target state: "), "{text}");
    assert!(text.contains("failed to parse ../../values/dev.values.yaml"), "{text}");
    assert_eq!(end.images, [image("old")]);
    let condition = async |refresh: &str| {
        let app = fixture.get(&format!("/api/v1/applications/dev?refresh={refresh}")).await;
        assert_eq!(app["status"]["conditions"][0]["type"], "ComparisonError");
        app["status"]["conditions"][0]["message"]
            .as_str()
            .unwrap()
            .contains("Manifest generation error (cached)")
    };
    assert!(condition("normal").await);
    assert!(!condition("hard").await);
    fixture.commit(&values("new")).await;
    let app = fixture.get("/api/v1/applications/dev?refresh=normal").await;
    assert_eq!(app["status"]["conditions"], Value::Null);
}

#[tokio::test]
async fn an_apply_that_fails_names_the_resource() {
    let fixture = Fixture::new().await;
    fixture.argocd().fail_next_apply("dev", "Rollout.argoproj.io \"product\" is invalid");
    fixture.sync(&json!({})).await;
    let end = fixture.until("failed", |app| app.phase.as_deref() == Some("Failed")).await;
    let text = "one or more objects failed to apply, reason: Rollout.argoproj.io \"product\" is invalid";
    assert_eq!(end.operation_message.as_deref(), Some(text));
    let app = fixture.get("/api/v1/applications/dev").await;
    let resources = app["status"]["operationState"]["syncResult"]["resources"].as_array().unwrap().clone();
    let failed: Vec<&Value> = resources.iter().filter(|one| one["status"] == "SyncFailed").collect();
    assert_eq!((failed.len(), &failed[0]["kind"]), (1, &json!("Rollout")));
}

#[tokio::test]
async fn a_failure_with_a_retry_is_running_with_an_end() {
    let fixture = Fixture::new().await;
    fixture.argocd().fail_next_apply("dev", "busy");
    let retry = json!({ "limit": 1, "backoff": { "duration": "300ms" } });
    fixture.sync(&json!({ "retryStrategy": retry })).await;
    fixture
        .until("waiting", |app| {
            app.operation_message.as_deref().is_some_and(|text| text.contains("attempt #1"))
        })
        .await;
    let app = fixture.get("/api/v1/applications/dev").await;
    let state = &app["status"]["operationState"];
    assert_eq!((&state["phase"], &state["retryCount"]), (&json!("Running"), &json!(1)));
    assert!(state["finishedAt"].is_string());
    fixture.until("done", |app| app.phase.as_deref() == Some("Succeeded")).await;
}

#[tokio::test]
async fn a_source_that_is_not_in_the_repository_is_a_comparison_error() {
    let fixture = Fixture::new().await;
    let world = fixture.sandbox.world();
    let chart = |app: &mut AppSpec| app.path = "charts/nope".to_owned();
    let values = |app: &mut AppSpec| app.value_files = vec!["../../values/nope.yaml".to_owned()];
    let outside = |app: &mut AppSpec| app.value_files = vec!["../../../values/dev.values.yaml".to_owned()];
    let cases = [
        (&chart as &dyn Fn(&mut AppSpec), "charts/nope: app path does not exist"),
        (&values, "Error: open values/nope.yaml: no such file or directory"),
        (&outside, "resolved to outside repository root"),
    ];
    for (change, text) in cases {
        fixture.argocd().configure("dev", |app| *app = AppSpec::product("dev", &app.repo_url));
        fixture.argocd().reconcile(world, "dev").await;
        assert_eq!(fixture.snapshot().sync, "Synced");
        fixture.argocd().configure("dev", change);
        fixture.argocd().reconcile(world, "dev").await;
        let app = fixture.get("/api/v1/applications/dev").await;
        let condition = &app["status"]["conditions"][0];
        assert_eq!(
            (&app["status"]["sync"]["status"], &condition["type"]),
            (&json!("Unknown"), &json!("ComparisonError"))
        );
        assert!(condition["message"].as_str().unwrap().ends_with(text), "{condition}");
        fixture.sync(&json!({})).await;
        fixture.until("over", |app| app.phase.as_deref() == Some("Error")).await;
        let app = fixture.get("/api/v1/applications/dev").await;
        let message = app["status"]["operationState"]["message"].as_str().unwrap();
        assert!(message.starts_with("ComparisonError: ") && message.ends_with(text), "{message}");
    }
}
