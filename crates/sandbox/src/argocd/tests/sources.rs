use super::*;
use crate::argocd::Source;

/// The chart from the branch `main`, and its values from the branch `dev`.
fn two_sources(spec: &mut AppSpec) {
    let source = |target: &str| Source {
        repo_url: spec.repo_url.clone(),
        target_revision: target.into(),
        ..Source::default()
    };
    let chart = Source {
        path: "charts/app".into(),
        release_name: "product".into(),
        value_files: vec!["$values/values/dev.values.yaml".into()],
        ..source("main")
    };
    spec.sources = vec![chart, Source { reference: "values".into(), ..source("dev") }];
}

#[tokio::test]
async fn values_come_from_another_source() {
    let fixture = Fixture::new().await;
    fixture.argocd().configure("dev", two_sources);
    let chart = fixture.snapshot().revision;
    let sha = fixture.commit(&values("new")).await;
    let body = json!({ "revisions": [sha], "sourcePositions": [2] });
    let app: Value = fixture.sync(&body).await.json().await.unwrap();
    assert_eq!(app["operation"]["sync"]["revisions"], json!([chart, sha]));
    assert_eq!(app["operation"]["sync"]["sources"][1]["targetRevision"], json!(sha));
    assert_eq!(app["operation"]["sync"]["source"], Value::Null);
    let end = fixture.until("live", |app| app.images == [image("new")] && !app.in_progress).await;
    assert_eq!(end.revisions, [chart.clone(), sha.clone()]);
    let app = fixture.app().await;
    let result = &app["status"]["operationState"]["syncResult"];
    assert_eq!((&result["revision"], &result["revisions"]), (&json!(""), &json!([chart, sha])));
    assert_eq!(app["status"]["sync"]["revisions"], json!([chart, sha]));
    assert_eq!(app["status"]["history"][1]["revisions"], json!([chart, sha]));
    assert_eq!(app["status"]["sourceTypes"], json!(["Helm", ""]));
    assert_eq!(app["spec"]["sources"][1]["ref"], "values");
}

#[tokio::test]
async fn positions_and_references_that_are_none_are_refused() {
    let fixture = Fixture::new().await;
    fixture.argocd().configure("dev", two_sources);
    let reply = fixture.sync(&json!({ "revisions": ["dev"], "sourcePositions": [3] })).await;
    assert_eq!(refusal(reply).await, (500, 2, "source position is out of range".into()));
    fixture.argocd().configure("dev", |spec| spec.automated = true);
    // Unlike with one source.
    let reply = fixture.sync(&json!({ "revisions": ["main"], "sourcePositions": [2] })).await;
    assert_eq!(reply.status(), 200);
    fixture.ended().await;
    fixture.argocd().configure("dev", |spec| spec.sources[1].reference = "other".into());
    let app = fixture.get("/api/v1/applications/dev?refresh=normal").await;
    let text = app["status"]["conditions"][0]["message"].as_str().unwrap();
    assert!(text.contains("source 1 of 2") && text.contains("\"$values\""), "{text}");
}

#[tokio::test]
async fn a_directory_of_manifests_is_a_source_too() {
    let fixture = Fixture::new().await;
    fixture.commit_files(&[("extra/config.yaml", CONFIG), ("extra/README.md", "x")]).await;
    fixture.argocd().configure("dev", |spec| {
        two_sources(spec);
        let extra = Source { path: "extra".into(), target_revision: "dev".into(), ..spec.sources[1].clone() };
        spec.sources.push(Source { reference: String::new(), ..extra });
    });
    fixture.sync(&json!({})).await;
    let app = fixture.ended().await;
    assert_eq!(app["status"]["operationState"]["phase"], "Succeeded");
    assert!(fixture.snapshot().objects.contains(&"ConfigMap/extra".to_owned()));
}

const CONFIG: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: extra\n";
