use super::*;

#[tokio::test]
async fn one_operation_at_a_time() {
    let fixture = Fixture::new().await;
    let world = fixture.sandbox.world();
    assert!(fixture.argocd().start_foreign_operation(world, "dev", "maria", 5_000));
    let text = "another operation is already in progress";
    assert_eq!(refusal(fixture.sync(&json!({})).await).await, (400, 9, text.into()));
    fixture.until("running", |app| app.phase.as_deref() == Some("Running")).await;
    let end = || fixture.call("DELETE", "/api/v1/applications/dev/operation").send();
    assert_eq!(end().await.unwrap().status(), 200);
    let done = fixture.until("ended", |app| !app.in_progress).await;
    assert_eq!(done.operation_message.as_deref(), Some("Operation terminated"));
    let text = "Unable to terminate operation. No operation is in progress";
    assert_eq!(refusal(end().await.unwrap()).await, (400, 3, text.into()));
    assert_eq!(fixture.sync(&json!({})).await.status(), 200);
}

#[tokio::test]
async fn a_paused_rollout_waits_for_promotion() {
    let fixture = Fixture::new().await;
    fixture.argocd().configure("dev", |spec| spec.auto_promotion = false);
    fixture.commit(&values("new")).await;
    fixture.sync(&json!({})).await;
    let paused = fixture.until("paused", |app| app.health == "Suspended").await;
    assert_eq!((paused.message.as_str(), paused.images.len()), ("BlueGreenPause", 2));
    assert_eq!(act(&fixture, "promote-full").await, 200);
    fixture.until("promoted", |app| app.health == "Healthy" && app.images == [image("new")]).await;
}

#[tokio::test]
async fn an_abort_keeps_the_old_pods_and_a_retry_goes_on() {
    let fixture = Fixture::new().await;
    fixture.commit(&values("nowhere")).await;
    fixture.sync(&json!({})).await;
    fixture.until("stuck", |app| app.pods.iter().any(|pod| pod.reason == "ImagePullBackOff")).await;
    assert_eq!(act(&fixture, "abort").await, 200);
    let end = fixture.until("aborted", |app| app.images == [image("old")]).await;
    assert_eq!(end.message, "RolloutAborted: Rollout aborted update to revision 2");
    fixture.sandbox.world().registry.seed_base_image("product/dev", "nowhere", &["linux/amd64"]).unwrap();
    assert_eq!(act(&fixture, "retry").await, 200);
    fixture.until("through", |app| app.images == [image("nowhere")] && app.health == "Healthy").await;
    assert_eq!(act(&fixture, "dance").await, 500);
}

#[tokio::test]
async fn live_objects_can_be_read() {
    let fixture = Fixture::new().await;
    let path = "/api/v1/applications/dev/resource?resourceName=product&version=v1alpha1&group=argoproj.io&kind=Rollout";
    let reply = fixture.get(path).await;
    let rollout: Value = serde_json::from_str(reply["manifest"].as_str().unwrap()).unwrap();
    assert_eq!(rollout["status"]["phase"], "Healthy");
    assert_eq!(rollout["status"]["blueGreen"]["activeSelector"], rollout["status"]["currentPodHash"]);
    let managed = fixture.get("/api/v1/applications/dev/managed-resources?kind=Rollout").await;
    assert_eq!(managed["items"].as_array().unwrap().len(), 1);
    let made = fixture.get("/api/v1/applications/dev/manifests").await;
    let made: Vec<&str> = made["manifests"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(made.iter().any(|manifest| manifest.contains(&image("old"))), "{made:?}");
    let revision = fixture.snapshot().revision;
    let commit = fixture.get(&format!("/api/v1/applications/dev/revisions/{revision}/metadata")).await;
    assert!(commit["author"].as_str().unwrap().contains('@'));
}

async fn act(fixture: &Fixture, action: &str) -> u16 {
    let body = json!({
        "namespace": "app", "resourceName": "product", "version": "v1alpha1",
        "group": "argoproj.io", "kind": "Rollout", "action": action,
    });
    fixture.post("/api/v1/applications/dev/resource/actions/v2", &body).await.status().as_u16()
}
