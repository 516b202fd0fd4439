//! Who may do what, and how GitHub says no.

use serde_json::{Value, json};

use super::{Fixture, SLUG, unpack};
use crate::github::{Role, TokenSpec};

#[tokio::test]
async fn a_missing_permission_is_403_and_names_what_would_do() {
    let fixture = Fixture::new().await;
    let read = fixture.github().token(TokenSpec::new("github-actions[bot]", &[("contents", "read")]));
    let response = fixture.send_as(&read, "PUT", "pulls/1/merge", Some(json!({}))).await;
    assert_eq!(response.headers()["x-accepted-github-permissions"], "contents=write");
    assert!(response.headers().contains_key("x-github-request-id"));
    let (status, body) = unpack(response).await;
    assert_eq!(status, 403);
    assert_eq!(body["message"], "Resource not accessible by integration");
    assert_eq!(body["status"], "403");
    let response = fixture.send_as(&read, "POST", "issues/1/labels", Some(json!({ "labels": ["a"] }))).await;
    assert_eq!(response.headers()["x-accepted-github-permissions"], "issues=write; pull_requests=write");
    assert_eq!(fixture.send_as(&read, "GET", "pulls/1", None).await.status(), 200);
}

#[tokio::test]
async fn a_token_that_is_none_is_401() {
    let fixture = Fixture::new().await;
    let (status, body) = unpack(fixture.send_as("ghs_wrong", "GET", "pulls/1", None).await).await;
    assert_eq!((status, body["message"].as_str().unwrap()), (401, "Bad credentials"));
    fixture.github().revoke(&fixture.token);
    assert_eq!(fixture.call("GET", "pulls/1", Value::Null).await.0, 401);
}

#[tokio::test]
async fn what_a_token_does_not_reach_is_404() {
    let fixture = Fixture::new().await;
    let elsewhere = TokenSpec::new("github-actions[bot]", &[("contents", "write")]).only(&["org/other"]);
    let elsewhere = fixture.github().token(elsewhere);
    let (status, body) = unpack(fixture.send_as(&elsewhere, "GET", "", None).await).await;
    assert_eq!((status, body["message"].as_str().unwrap()), (404, "Not Found"));
    let url = format!("/repos/{SLUG}");
    assert_eq!(fixture.send_as(&elsewhere, "GET", &url, None).await.status(), 404);
    assert_eq!(fixture.send_as("", "GET", &url, None).await.status(), 404);
    fixture.github().set_public(SLUG, true);
    assert_eq!(fixture.send_as("", "GET", &url, None).await.status(), 200);
    assert_eq!(fixture.send_as(&elsewhere, "GET", &url, None).await.status(), 200);
    let merge = fixture.send_as("", "PUT", "pulls/1/merge", None).await;
    assert_eq!(merge.status(), 401);
}

#[tokio::test]
async fn a_person_never_exceeds_the_role() {
    let fixture = Fixture::new().await;
    let mallory =
        fixture.github().token(TokenSpec::new("mallory", &[("contents", "write"), ("issues", "write")]));
    let (status, body) =
        unpack(fixture.send_as(&mallory, "PUT", "pulls/1/merge", Some(json!({}))).await).await;
    assert_eq!(status, 403);
    assert_eq!(body["message"], "Resource not accessible by personal access token");
    let labels = Some(json!({ "labels": ["approval"] }));
    assert_eq!(fixture.send_as(&mallory, "POST", "issues/1/labels", labels).await.status(), 200);
    fixture.github().add_user("mallory", SLUG, Role::Write);
    assert_eq!(fixture.send_as(&mallory, "PUT", "pulls/1/merge", Some(json!({}))).await.status(), 200);
}

#[tokio::test]
async fn workflow_files_need_a_permission_of_their_own() {
    let fixture = Fixture::new().await;
    fixture.commit("feature/hello", super::WORKFLOW, "on: pull_request\n").await;
    let (status, body) = fixture.call("PUT", "pulls/1/merge", json!({})).await;
    assert_eq!(status, 403);
    let text = "refusing to allow a GitHub App to create or update workflow `.github/workflows/dev.yml` without `workflows` permission";
    assert_eq!(body["message"], text);
    let app = TokenSpec::new("deploy[bot]", &[("contents", "write"), ("workflows", "write")]);
    let app = fixture.github().token(app);
    assert_eq!(fixture.send_as(&app, "PUT", "pulls/1/merge", Some(json!({}))).await.status(), 200);
    // What is on a branch already may go to another one.
    let sha = fixture.sha("dev").await;
    assert_eq!(fixture.call("PATCH", "git/refs/heads/main", json!({ "sha": sha })).await.0, 200);
}

#[tokio::test]
async fn roles_are_reported_in_both_ways() {
    let fixture = Fixture::new().await;
    fixture.github().user("stranger");
    for (login, permission, role) in [
        ("alice", "write", "write"),
        ("maria", "write", "maintain"),
        ("mallory", "read", "triage"),
        ("stranger", "none", "none"),
    ] {
        let reply = fixture.get(&format!("collaborators/{login}/permission")).await;
        assert_eq!(
            (reply["permission"].as_str(), reply["role_name"].as_str()),
            (Some(permission), Some(role))
        );
    }
    let reply = fixture.get("collaborators/alice/permission").await;
    assert_eq!(reply["user"]["permissions"]["push"], true);
    let (status, body) = fixture.call("GET", "collaborators/nobody/permission", Value::Null).await;
    assert_eq!((status, body["message"].as_str().unwrap()), (404, "nobody is not a user"));
}

#[tokio::test]
async fn a_call_without_user_agent_or_with_another_version_is_refused() {
    let fixture = Fixture::new().await;
    let url = format!("{}/repos/{SLUG}", fixture.sandbox.world().urls.github);
    let bare = reqwest::Client::new();
    assert_eq!(bare.get(&url).bearer_auth(&fixture.token).send().await.unwrap().status(), 403);
    let other = fixture.client.get(&url).header("X-GitHub-Api-Version", "1999-01-01").send().await.unwrap();
    assert_eq!(other.status(), 400);
}
