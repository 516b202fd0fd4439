//! Branches and pull requests that are made, by two APIs or two callers at once.

use serde_json::{Value, json};

use super::{Fixture, SLUG};
use crate::github::BranchRules;

const CREATE: &str =
    "mutation($input: CreateRefInput!) { createRef(input: $input) { ref { name target { oid } } } }";

async fn create_ref(fixture: &Fixture, name: &str, sha: &str) -> Value {
    let id = fixture.get(&format!("/repos/{SLUG}")).await["node_id"].clone();
    let input = json!({ "repositoryId": id, "name": format!("refs/heads/{name}"), "oid": sha });
    fixture.graphql(CREATE, json!({ "input": input })).await
}

#[tokio::test]
async fn rules_hold_for_new_branches_by_either_api() {
    let fixture = Fixture::new().await;
    let sha = fixture.sha("dev").await;
    fixture.github().add_rules(SLUG, BranchRules::pull_requests_only("release/*"));
    let body = json!({ "ref": "refs/heads/release/1", "sha": sha });
    let (status, rest) = fixture.call("POST", "git/refs", body).await;
    let reply = create_ref(&fixture, "release/1", &sha).await;
    assert_eq!((status, &reply["data"]["createRef"]), (422, &Value::Null));
    assert_eq!(reply["errors"][0]["message"], rest["message"]);
    assert_eq!(fixture.github().branch_sha(SLUG, "release/1").await, None);
    let reply = create_ref(&fixture, "feature/a", &sha).await;
    assert_eq!(reply["data"]["createRef"]["ref"]["target"]["oid"], sha, "{reply}");
    let reply = create_ref(&fixture, "feature/a", &sha).await;
    let text = "A ref named \"refs/heads/feature/a\" already exists in the repository.";
    assert_eq!(reply["errors"][0]["message"], text);
}

#[tokio::test]
async fn a_new_branch_cannot_bring_a_workflow_file_by_either_api() {
    let fixture = Fixture::new().await;
    let path = ".github/workflows/new.yml";
    let entry = json!({ "path": path, "mode": "100644", "type": "blob", "content": "on: push\n" });
    let (_, tree) = fixture.call("POST", "git/trees", json!({ "tree": [entry] })).await;
    let body = json!({ "message": "x", "tree": tree["sha"], "parents": [fixture.sha("dev").await] });
    let (_, commit) = fixture.call("POST", "git/commits", body).await;
    let sha = commit["sha"].as_str().unwrap();
    let (status, rest) = fixture.call("POST", "git/refs", json!({ "ref": "refs/heads/x", "sha": sha })).await;
    assert_eq!(status, 403, "{rest}");
    let reply = create_ref(&fixture, "x", sha).await;
    let error = &reply["errors"][0];
    assert_eq!((&error["type"], &error["message"]), (&json!("FORBIDDEN"), &rest["message"]), "{reply}");
    assert!(rest["message"].as_str().unwrap().contains(path), "{rest}");
}

#[tokio::test]
async fn two_callers_at_once_open_one_pull_request() {
    let fixture = Fixture::new().await;
    fixture.commit("feature/two", "two.py", "2\n").await;
    let open =
        || fixture.call("POST", "pulls", json!({ "title": "2", "head": "feature/two", "base": "dev" }));
    let (one, two, three, four) = tokio::join!(open(), open(), open(), open());
    let mut statuses = [one.0, two.0, three.0, four.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 422, 422, 422]);
    let refused = [one, two, three, four].into_iter().find(|(status, _)| *status == 422).unwrap().1;
    assert_eq!(refused["errors"][0]["message"], "A pull request already exists for org:feature/two.");
    assert_eq!(fixture.github().pulls(SLUG).len(), 2);
}
