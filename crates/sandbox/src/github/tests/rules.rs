//! Protected branches, approvals and required checks.

use serde_json::{Value, json};

use super::{Fixture, SLUG};
use crate::github::BranchRules;

#[tokio::test]
async fn a_protected_branch_takes_no_direct_update() {
    let fixture = Fixture::new().await;
    let sha = fixture.commit("main", "new.py", "x").await;
    fixture.github().add_rules(SLUG, BranchRules::pull_requests_only("dev"));
    let (status, body) = fixture.call("PATCH", "git/refs/heads/dev", json!({ "sha": sha })).await;
    assert_eq!(status, 422);
    let text = "Repository rule violations found\n\nChanges must be made through a pull request.\n\n";
    assert_eq!(body["message"], text);
    assert_eq!(fixture.call("POST", "merges", json!({ "base": "dev", "head": "main" })).await.0, 409);
    assert_eq!(fixture.call("DELETE", "git/refs/heads/dev", Value::Null).await.0, 422);
    assert_eq!(fixture.call("PUT", "pulls/1/merge", json!({})).await.0, 200, "through a pull request it may");
    fixture.github().clear_rules(SLUG);
    let rules = BranchRules::pull_requests_only("dev").bypassed_by(&["github-actions[bot]"]);
    fixture.github().add_rules(SLUG, rules);
    let sha = fixture.sha("dev").await;
    let (status, _) = fixture.call("PATCH", "git/refs/heads/dev", json!({ "sha": sha })).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn classic_protection_has_other_words() {
    let fixture = Fixture::new().await;
    let sha = fixture.commit("main", "new.py", "x").await;
    let rules = BranchRules { classic: true, ..BranchRules::pull_requests_only("dev") };
    fixture.github().add_rules(SLUG, rules);
    let (status, body) = fixture.call("PATCH", "git/refs/heads/dev", json!({ "sha": sha })).await;
    assert_eq!(
        (status, body["message"].as_str().unwrap()),
        (422, "Changes must be made through a pull request.")
    );
    assert_eq!(fixture.get("rules/branches/dev").await, json!([]));
    assert_eq!(fixture.get("branches/dev").await["protected"], true);
    let (status, body) = fixture.call("GET", "branches/dev/protection", Value::Null).await;
    assert_eq!((status, body["message"].as_str().unwrap()), (403, "Resource not accessible by integration"));
}

#[tokio::test]
async fn approvals_are_required_and_counted() {
    let fixture = Fixture::new().await;
    fixture.github().set_unknown_reads(SLUG, 0);
    let rules = BranchRules { required_approvals: 1, ..BranchRules::pull_requests_only("dev") };
    fixture.github().add_rules(SLUG, rules);
    let (status, body) = fixture.call("PUT", "pulls/1/merge", json!({})).await;
    assert_eq!(status, 405);
    let text = "At least 1 approving review is required by reviewers with write access.";
    assert!(body["message"].as_str().unwrap().contains(text));
    fixture.github().add_review(SLUG, 1, "mallory", "APPROVED").await.unwrap();
    assert_eq!(fixture.get("pulls/1").await["mergeable_state"], "blocked", "triage does not count");
    fixture.github().add_review(SLUG, 1, "maria", "APPROVED").await.unwrap();
    assert_eq!(fixture.get("pulls/1").await["mergeable_state"], "clean");
    let reviews = fixture.get("pulls/1/reviews").await;
    assert_eq!(reviews[1]["commit_id"], fixture.sha("feature/hello").await);
    assert_eq!(fixture.call("PUT", "pulls/1/merge", json!({})).await.0, 200);
}

#[tokio::test]
async fn required_checks_hold_until_they_succeed() {
    let fixture = Fixture::new().await;
    fixture.github().set_unknown_reads(SLUG, 0);
    let rules =
        BranchRules { pattern: "dev".into(), required_checks: vec!["ci".into()], ..BranchRules::default() };
    fixture.github().add_rules(SLUG, rules);
    let head = fixture.sha("feature/hello").await;
    let (status, body) = fixture.call("PUT", "pulls/1/merge", json!({})).await;
    assert_eq!(status, 405);
    assert!(body["message"].as_str().unwrap().contains("Required status check \"ci\" is expected."));
    let run = json!({ "name": "ci", "head_sha": head, "status": "in_progress" });
    let (status, run) = fixture.call("POST", "check-runs", run).await;
    assert_eq!(status, 201);
    assert_eq!(fixture.get("pulls/1").await["mergeable_state"], "blocked");
    let id = run["id"].as_u64().unwrap();
    let (_, run) =
        fixture.call("PATCH", &format!("check-runs/{id}"), json!({ "conclusion": "success" })).await;
    assert_eq!(run["status"], "completed");
    assert_eq!(fixture.get("pulls/1").await["mergeable_state"], "clean");
    let status = json!({ "state": "failure", "context": "lint" });
    assert_eq!(fixture.call("POST", &format!("statuses/{head}"), status).await.0, 201);
    assert_eq!(fixture.get("pulls/1").await["mergeable_state"], "unstable", "not a required one");
    assert_eq!(fixture.get(&format!("commits/{head}/status")).await["state"], "failure");
    assert_eq!(
        fixture.get(&format!("commits/{head}/check-runs")).await["check_runs"][0]["conclusion"],
        "success"
    );
    let rules = fixture.get("rules/branches/dev").await;
    let found =
        rules.as_array().unwrap().iter().find(|rule| rule["type"] == "required_status_checks").unwrap();
    assert_eq!(found["parameters"]["required_status_checks"][0]["context"], "ci");
    let protection = fixture.get("branches/dev").await["protection"].clone();
    assert_eq!(protection["required_status_checks"]["contexts"], json!(["ci"]));
}

#[tokio::test]
async fn a_head_behind_its_base_is_behind_where_checks_are_strict() {
    let fixture = Fixture::new().await;
    fixture.github().set_unknown_reads(SLUG, 0);
    let rules = BranchRules { pattern: "dev".into(), strict_checks: true, ..BranchRules::default() };
    fixture.github().add_rules(SLUG, rules);
    fixture.commit("dev", "x.py", "x").await;
    assert_eq!(fixture.get("pulls/1").await["mergeable_state"], "behind");
    assert_eq!(fixture.call("PUT", "pulls/1/merge", json!({})).await.0, 405);
    fixture.call("PUT", "pulls/1/update-branch", json!({})).await;
    assert_eq!(fixture.call("PUT", "pulls/1/merge", json!({})).await.0, 200);
}
