use super::*;
use crate::argocd::SyncWindow;

#[tokio::test]
async fn sessions() {
    let fixture = Fixture::new().await;
    let call = |token: &str| fixture.anonymous("GET", "/api/v1/applications/dev").bearer_auth(token).send();
    let reply = fixture.anonymous("GET", "/api/v1/applications/dev").send().await.unwrap();
    assert_eq!(refusal(reply).await, (401, 16, "no session information".into()));
    let reply = call("nonsense").await.unwrap();
    assert_eq!(refusal(reply).await, (401, 16, "no session information".into()));
    fixture.argocd().add_user("maria", "secret", &["applications, get, *"]);
    let wrong = fixture.anonymous("POST", "/api/v1/session").body(r#"{"username":"maria","password":"x"}"#);
    assert_eq!(refusal(wrong.send().await.unwrap()).await, (401, 16, "Invalid username or password".into()));
    let right =
        fixture.anonymous("POST", "/api/v1/session").body(r#"{"username":"maria","password":"secret"}"#);
    let session: Value = right.send().await.unwrap().json().await.unwrap();
    let token = session["token"].as_str().unwrap().to_owned();
    assert_eq!(call(&token).await.unwrap().status(), 200);
    let info = fixture.anonymous("GET", "/api/v1/session/userinfo").bearer_auth(&token).send().await.unwrap();
    assert_eq!(info.json::<Value>().await.unwrap()["username"], "maria");
    let other = fixture.argocd().add_pipeline_token("ci");
    fixture.argocd().revoke_token(&other);
    let (_, _, text) = refusal(call(&other).await.unwrap()).await;
    assert!(text.starts_with("invalid session: account ci does not have token with id "), "{text}");
    fixture.argocd().expire_tokens();
    let text = "invalid session: token has invalid claims: token is expired";
    assert_eq!(refusal(call(&token).await.unwrap()).await, (401, 16, text.into()));
}

#[tokio::test]
async fn a_missing_application_is_denied_unless_its_project_is_named() {
    let fixture = Fixture::new().await;
    let get = async |path: &str| refusal(fixture.call("GET", path).send().await.unwrap()).await;
    let denied = (403, 7, "permission denied".to_owned());
    assert_eq!(get("/api/v1/applications/none").await, denied);
    let missing = (404, 5, "applications.argoproj.io \"none\" not found".to_owned());
    assert_eq!(get("/api/v1/applications/none?project=default").await, missing);
    assert_eq!(get("/api/v1/applications/dev?project=other").await.0, 404);
    assert_eq!(get("/api/v1/applications/dev?appNamespace=elsewhere").await, denied);
}

#[tokio::test]
async fn a_sync_needs_the_right_to_sync() {
    let mut fixture = Fixture::new().await;
    fixture.token = fixture.argocd().add_token("reader", &["applications, get, default/*"]);
    let (status, code, text) = refusal(fixture.sync(&json!({})).await).await;
    assert_eq!((status, code), (403, 7));
    assert!(
        text.starts_with("permission denied: applications, sync, default/dev, sub: reader, iat: 2"),
        "{text}"
    );
    for (action, answer) in [("sync", "no"), ("get", "yes")] {
        let path = format!("/api/v1/account/can-i/applications/{action}/default/dev");
        assert_eq!(fixture.get(&path).await["value"], answer);
    }
    fixture.token = fixture.argocd().add_token("nobody", &[]);
    assert_eq!(fixture.get("/api/v1/applications").await["items"], Value::Null);
}

#[tokio::test]
async fn windows_finalizers_and_content_types() {
    let fixture = Fixture::new().await;
    fixture.argocd().set_sync_windows("dev", vec![SyncWindow::deny()]);
    let text = "cannot sync: blocked by sync window";
    assert_eq!(refusal(fixture.sync(&json!({})).await).await, (403, 7, text.into()));
    assert_eq!(fixture.get("/api/v1/applications/dev/syncwindows").await["canSync"], json!(false));
    let reply = fixture.call("GET", "/api/v1/projects/default").send().await.unwrap();
    assert_eq!(refusal(reply).await.0, 403);
    let token = fixture.argocd().add_token("ci", &["projects, get, default"]);
    let project =
        fixture.anonymous("GET", "/api/v1/projects/default").bearer_auth(token).send().await.unwrap();
    let project: Value = project.json().await.unwrap();
    assert_eq!(project["spec"]["syncWindows"][0]["applications"], json!(["dev"]));
    fixture.argocd().set_sync_windows("dev", Vec::new());
    fixture.argocd().mark_deleting("dev");
    assert_eq!(refusal(fixture.sync(&json!({})).await).await, (400, 9, "application is deleting".into()));
    let url = format!("{}/api/v1/applications/dev/operation", fixture.sandbox.world().urls.argocd);
    let reply = fixture.client.delete(url).bearer_auth(&fixture.token).send().await.unwrap();
    assert_eq!(
        (reply.status().as_u16(), reply.text().await.unwrap().as_str()),
        (415, "Invalid content type\n")
    );
}

#[tokio::test]
async fn auto_sync_keeps_to_the_windows_too() {
    let fixture = Fixture::new().await;
    fixture.argocd().configure("dev", |spec| spec.automated = true);
    let deny = SyncWindow { manual_sync: true, ..SyncWindow::deny() };
    fixture.argocd().set_sync_windows("dev", vec![deny]);
    fixture.commit(&values("new")).await;
    let app = fixture.get("/api/v1/applications/dev?refresh=normal").await;
    assert_eq!(
        (&app["status"]["sync"]["status"], &app["operation"], &app["status"]["operationState"]),
        (&json!("OutOfSync"), &Value::Null, &Value::Null)
    );
    assert_eq!(fixture.sync(&json!({})).await.status(), 200);
}

#[tokio::test]
async fn lists_are_filtered() {
    let fixture = Fixture::new().await;
    let spec = AppSpec { labels: [("team".into(), "b".into())].into(), ..AppSpec::product("other", "x") };
    fixture.argocd().add_application(AppSpec { project: "second".into(), ..spec });
    let names = async |query: &str| {
        let list = fixture.get(&format!("/api/v1/applications?fields=items.metadata.name&{query}")).await;
        let items = list["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["metadata"]["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("").await, ["dev", "other"]);
    assert_eq!(names("selector=team=b").await, ["other"]);
    assert_eq!(names("projects=default").await, ["dev"]);
    assert_eq!(names("repo=https://github.com/org/day2-product.git").await, ["dev"]);
    let reply = fixture.call("GET", "/api/v1/nothing").send().await.unwrap();
    assert_eq!((reply.status().as_u16(), reply.text().await.unwrap().as_str()), (404, "Not Found\n"));
    let under = fixture.get("/argocd/api/version").await;
    assert_eq!(under["Version"], "v3.2.11+sandbox");
}
