//! Labels, timeline, comments, pages, deployments, and a pull request's own life.

use serde_json::{Value, json};

use super::{Fixture, SLUG};

#[tokio::test]
async fn labels_come_with_who_and_when() {
    let fixture = Fixture::new().await;
    fixture.github().add_label(SLUG, 1, "approval", "maria");
    let timeline = fixture.get("issues/1/timeline").await;
    let labeled = timeline.as_array().unwrap().iter().find(|event| event["event"] == "labeled").unwrap();
    assert_eq!(
        (&labeled["actor"]["login"], &labeled["label"]["name"]),
        (&json!("maria"), &json!("approval"))
    );
    assert!(labeled["created_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(timeline[0]["event"], "committed");
    let events = fixture.get("issues/1/events").await;
    assert_eq!(events.as_array().unwrap().len(), 1, "commits are no issue events");
    let hook = fixture.github().events(SLUG).into_iter().rfind(|event| event.action == "labeled").unwrap();
    assert_eq!((hook.name.as_str(), &hook.payload["label"]["name"]), ("pull_request", &json!("approval")));
    assert_eq!(hook.payload["sender"]["login"], "maria");
    assert_eq!(hook.payload["pull_request"]["labels"][0]["name"], "approval");
    assert_eq!(hook.payload["repository"]["full_name"], SLUG);
    let payload = fixture.github().event_payload(SLUG, 1, "labeled", "maria", Some("approval")).unwrap();
    assert_eq!(payload["pull_request"]["base"]["ref"], "dev");
}

#[tokio::test]
async fn labels_are_added_and_removed_over_the_api() {
    let fixture = Fixture::new().await;
    let (status, body) = fixture.call("POST", "issues/1/labels", json!({ "labels": ["a", "b c"] })).await;
    assert_eq!((status, body.as_array().unwrap().len()), (200, 2));
    assert_eq!(fixture.call("DELETE", "issues/1/labels/b%20c", Value::Null).await.0, 200);
    assert_eq!(fixture.get("issues/1/labels").await[0]["name"], "a");
    let (status, body) = fixture.call("DELETE", "issues/1/labels/b%20c", Value::Null).await;
    assert_eq!((status, body["message"].as_str().unwrap()), (404, "Label does not exist"));
}

#[tokio::test]
async fn comments_are_edited_in_place() {
    let fixture = Fixture::new().await;
    let (status, made) = fixture.call("POST", "issues/1/comments", json!({ "body": "one" })).await;
    assert_eq!((status, made["user"]["login"].as_str()), (201, Some("github-actions[bot]")));
    let path = format!("issues/comments/{}", made["id"]);
    assert_eq!(fixture.call("PATCH", &path, json!({ "body": "two" })).await.0, 200);
    assert_eq!(fixture.github().pull(SLUG, 1).unwrap().comments, ["two"]);
    assert_eq!(fixture.get("issues/1/comments").await[0]["body"], "two");
    assert_eq!(fixture.call("POST", "issues/1/comments", json!({})).await.0, 422);
    assert_eq!(fixture.call("POST", "issues/9/comments", json!({ "body": "x" })).await.0, 404);
}

#[tokio::test]
async fn lists_have_pages() {
    let fixture = Fixture::new().await;
    for n in 0..5 {
        fixture.github().add_comment(SLUG, 1, "alice", &n.to_string());
    }
    let response = fixture.send("GET", "issues/1/comments?per_page=2&page=2", None).await;
    let link = response.headers()["link"].to_str().unwrap().to_owned();
    for rel in ["prev", "next", "last", "first"] {
        assert!(link.contains(&format!("rel=\"{rel}\"")), "{link}");
    }
    assert!(link.contains("per_page=2&page=3>; rel=\"next\""), "{link}");
    let body: Value = response.json().await.unwrap();
    assert_eq!((&body[0]["body"], body.as_array().unwrap().len()), (&json!("2"), 2));
    let last = fixture.send("GET", "issues/1/comments?per_page=2&page=3", None).await;
    assert!(!last.headers()["link"].to_str().unwrap().contains("next"));
}

#[tokio::test]
async fn pulls_are_opened_listed_changed_and_closed() {
    let fixture = Fixture::new().await;
    let new = json!({ "title": "again", "head": "feature/hello", "base": "dev" });
    let (status, body) = fixture.call("POST", "pulls", new).await;
    assert_eq!(status, 422);
    assert_eq!(body["errors"][0]["message"], "A pull request already exists for org:feature/hello.");
    let (status, body) =
        fixture.call("POST", "pulls", json!({ "title": "x", "head": "main", "base": "dev" })).await;
    assert_eq!(
        (status, body["errors"][0]["message"].as_str()),
        (422, Some("No commits between dev and main"))
    );
    let new = json!({ "title": "Sync", "head": "org:feature/hello", "base": "prod", "body": "b" });
    let (status, made) = fixture.call("POST", "pulls", new).await;
    assert_eq!((status, made["number"].as_u64()), (201, Some(2)));
    let found = fixture.get("pulls?head=org:feature/hello&base=prod&state=open").await;
    assert_eq!((found.as_array().unwrap().len(), &found[0]["number"]), (1, &json!(2)));
    assert!(found[0].get("mergeable").is_none(), "lists do not have it");
    let (_, changed) = fixture.call("PATCH", "pulls/2", json!({ "title": "New", "state": "closed" })).await;
    assert_eq!((&changed["title"], &changed["state"]), (&json!("New"), &json!("closed")));
    assert_eq!(fixture.get("pulls?state=closed").await[0]["number"], 2);
    let files = fixture.get("pulls/1/files").await;
    assert_eq!((&files[0]["filename"], &files[0]["additions"]), (&json!("hello.py"), &json!(1)));
}

#[tokio::test]
async fn deployments_and_their_statuses() {
    let fixture = Fixture::new().await;
    let sha = fixture.sha("dev").await;
    let new = json!({ "ref": sha, "environment": "dev", "required_contexts": [], "auto_merge": false });
    let (status, first) = fixture.call("POST", "deployments", new.clone()).await;
    assert_eq!((status, first["sha"].as_str()), (201, Some(sha.as_str())));
    let success = json!({ "state": "success", "description": "ok" });
    let path = |deployment: &Value| format!("deployments/{}/statuses", deployment["id"]);
    assert_eq!(fixture.call("POST", &path(&first), success.clone()).await.0, 201);
    let (_, second) = fixture.call("POST", "deployments", new).await;
    fixture.call("POST", &path(&second), success).await;
    assert_eq!(fixture.get(&path(&first)).await[0]["state"], "inactive");
    let listed = fixture.get(&format!("deployments?environment=dev&sha={sha}")).await;
    assert_eq!(listed[0]["id"], second["id"], "newest first");
    assert_eq!(fixture.call("POST", &path(&first), json!({ "state": "great" })).await.0, 422);
    let head = fixture.sha("feature/hello").await;
    fixture.github().set_status(SLUG, &head, "ci", "pending").await.unwrap();
    let (status, body) = fixture.call("POST", "deployments", json!({ "ref": head })).await;
    assert_eq!(status, 409);
    assert_eq!(body["errors"][0]["contexts"][0]["context"], "ci");
}
