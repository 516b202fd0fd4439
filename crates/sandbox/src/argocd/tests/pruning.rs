use super::*;

const CONFIG: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: extra\n";
const PATH: &str = "charts/app/templates/extra.yaml";

/// An application with a ConfigMap that Git no longer has.
async fn with_surplus(text: &str) -> Fixture {
    let fixture = Fixture::new().await;
    fixture.commit_files(&[PRODUCT.as_slice(), &[(PATH, text)]].concat()).await;
    fixture.sync(&json!({})).await;
    fixture.ended().await;
    let sha = fixture.snapshot().synced_revision.unwrap();
    fixture.until("compared", |app| app.sync == "Synced" && app.revision == sha).await;
    fixture.commit_files(&[(PATH, "")]).await;
    fixture
}

#[tokio::test]
async fn what_git_no_longer_has_is_kept_unless_the_sync_prunes() {
    let fixture = with_surplus(CONFIG).await;
    fixture.sync(&json!({})).await;
    let app = fixture.ended().await;
    let state = &app["status"]["operationState"];
    assert_eq!(state["phase"], "Succeeded");
    let result = of(&state["syncResult"]["resources"], "ConfigMap", "extra");
    assert_eq!(
        (&result["status"], &result["message"]),
        (&json!("PruneSkipped"), &json!("ignored (requires pruning)"))
    );
    fixture.until("out of sync", |app| app.sync == "OutOfSync").await;
    let app = fixture.app().await;
    assert_eq!(of(&app["status"]["resources"], "ConfigMap", "extra")["requiresPruning"], json!(true));
    fixture.sync(&json!({ "prune": true })).await;
    let app = fixture.ended().await;
    let result = of(&app["status"]["operationState"]["syncResult"]["resources"], "ConfigMap", "extra");
    assert_eq!((&result["status"], &result["message"]), (&json!("Pruned"), &json!("pruned")));
    fixture.until("in sync", |app| app.sync == "Synced").await;
    assert!(!fixture.snapshot().objects.contains(&"ConfigMap/extra".to_owned()));
}

#[tokio::test]
async fn an_object_may_forbid_it() {
    let guarded = format!("{CONFIG}  annotations:\n    argocd.argoproj.io/sync-options: Prune=false\n");
    let fixture = with_surplus(&guarded).await;
    fixture.sync(&json!({ "prune": true })).await;
    let app = fixture.ended().await;
    let result = of(&app["status"]["operationState"]["syncResult"]["resources"], "ConfigMap", "extra");
    assert_eq!(result["message"], "ignored (no prune)");
    assert!(fixture.snapshot().objects.contains(&"ConfigMap/extra".to_owned()));
}

#[tokio::test]
async fn auto_sync_does_not_begin_for_what_it_may_not_remove() {
    let fixture = with_surplus(CONFIG).await;
    fixture.argocd().configure("dev", |spec| spec.automated = true);
    fixture.get("/api/v1/applications/dev?refresh=normal").await;
    assert!(!fixture.snapshot().in_progress);
    fixture.argocd().configure("dev", |spec| spec.auto_prune = true);
    fixture.get("/api/v1/applications/dev?refresh=normal").await;
    fixture.until("pruned", |app| !app.objects.contains(&"ConfigMap/extra".to_owned())).await;
}

#[tokio::test]
async fn a_deployment_keeps_no_old_pods() {
    let fixture = Fixture::new().await;
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 2\n  template:\n    spec:\n      containers:\n        - name: web\n          image: \"{{ .Values.image.repository }}:{{ .Values.image.tag }}\"\n";
    let compared = async |commit: String| {
        fixture.until("compared", |app| app.revision == commit && app.sync == "Synced").await;
    };
    let first = fixture.commit_files(&[("charts/app/templates/web.yaml", deployment)]).await;
    fixture.sync(&json!({ "prune": true })).await;
    compared(first).await;
    fixture.until("running", |app| app.images == [image("old")] && app.health == "Healthy").await;
    let second = fixture.commit(&values("new")).await;
    fixture.sync(&json!({})).await;
    fixture.until("live", |app| app.images == [image("new")] && app.health == "Healthy").await;
    let tree = fixture.get("/api/v1/applications/dev/resource-tree").await;
    assert!(tree["nodes"].as_array().unwrap().iter().all(|node| node["kind"] != "Rollout"), "{tree}");
    compared(second).await;
    fixture.commit(&values("nowhere")).await;
    fixture.sync(&json!({})).await;
    fixture.until("degraded", |app| app.health == "Degraded").await;
    let app = fixture.app().await;
    let health = &of(&app["status"]["resources"], "Deployment", "web")["health"];
    assert_eq!(health["message"], "Deployment \"web\" exceeded its progress deadline");
}
