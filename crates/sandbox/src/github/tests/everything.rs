//! Every operation and every field once. The assertions are few: what is asked and answered here is recorded, and
//! checked against GitHub's own schemas (`tests/schema`).

use serde_json::{Value, json};

use super::{Fixture, SLUG};
use crate::github::{BranchRules, Role, TokenSpec, graphql::everything::selection};

#[tokio::test]
async fn all_that_graphql_offers_is_there() {
    let fixture = Fixture::new().await;
    let github = fixture.github();
    github.set_unknown_reads(SLUG, 0);
    github.allow_auto_merge(SLUG, true);
    let rules =
        BranchRules { pattern: "dev".into(), required_checks: vec!["ci".into()], ..BranchRules::default() };
    github.add_rules(SLUG, rules);
    github.add_user("org", SLUG, Role::Admin);
    fixture.call("POST", "issues/1/labels", json!({ "labels": ["approval"] })).await;
    let head = fixture.sha("feature/hello").await;
    github.set_status(SLUG, &head, "ci", "pending").await.unwrap();
    let ask = async |query: &str, variables: Value| {
        let reply = fixture.graphql(query, variables).await;
        assert!(reply.get("errors").is_none(), "{reply}");
        reply["data"].clone()
    };
    let repository = selection("Repository");
    let query = format!("{{ repository(owner: \"org\", name: \"day2-product\") {repository} }}");
    let data = ask(&query, json!({})).await;
    assert_eq!(data["repository"]["pullRequest"]["author"]["__typename"], "User");
    let (account, limit) = (selection("User"), selection("RateLimit"));
    ask(&format!("{{ viewer {account} rateLimit {limit} }}"), json!({})).await;
    let mutate = async |name: &str, payload: &str, input: Value| {
        let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
        let selection = selection(payload);
        let query = format!("mutation($input: {kind}!) {{ {name}(input: $input) {selection} }}");
        ask(&query, json!({ "input": input })).await
    };
    let pull = json!({ "pullRequestId": data["repository"]["pullRequest"]["id"], "clientMutationId": "one" });
    mutate("enablePullRequestAutoMerge", "EnablePullRequestAutoMergePayload", pull.clone()).await;
    ask(&query, json!({})).await;
    mutate("disablePullRequestAutoMerge", "DisablePullRequestAutoMergePayload", pull.clone()).await;
    github.clear_rules(SLUG);
    github.add_rules(SLUG, BranchRules::merge_queue("dev"));
    let queued = mutate("enqueuePullRequest", "EnqueuePullRequestPayload", pull).await;
    assert_eq!(queued["enqueuePullRequest"]["mergeQueueEntry"]["position"], 1);
    ask(&query, json!({})).await;
    github.clear_rules(SLUG);
    let repository = &data["repository"]["id"];
    let new = json!({ "repositoryId": repository, "name": "refs/heads/next", "oid": head });
    mutate("createRef", "CreateRefPayload", new).await;
    let commit = json!({
        "branch": { "repositoryNameWithOwner": SLUG, "branchName": "next" },
        "message": { "headline": "Say more", "body": "A text." },
        "expectedHeadOid": head,
        "fileChanges": { "additions": [{ "path": "more.txt", "contents": "bW9yZQo=" }] },
    });
    let made = mutate("createCommitOnBranch", "CreateCommitOnBranchPayload", commit).await;
    let made = &made["createCommitOnBranch"]["commit"];
    assert_eq!(made["signature"]["__typename"], "GpgSignature");
    let back =
        json!({ "name": "refs/heads/next", "beforeOid": made["oid"], "afterOid": head, "force": true });
    let update = json!({ "repositoryId": repository, "refUpdates": [back] });
    mutate("updateRefs", "UpdateRefsPayload", update).await;
    assert_eq!(fixture.sha("next").await, head);
}

/// Sends and wants success.
async fn done(fixture: &Fixture, method: &str, path: &str, body: Value) -> Value {
    let (status, reply) = fixture.call(method, path, body).await;
    assert!(status < 300, "{method} {path}: {status} {reply}");
    reply
}

#[tokio::test]
async fn all_reads_of_rest() {
    let fixture = Fixture::new().await;
    let none = || Value::Null;
    fixture.github().set_unknown_reads(SLUG, 0);
    let head = fixture.sha("feature/hello").await;
    let blob = done(&fixture, "POST", "git/blobs", json!({ "content": "x\n", "encoding": "utf-8" })).await;
    let status = json!({ "state": "success", "context": "ci", "target_url": "http://localhost/1" });
    done(&fixture, "POST", &format!("statuses/{head}"), status).await;
    let new = json!({ "name": "build", "head_sha": head, "status": "in_progress" });
    let run = done(&fixture, "POST", "check-runs", new).await;
    let comment = done(&fixture, "POST", "issues/1/comments", json!({ "body": "Hello" })).await;
    let review = json!({ "event": "COMMENT", "body": "Hm." });
    done(&fixture, "POST", "pulls/1/reviews", review).await;
    let new = json!({ "ref": "main", "environment": "dev", "required_contexts": [], "auto_merge": false });
    let deployment = done(&fixture, "POST", "deployments", new).await;
    let state = json!({ "state": "success", "log_url": "http://localhost/log", "environment_url": "" });
    done(&fixture, "POST", &format!("deployments/{}/statuses", deployment["id"]), state).await;
    done(&fixture, "PATCH", &format!("issues/comments/{}", comment["id"]), json!({ "body": "Bye" })).await;
    done(&fixture, "POST", "issues/1/labels", json!({ "labels": ["a", "b"] })).await;
    for path in [
        "/rate_limit".to_owned(),
        format!("/repos/{SLUG}"),
        "activity".to_owned(),
        "branches".to_owned(),
        "branches/dev".to_owned(),
        "rules/branches/dev".to_owned(),
        "collaborators/alice/permission".to_owned(),
        "commits".to_owned(),
        format!("commits/{head}"),
        format!("commits/{head}/check-runs"),
        format!("commits/{head}/pulls"),
        format!("commits/{head}/status"),
        format!("commits/{head}/statuses"),
        "compare/dev...feature/hello".to_owned(),
        "deployments".to_owned(),
        format!("deployments/{}", deployment["id"]),
        format!("deployments/{}/statuses", deployment["id"]),
        format!("check-runs/{}", run["id"]),
        format!("git/blobs/{}", blob["sha"].as_str().unwrap()),
        format!("git/commits/{head}"),
        "git/matching-refs/heads/".to_owned(),
        "git/ref/heads/feature/hello".to_owned(),
        "git/trees/dev?recursive=1".to_owned(),
        "issues/1/comments".to_owned(),
        "issues/1/events".to_owned(),
        "issues/1/labels".to_owned(),
        "issues/1/timeline".to_owned(),
        format!("issues/comments/{}", comment["id"]),
        "pulls?state=all".to_owned(),
        "pulls/1".to_owned(),
        "pulls/1/commits".to_owned(),
        "pulls/1/files".to_owned(),
        "pulls/1/reviews".to_owned(),
    ] {
        done(&fixture, "GET", &path, none()).await;
    }
    done(&fixture, "DELETE", "issues/1/labels/a", none()).await;
    done(&fixture, "DELETE", "issues/1/labels", none()).await;
    done(&fixture, "DELETE", &format!("issues/comments/{}", comment["id"]), none()).await;
    let merge = json!({ "merge_method": "squash", "sha": head });
    done(&fixture, "PUT", "pulls/1/merge", merge).await;
    done(&fixture, "GET", "pulls/1/merge", none()).await;
    done(&fixture, "GET", "pulls/1", none()).await;
    done(&fixture, "GET", "issues/1/timeline", none()).await;
}

#[tokio::test]
async fn rules_and_protection_are_shown() {
    let fixture = Fixture::new().await;
    let admin =
        fixture.github().token(TokenSpec::new("maria", &[("administration", "read"), ("contents", "read")]));
    fixture.github().add_user("maria", SLUG, Role::Admin);
    for (pattern, classic) in [("dev", false), ("prod", true)] {
        fixture.github().add_rules(
            SLUG,
            BranchRules {
                pattern: pattern.into(),
                require_pull_request: true,
                required_approvals: 1,
                required_checks: vec!["ci".into()],
                linear_history: true,
                classic,
                ..BranchRules::default()
            },
        );
    }
    assert!(fixture.get("rules/branches/dev").await.as_array().unwrap().len() > 3);
    assert_eq!(fixture.get("branches/prod").await["protected"], true);
    let reply = fixture.send_as(&admin, "GET", "branches/prod/protection", None).await;
    assert_eq!(reply.status(), 200, "{}", reply.text().await.unwrap());
}
