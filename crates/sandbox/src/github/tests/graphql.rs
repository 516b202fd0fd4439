//! Snapshots, `createCommitOnBranch` and auto-merge over GraphQL, and mistakes in queries.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::{Fixture, SLUG};
use crate::github::{BranchRules, TokenSpec};

const COMMIT: &str = "mutation Commit($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { \
    commit { oid url message author { name user { login } } signature { isValid wasSignedByGitHub } } ref { name } } }";

fn input(head: &str, path: &str, text: &str) -> Value {
    json!({ "input": {
        "branch": { "repositoryNameWithOwner": SLUG, "branchName": "dev" },
        "expectedHeadOid": head,
        "message": { "headline": "Bump", "body": "Bump-Run: 7" },
        "fileChanges": { "additions": [{ "path": path, "contents": BASE64_STANDARD.encode(text) }] },
    } })
}

#[tokio::test]
async fn a_snapshot_reads_files_and_their_history_at_one_commit() {
    let fixture = Fixture::new().await;
    let sha = fixture.commit("dev", "values/dev.values.yaml", "image:\n  tag: new\n").await;
    let query = "query($o: String!, $n: String!, $r: String!, $p: String!) { repository(owner: $o, name: $n) { \
        ref(qualifiedName: $r) { name target { ... on Commit { oid history(first: 1, path: $p) { nodes { oid message } } \
        f0: file(path: $p) { mode oid type path object { ... on Blob { byteSize isBinary isTruncated text oid } } } \
        f1: file(path: \"nope\") { oid } } } } } }";
    let variables =
        json!({ "o": "org", "n": "day2-product", "r": "refs/heads/dev", "p": "values/dev.values.yaml" });
    let reply = fixture.graphql(query, variables).await;
    let target = &reply["data"]["repository"]["ref"]["target"];
    assert_eq!(reply["data"]["repository"]["ref"]["name"], "dev");
    assert_eq!(target["oid"], sha);
    assert_eq!(target["f0"]["mode"], 0o100_644);
    assert_eq!((&target["f0"]["type"], &target["f1"]), (&json!("blob"), &Value::Null));
    assert_eq!(target["f0"]["object"]["text"], "image:\n  tag: new\n");
    assert_eq!(target["f0"]["object"]["byteSize"], 18);
    assert_eq!(target["f0"]["object"]["oid"], target["f0"]["oid"]);
    assert_eq!(target["history"]["nodes"], json!([{ "oid": sha, "message": "change" }]));
    assert!(reply.get("errors").is_none());
}

#[tokio::test]
async fn a_commit_on_a_branch_is_signed_and_seen_by_rest() {
    let fixture = Fixture::new().await;
    let head = fixture.sha("dev").await;
    let reply = fixture.graphql(COMMIT, input(&head, "values/dev.values.yaml", "image:\n  tag: new\n")).await;
    let commit = &reply["data"]["createCommitOnBranch"]["commit"];
    assert_eq!(commit["signature"], json!({ "isValid": true, "wasSignedByGitHub": true }), "{reply}");
    assert_eq!(commit["author"]["user"]["login"], "github-actions[bot]");
    assert_eq!(commit["message"], "Bump\n\nBump-Run: 7");
    assert_eq!(reply["data"]["createCommitOnBranch"]["ref"]["name"], "dev");
    let sha = commit["oid"].as_str().unwrap();
    assert_eq!(fixture.get("git/ref/heads/dev").await["object"]["sha"], sha);
    let email = fixture.get(&format!("git/commits/{sha}")).await["author"]["email"].clone();
    assert_eq!(email, "41898282+github-actions[bot]@users.noreply.github.com");
    let paths = fixture.github().changed_paths(SLUG, &head, sha).await.unwrap();
    assert_eq!(paths, ["values/dev.values.yaml"]);
}

#[tokio::test]
async fn a_moved_branch_is_stale_data() {
    let fixture = Fixture::new().await;
    let head = fixture.sha("dev").await;
    fixture.commit("dev", "x", "x").await;
    let reply = fixture.graphql(COMMIT, input(&head, "a", "a")).await;
    let error = &reply["errors"][0];
    assert_eq!(error["type"], "STALE_DATA");
    assert_eq!(error["path"], json!(["createCommitOnBranch"]));
    let text = format!("Expected branch to point to \"{head}\" but it did not.  Pull and try again.");
    assert_eq!(error["message"], text);
    assert_eq!(reply["data"]["createCommitOnBranch"], Value::Null);
}

#[tokio::test]
async fn a_race_is_stale_data_once() {
    let fixture = Fixture::new().await;
    let head = fixture.sha("dev").await;
    fixture.github().commit_before_next_update(SLUG, "dev", "maria", "Race", &[("race.py", b"x")]);
    let reply = fixture.graphql(COMMIT, input(&head, "a", "a")).await;
    assert_eq!(reply["errors"][0]["type"], "STALE_DATA");
    let head = fixture.sha("dev").await;
    let reply = fixture.graphql(COMMIT, input(&head, "a", "a")).await;
    assert!(reply.get("errors").is_none(), "{reply}");
    assert!(fixture.github().read_file(SLUG, "dev", "race.py").await.is_some());
}

#[tokio::test]
async fn of_concurrent_commits_one_wins() {
    let fixture = Fixture::new().await;
    let head = fixture.sha("dev").await;
    let commit = |n: u32| fixture.graphql(COMMIT, input(&head, &format!("{n}"), "x"));
    let replies = futures_util::future::join_all((0..5).map(commit)).await;
    let won = replies.iter().filter(|reply| reply.get("errors").is_none()).count();
    assert_eq!(won, 1);
}

#[tokio::test]
async fn files_are_removed_and_what_is_not_there_cannot_be() {
    let fixture = Fixture::new().await;
    let head = fixture.sha("dev").await;
    let mut variables = input(&head, "a", "a");
    variables["input"]["fileChanges"]["deletions"] = json!([{ "path": "nope" }]);
    let reply = fixture.graphql(COMMIT, variables.clone()).await;
    assert!(reply["errors"][0]["message"].as_str().unwrap().contains("does not exist as of commit oid"));
    variables["input"]["fileChanges"]["deletions"] = json!([{ "path": "app.py" }]);
    assert!(fixture.graphql(COMMIT, variables).await.get("errors").is_none());
    assert!(fixture.github().read_file(SLUG, "dev", "app.py").await.is_none());
}

#[tokio::test]
async fn rules_and_permissions_hold() {
    let fixture = Fixture::new().await;
    let head = fixture.sha("dev").await;
    fixture.github().add_rules(SLUG, BranchRules::pull_requests_only("dev"));
    let reply = fixture.graphql(COMMIT, input(&head, "a", "a")).await;
    assert_eq!(reply["errors"][0]["type"], "UNPROCESSABLE");
    let text = reply["errors"][0]["message"].as_str().unwrap().to_owned();
    assert!(text.starts_with("Repository rule violations found\n\nChanges must be made"), "{text}");
    fixture.github().clear_rules(SLUG);
    let reply = fixture.graphql(COMMIT, input(&head, ".github/workflows/x.yml", "a")).await;
    assert_eq!(reply["errors"][0]["type"], "FORBIDDEN");
    let read = fixture.github().token(TokenSpec::new("github-actions[bot]", &[("contents", "read")]));
    let body = json!({ "query": COMMIT, "variables": input(&head, "a", "a") });
    let (status, reply) = super::unpack(fixture.send_as(&read, "POST", "/graphql", Some(body)).await).await;
    assert_eq!((status, reply["errors"][0]["type"].as_str()), (200, Some("FORBIDDEN")));
    assert_eq!(reply["errors"][0]["message"], "Resource not accessible by integration");
    assert_eq!(fixture.sha("dev").await, head);
}

#[tokio::test]
async fn mistakes_in_a_query_are_named() {
    let fixture = Fixture::new().await;
    let reply =
        fixture.graphql("{ repository(owner: \"org\", name: \"day2-product\") { nope } }", json!({})).await;
    let error = &reply["errors"][0];
    assert_eq!(error["message"], "Field 'nope' doesn't exist on type 'Repository'");
    assert_eq!(error["extensions"]["code"], "undefinedField");
    assert_eq!(error["path"], json!(["query", "repository", "nope"]));
    assert!(reply.get("data").is_none());
    let reply = fixture.graphql("{ repository(owner: \"org\", name: \"x\") { id } }", json!({})).await;
    assert_eq!(reply["errors"][0]["type"], "NOT_FOUND");
    assert_eq!(reply["errors"][0]["message"], "Could not resolve to a Repository with the name 'org/x'.");
    assert_eq!(reply["data"]["repository"], Value::Null);
    let reply = fixture.graphql("query($x: String!) { viewer { login } }", json!({})).await;
    let text = "Variable $x of type String! was provided invalid value";
    assert_eq!(reply["errors"][0]["message"], text);
    let reply = fixture.graphql("{ viewer }", json!({})).await;
    assert_eq!(reply["errors"][0]["extensions"]["code"], "selectionMismatch");
    let reply =
        fixture.send_as("", "POST", "/graphql", Some(json!({ "query": "{ viewer { login } }" }))).await;
    assert_eq!(reply.status(), 401);
}

#[tokio::test]
async fn auto_merge_waits_for_what_is_missing() {
    let fixture = Fixture::new().await;
    fixture.github().set_unknown_reads(SLUG, 0);
    let query = "{ repository(owner: \"org\", name: \"day2-product\") { pullRequest(number: 1) { id mergeable \
        mergeStateStatus state author { login } } } }";
    let pull = fixture.graphql(query, json!({})).await["data"]["repository"]["pullRequest"].clone();
    assert_eq!((&pull["mergeStateStatus"], &pull["author"]["login"]), (&json!("CLEAN"), &json!("alice")));
    let enable = "mutation($id: ID!) { enablePullRequestAutoMerge(input: { pullRequestId: $id, mergeMethod: MERGE }) { \
        pullRequest { autoMergeRequest { mergeMethod } } } }";
    let id = json!({ "id": pull["id"] });
    let reply = fixture.graphql(enable, id.clone()).await;
    assert_eq!(reply["errors"][0]["message"], "Auto merge is not allowed for this repository");
    fixture.github().allow_auto_merge(SLUG, true);
    let reply = fixture.graphql(enable, id.clone()).await;
    assert!(reply["errors"][0]["message"].as_str().unwrap().contains("is in clean status"));
    let rules =
        BranchRules { pattern: "dev".into(), required_checks: vec!["ci".into()], ..BranchRules::default() };
    fixture.github().add_rules(SLUG, rules);
    let reply = fixture.graphql(enable, id).await;
    let shown = &reply["data"]["enablePullRequestAutoMerge"]["pullRequest"]["autoMergeRequest"];
    assert_eq!(shown["mergeMethod"], "MERGE", "{reply}");
    let head = fixture.sha("feature/hello").await;
    fixture.github().set_status(SLUG, &head, "ci", "success").await.unwrap();
    assert!(fixture.github().pull(SLUG, 1).unwrap().merged);
}
