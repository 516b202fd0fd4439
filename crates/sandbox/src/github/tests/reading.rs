//! Commits, trees and blobs, read and made by hand.

use serde_json::{Value, json};

use super::{Fixture, SLUG};

#[tokio::test]
async fn commits_blobs_and_trees() {
    let fixture = Fixture::new().await;
    let sha = fixture.sha("feature/hello").await;
    let commit = fixture.get("commits/feature/hello").await;
    assert_eq!((&commit["sha"], &commit["files"][0]["filename"]), (&json!(sha), &json!("hello.py")));
    assert_eq!(commit["author"]["login"], "alice");
    let tree = fixture.get(&format!("git/trees/{sha}?recursive=1")).await;
    let entry = tree["tree"].as_array().unwrap().iter().find(|entry| entry["path"] == "hello.py").unwrap();
    let blob = fixture.get(&format!("git/blobs/{}", entry["sha"].as_str().unwrap())).await;
    assert_eq!((&blob["content"], &blob["encoding"]), (&json!("aGVsbG8K\n"), &json!("base64")));
    assert_eq!(fixture.get(&format!("git/commits/{sha}")).await["message"], "Say hello");
    let (status, body) = fixture.call("GET", "commits/nope", Value::Null).await;
    assert_eq!((status, body["message"].as_str().unwrap()), (422, "No commit found for SHA: nope"));
    let (status, body) = fixture.call("GET", "branches/nope", Value::Null).await;
    assert_eq!((status, body["message"].as_str().unwrap()), (404, "Branch not found"));
    let found = fixture.get("commits?sha=feature/hello&path=hello.py").await;
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(fixture.get(&format!("commits/{sha}/pulls")).await[0]["number"], 1);
}

#[tokio::test]
async fn a_tree_and_a_commit_can_be_made_by_hand() {
    let fixture = Fixture::new().await;
    let head = fixture.sha("dev").await;
    let base = fixture.get(&format!("git/commits/{head}")).await["tree"]["sha"].clone();
    let entries = json!([
        { "path": "run.sh", "mode": "100755", "type": "blob", "content": "#!/bin/sh\n" },
        { "path": "app.py", "mode": "100644", "type": "blob", "sha": null },
    ]);
    let (status, tree) =
        fixture.call("POST", "git/trees", json!({ "base_tree": base, "tree": entries })).await;
    assert_eq!(status, 201, "{tree}");
    let new = json!({ "message": "By hand", "tree": tree["sha"], "parents": [head] });
    let (status, commit) = fixture.call("POST", "git/commits", new).await;
    assert_eq!((status, commit["verification"]["verified"].as_bool()), (201, Some(true)));
    let (status, _) = fixture.call("PATCH", "git/refs/heads/dev", json!({ "sha": commit["sha"] })).await;
    assert_eq!(status, 200);
    assert!(fixture.github().read_file(SLUG, "dev", "app.py").await.is_none());
    let tree = fixture.get("git/trees/dev").await;
    let run = tree["tree"].as_array().unwrap().iter().find(|entry| entry["path"] == "run.sh").unwrap();
    assert_eq!(run["mode"], "100755");
}

#[tokio::test]
async fn the_repository_and_what_is_not_built() {
    let fixture = Fixture::new().await;
    let shown = fixture.get(&format!("/repos/{SLUG}")).await;
    assert_eq!((&shown["full_name"], &shown["default_branch"]), (&json!(SLUG), &json!("main")));
    assert_eq!((&shown["private"], &shown["visibility"]), (&json!(true), &json!("private")));
    assert_eq!(fixture.call("GET", "milestones", Value::Null).await.0, 404);
    assert_eq!(fixture.call("GET", "pulls/x", Value::Null).await.0, 404);
    assert_eq!(fixture.call("DELETE", "pulls/1", Value::Null).await.0, 404);
    let nothing = fixture.send("GET", "/nothing", None).await;
    assert!(nothing.status() == 404 && nothing.headers().contains_key("x-github-request-id"));
    assert!(fixture.get("/rate_limit").await["resources"]["core"]["remaining"].is_u64());
    let url = format!("{}/repos/{SLUG}/pulls", fixture.sandbox.world().urls.github);
    let reply = fixture.client.post(url).bearer_auth(&fixture.token).body("{").send().await.unwrap();
    assert_eq!(reply.status(), 400);
}
