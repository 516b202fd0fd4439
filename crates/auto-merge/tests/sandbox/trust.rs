//! Whose word counts, and for which commit: what an author tries to get past an approval.

use std::time::Duration;

use sandbox::faults::{Effect, Fault};

use crate::world::{Product, REPO};

const GATE: &[&str] = &["--base=prod", "--head=dev", "--labels=approval"];

/// Until the server's clock, which counts in seconds, shows another one.
async fn a_second_later() {
    tokio::time::sleep(Duration::from_millis(1100)).await;
}

#[tokio::test]
async fn a_re_run_of_the_authors_own_label_does_not_use_a_later_approval() {
    let product = Product::new().await;
    let (before, number) = (product.tip("prod").await, product.promotion().await);
    let github = &product.world().github;
    let good = product.tip("dev").await;
    let bad = product.commit("dev", "app.py", "backdoor\n").await;
    github.add_label(REPO, number, "approval", "alice");
    let own = github.event_payload(REPO, number, "labeled", "alice", Some("approval")).unwrap();
    assert_eq!(product.run_for(own.clone(), GATE).await.code(), "label-by-author");
    github.remove_label(REPO, number, "approval", "alice");
    github.force_branch(REPO, "dev", "alice", Some(&good)).await.unwrap();
    a_second_later().await;
    github.add_label(REPO, number, "approval", "maria");
    a_second_later().await;
    github.force_branch(REPO, "dev", "alice", Some(&bad)).await.unwrap();

    let again = product.run_for(own, GATE).await;
    assert_eq!(again.code(), "label-before-push", "{}", again.log);
    assert_eq!(product.tip("prod").await, before);
}

#[tokio::test]
async fn a_re_run_of_an_earlier_approval_does_not_use_a_later_one() {
    let product = Product::new().await;
    let number = product.promotion().await;
    let github = &product.world().github;
    let good = product.tip("dev").await;
    let bad = product.commit("dev", "app.py", "backdoor\n").await;
    github.add_label(REPO, number, "approval", "maria");
    let withdrawn = github.event_payload(REPO, number, "labeled", "maria", Some("approval")).unwrap();
    github.remove_label(REPO, number, "approval", "maria");
    github.force_branch(REPO, "dev", "alice", Some(&good)).await.unwrap();
    a_second_later().await;
    github.add_label(REPO, number, "approval", "maria");
    github.force_branch(REPO, "dev", "alice", Some(&bad)).await.unwrap();
    assert_eq!(product.run_for(withdrawn, GATE).await.code(), "label-before-push");
}

/// A label by maria, and the event of another one, which proves nothing.
async fn labelled() -> (Product, serde_json::Value) {
    let product = Product::new().await;
    let number = product.promotion().await;
    a_second_later().await;
    let github = &product.world().github;
    github.add_label(REPO, number, "approval", "maria");
    let event = github.event_payload(REPO, number, "labeled", "alice", Some("docs")).unwrap();
    (product, event)
}

fn says(status: u16, body: &str) -> Effect {
    Effect::Reply {
        status,
        body: body.to_owned(),
        content_type: "application/json".to_owned(),
        headers: Vec::new(),
    }
}

#[tokio::test]
async fn what_is_listed_late_is_waited_for() {
    for path in ["/activity", "/timeline"] {
        let (product, event) = labelled().await;
        product.world().faults.add(Fault::once("github", "GET", path, says(200, "[]")));
        let ended = product.run_for(event, GATE).await;
        assert_eq!(ended.output("result"), "merged", "{path} {}", ended.log);
    }
}

#[tokio::test]
async fn what_is_never_listed_is_not_believed() {
    for (path, status, body, code) in [
        ("/activity", 200, "[]", "label-before-push"),
        ("/activity", 404, r#"{"message":"Not Found"}"#, "label-before-push"),
        ("/timeline", 200, "[]", "labeller-unlisted"),
    ] {
        let (product, event) = labelled().await;
        let fault = Fault { times: None, ..Fault::once("github", "GET", path, says(status, body)) };
        product.world().faults.add(fault);
        let ended = product.run_for(event, &[GATE, &["--timeout=20s"]].concat()).await;
        assert_eq!(ended.code(), code, "{path} {}", ended.log);
    }
}

#[tokio::test]
async fn an_old_server_believes_the_labels_own_event() {
    let product = Product::new().await;
    let number = product.promotion().await;
    product.world().github.add_label(REPO, number, "approval", "maria");
    let missing = says(404, r#"{"message":"Not Found"}"#);
    product.world().faults.add(Fault { times: None, ..Fault::once("github", "GET", "/activity", missing) });
    let ended = product.run(GATE).await;
    assert_eq!(ended.output("result"), "merged", "{}", ended.log);
}

#[tokio::test]
async fn an_approval_does_not_outvote_a_request_for_changes() {
    let product = Product::new().await;
    let number = product.promotion().await;
    let github = &product.world().github;
    github.add_user("bob", REPO, sandbox::github::Role::Write);
    github.add_review(REPO, number, "bob", "CHANGES_REQUESTED").await.unwrap();
    github.add_review(REPO, number, "maria", "APPROVED").await.unwrap();
    let gate = ["--base=prod", "--required-approvals=1"];
    assert_eq!(product.run(&gate).await.code(), "changes-requested");
    github.add_review(REPO, number, "bob", "APPROVED").await.unwrap();
    assert_eq!(product.run(&gate).await.output("result"), "merged");
}

#[tokio::test]
async fn an_app_with_write_access_approves_nothing() {
    let product = Product::new().await;
    let number = product.promotion().await;
    let github = &product.world().github;
    github.add_user("deploy[bot]", REPO, sandbox::github::Role::Write);
    github.add_label(REPO, number, "approval", "deploy[bot]");
    let ended = product.run(GATE).await;
    assert_eq!(ended.code(), "label-by-bot", "{}", ended.log);
}

#[tokio::test]
async fn a_label_for_another_base_is_void() {
    let product = Product::new().await;
    let number = product.promotion().await;
    product.world().github.add_label(REPO, number, "approval", "maria");
    let timeline = serde_json::json!([
        { "event": "labeled", "actor": { "login": "maria" }, "label": { "name": "approval" },
          "created_at": "2026-01-01T00:00:00Z" },
        { "event": "base_ref_changed", "actor": { "login": "alice" }, "created_at": "2026-01-01T00:00:01Z" },
    ]);
    let reply = says(200, &timeline.to_string());
    product.world().faults.add(Fault { times: None, ..Fault::once("github", "GET", "/timeline", reply) });
    assert_eq!(product.run(GATE).await.code(), "label-before-base");
}

#[tokio::test]
async fn a_list_without_the_last_push_proves_nothing() {
    let (product, event) = labelled().await;
    let (head, other) = (product.tip("dev").await, "e".repeat(40));
    let activity = serde_json::json!([
        { "after": other, "timestamp": "2000-01-02T00:00:00Z" },
        { "after": head, "timestamp": "2000-01-01T00:00:00Z" },
    ]);
    let reply = says(200, &activity.to_string());
    product.world().faults.add(Fault { times: None, ..Fault::once("github", "GET", "/activity", reply) });
    let ended = product.run_for(event, &[GATE, &["--timeout=20s"]].concat()).await;
    assert_eq!(ended.code(), "label-before-push", "{}", ended.log);
}

#[tokio::test]
async fn a_push_after_an_approving_review_takes_its_force() {
    let product = Product::new().await;
    let number = product.promotion().await;
    let (github, approved) = (&product.world().github, product.tip("dev").await);
    github.add_review(REPO, number, "maria", "APPROVED").await.unwrap();
    product.commit("dev", "app.py", "backdoor\n").await;
    let push = github.event_payload(REPO, number, "synchronize", "alice", None).unwrap();
    let gate = ["--base=prod", "--required-approvals=1"];
    let ended = product.run_for(push.clone(), &gate).await;
    assert_eq!(ended.code(), "approvals-missing", "{}", ended.log);
    let why = format!("that of `maria` does not count: it is of {}", &approved[..7]);
    assert!(ended.log.contains(&why), "{}", ended.log);

    let ended = product.run_for(push, &[&gate[..], &["--on-new-commits=ignore"]].concat()).await;
    assert_eq!(ended.output("result"), "merged", "{}", ended.log);
}

#[tokio::test]
async fn a_gate_without_a_commit_is_warned_of_or_refused() {
    let product = Product::new().await;
    let number = product.promotion().await;
    product.world().github.add_label(REPO, number, "approval", "maria");
    let number = format!("--pull-request={number}");
    let argv = [GATE, &[number.as_str(), "--dry-run"]].concat();
    let by_hand = product.run_for(serde_json::json!({ "inputs": {} }), &argv).await;
    assert!(by_hand.log.contains("auto-merge: the head is not pinned"), "{}", by_hand.log);

    let mut event = product.world().github.events(REPO).pop().unwrap().payload;
    event["pull_request"]["head"]["sha"] = serde_json::Value::Null;
    let ended = product.run_for(event, &argv).await;
    assert_eq!(ended.code(), "invalid-input", "{}", ended.log);
    assert!(ended.log.contains("`head-sha` is required"), "{}", ended.log);
}
