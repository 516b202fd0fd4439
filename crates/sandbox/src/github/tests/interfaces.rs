//! Where the interfaces are, which version of them answers, and teams.

use serde_json::{Value, json};

use super::{Fixture, SLUG};
use crate::github::TokenSpec;

#[tokio::test]
async fn an_enterprise_server_has_a_prefix() {
    let fixture = Fixture::new().await;
    let repository = format!("/api/v3/repos/{SLUG}");
    assert_eq!(fixture.get(&format!("{repository}/pulls/1")).await["number"], 1);
    let labels = json!({ "labels": ["x"] });
    let (status, _) = fixture.call("POST", &format!("{repository}/issues/1/labels"), labels).await;
    assert_eq!(status, 200);
    let query = json!({ "query": "{ viewer { login } }" });
    let (_, reply) = fixture.call("POST", "/api/graphql", query).await;
    assert_eq!(reply["data"]["viewer"]["login"], "github-actions[bot]");
    assert_eq!(fixture.call("GET", "/api/v3", Value::Null).await.0, 404);
}

#[tokio::test]
async fn the_next_version_drops_fields() {
    let fixture = Fixture::new().await;
    fixture.github().answer_as_next_version(true);
    fixture.call("PUT", "pulls/1/merge", json!({})).await;
    for path in ["pulls/1", "pulls?state=closed"] {
        let shown = fixture.get(path).await.to_string();
        for field in ["merge_commit_sha", "\"assignee\"", "has_downloads"] {
            assert!(!shown.contains(field), "{path} has {field}");
        }
        assert!(shown.contains("\"assignees\""), "{path}");
    }
    fixture.github().answer_as_next_version(false);
    assert!(fixture.get("pulls/1").await["merge_commit_sha"].is_string());
}

#[tokio::test]
async fn teams_are_for_tokens_that_may_see_members() {
    let fixture = Fixture::new().await;
    let github = fixture.github();
    github.add_team_member("org", "release", "maria", true);
    github.add_team_member("org", "release", "eve", false);
    let path = |login: &str| format!("/orgs/org/teams/release/memberships/{login}");
    let denied = fixture.send("GET", &path("maria"), None).await;
    assert_eq!(denied.headers()["x-accepted-github-permissions"], "members=read");
    assert_eq!(denied.status(), 403);
    let token = github.token(TokenSpec::new("deploy[bot]", &[("members", "read")]));
    for (login, status, state) in
        [("maria", 200, json!("active")), ("eve", 200, json!("pending")), ("alice", 404, Value::Null)]
    {
        let reply = fixture.send_as(&token, "GET", &path(login), None).await;
        assert_eq!(reply.status(), status, "{login}");
        assert_eq!(reply.json::<Value>().await.unwrap()["state"], state, "{login}");
    }
}
