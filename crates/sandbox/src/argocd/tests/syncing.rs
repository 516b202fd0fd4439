use super::*;

#[tokio::test]
async fn a_sync_cuts_over_and_the_old_pods_leave() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.snapshot().images, [image("old")]);
    let sha = fixture.commit(&values("new")).await;
    let nonce = json!([{ "name": "run", "value": "nonce" }]);
    let reply = fixture.sync(&json!({ "name": "dev", "revision": sha, "infos": nonce })).await;
    assert_eq!(reply.status(), 200);
    let app: Value = reply.json().await.unwrap();
    assert_eq!(app["operation"]["info"], nonce);
    assert_eq!(app["operation"]["sync"]["revision"], json!(sha));
    assert_eq!(app["status"]["operationState"], Value::Null);

    let new = |app: &Snapshot| app.pods.iter().filter(|pod| pod.active && pod.image == image("new")).count();
    let both = fixture.until("cut over", |app| app.health == "Healthy" && new(app) == 2).await;
    assert_eq!((both.images.len(), both.pods.len()), (2, 4));
    let is_over = |app: &Snapshot| app.images == [image("new")] && app.revision == sha;
    let end = fixture.until("rid of old pods", is_over).await;
    assert_eq!((end.sync.as_str(), end.phase.as_deref()), ("Synced", Some("Succeeded")));
    assert_eq!((end.revision.as_str(), end.synced_revision.as_deref()), (sha.as_str(), Some(sha.as_str())));
    assert_eq!((end.pods.len(), end.history.len()), (2, 2));

    let app = fixture.get("/api/v1/applications/dev").await;
    let state = &app["status"]["operationState"];
    assert_eq!(state["operation"]["info"], nonce);
    assert_eq!(state["message"], "successfully synced (all tasks run)");
    assert_eq!(state["syncResult"]["revision"], json!(sha));
    let rollout =
        state["syncResult"]["resources"].as_array().unwrap().iter().find(|one| one["kind"] == "Rollout");
    assert_eq!(rollout.unwrap()["message"], "rollout.argoproj.io/product configured");
    assert_eq!(app["operation"], Value::Null);
    assert_eq!(app["status"]["history"][1]["initiatedBy"]["username"], "ci");
}

#[tokio::test]
async fn the_tree_shows_revisions_and_reasons() {
    let fixture = Fixture::new().await;
    fixture.commit(&values("new")).await;
    fixture.sync(&json!({})).await;
    fixture.until("terminating", |app| app.pods.iter().any(|pod| pod.reason == "Terminating")).await;
    let tree = fixture.get("/api/v1/applications/dev/resource-tree").await;
    let nodes = tree["nodes"].as_array().unwrap();
    let of = |kind: &str| nodes.iter().filter(|node| node["kind"] == kind).cloned().collect::<Vec<_>>();
    let sets = of("ReplicaSet");
    let revisions: Vec<&Value> = sets.iter().map(|set| &set["info"][0]["value"]).collect();
    assert_eq!(revisions, ["Rev:1", "Rev:2"]);
    assert_eq!(sets[0]["parentRefs"][0]["uid"], of("Rollout")[0]["uid"]);
    let old = of("Pod").into_iter().find(|pod| pod["images"][0] == json!(image("old"))).unwrap();
    assert_eq!(old["info"][0], json!({ "name": "Status Reason", "value": "Terminating" }));
    assert_eq!(old["parentRefs"][0]["name"], sets[0]["name"]);
    assert_eq!(of("Ingress")[0]["name"], "dev-ingress");
}

#[tokio::test]
async fn nothing_new_leaves_the_pods_alone() {
    let fixture = Fixture::new().await;
    let before = fixture.snapshot().pods;
    assert_eq!(fixture.sync(&json!({})).await.status(), 200);
    let end = fixture.until("done", |app| app.phase.as_deref() == Some("Succeeded")).await;
    assert_eq!(end.pods, before);
}

#[tokio::test]
async fn a_refresh_sees_a_commit() {
    let fixture = Fixture::new().await;
    let sha = fixture.commit(&values("new")).await;
    let app = fixture.get("/api/v1/applications/dev").await;
    assert_eq!(app["status"]["sync"]["status"], "Synced");
    let app = fixture.get("/api/v1/applications/dev?refresh=normal").await;
    assert_eq!(
        (&app["status"]["sync"]["status"], &app["status"]["sync"]["revision"]),
        (&json!("OutOfSync"), &json!(sha))
    );
    assert_eq!(app["metadata"]["annotations"], Value::Null);
    assert_eq!(fixture.snapshot().images, [image("old")]);
}

#[tokio::test]
async fn auto_sync_refuses_another_revision_and_syncs_by_itself() {
    let fixture = Fixture::new().await;
    fixture.argocd().configure("dev", |spec| spec.automated = true);
    let sha = fixture.commit(&values("new")).await;
    let reply = fixture.sync(&json!({ "revision": sha })).await;
    let text = format!("Cannot sync to {sha}: auto-sync currently set to dev");
    assert_eq!(refusal(reply).await, (400, 9, text));
    fixture.get("/api/v1/applications/dev?refresh=normal").await;
    let end = fixture.until("synced", |app| app.images == [image("new")]).await;
    assert_eq!(end.synced_revision, Some(sha));
    let app = fixture.get("/api/v1/applications/dev").await;
    assert_eq!(app["status"]["operationState"]["operation"]["initiatedBy"], json!({ "automated": true }));
}

#[tokio::test]
async fn a_selective_sync_and_a_dry_run_leave_no_history() {
    let fixture = Fixture::new().await;
    fixture.commit(&values("new")).await;
    let service = json!([{ "group": "", "kind": "Service", "name": "product" }]);
    for body in [json!({ "resources": service }), json!({ "dryRun": true })] {
        fixture.sync(&body).await;
        let end = fixture.until("done", |app| app.phase.as_deref() == Some("Succeeded")).await;
        assert_eq!((end.history.len(), end.images), (1, vec![image("old")]));
        fixture.until("idle", |app| !app.in_progress).await;
    }
}

#[tokio::test]
async fn a_rollback_brings_the_old_image_back() {
    let fixture = Fixture::new().await;
    fixture.commit(&values("new")).await;
    fixture.sync(&json!({})).await;
    fixture.until("new", |app| app.images == [image("new")]).await;
    assert_eq!(fixture.post("/api/v1/applications/dev/rollback", &json!({ "id": 0 })).await.status(), 200);
    let end = fixture.until("old", |app| app.images == [image("old")]).await;
    assert_eq!((end.sync.as_str(), end.health.as_str()), ("OutOfSync", "Healthy"));
    let reply = fixture.post("/api/v1/applications/dev/rollback", &json!({ "id": 9 })).await;
    let text = "application argocd/dev does not have deployment with id 9";
    assert_eq!(refusal(reply).await, (400, 3, text.into()));
}
