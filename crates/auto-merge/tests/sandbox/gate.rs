//! What the gate lets through and what it does not, against a GitHub with real merges.

use crate::world::{Product, REPO};
use sandbox::faults::{Effect, Fault};

const GATE: &[&str] = &["--base=prod", "--head=dev", "--labels=approval,!wip"];

#[tokio::test]
async fn an_approved_promotion_is_merged_with_two_parents() {
    let product = Product::new().await;
    let (before, number) = (product.tip("prod").await, product.promotion().await);
    product.world().github.add_label(REPO, number, "approval", "maria");
    let ended = product.run(GATE).await;
    assert_eq!(ended.code(), "", "{}", ended.log);
    let (prod, dev) = (product.tip("prod").await, product.tip("dev").await);
    assert_eq!(product.world().github.parents(REPO, "prod").await.unwrap(), [before.clone(), dev.clone()]);
    for (name, value) in [
        ("merged", "true"),
        ("sha", &prod),
        ("base-sha", &before),
        ("head-sha", &dev),
        ("author", "alice"),
        ("approver", "maria"),
        ("method", "merge"),
        ("result", "merged"),
        ("reason", ""),
    ] {
        assert_eq!(ended.output(name), value, "{name}");
    }
}

#[tokio::test]
async fn a_feature_is_merged_without_a_person_and_its_branch_deleted() {
    let product = Product::new().await;
    product.commit("feature/hello", "app.py", "v2\n").await;
    let github = &product.world().github;
    github.open_pull(REPO, "feature/hello", "dev", "alice", "Hello").await.unwrap();
    let words = ["--commit-title={title} (#{number})", "--commit-body={commits}"];
    let argv = [&["--base=dev", "--head=feature/*", "--delete-head=feature/*"], &words[..]].concat();
    let ended = product.run(&argv).await;
    assert_eq!(ended.output("result"), "merged", "{}", ended.log);
    assert_eq!(github.branch_sha(REPO, "feature/hello").await, None);
    assert_eq!(github.read_file(REPO, "dev", "app.py").await.unwrap(), b"v2\n");
}

#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let product = Product::new().await;
    let (before, number) = (product.tip("prod").await, product.promotion().await);
    product.world().github.add_label(REPO, number, "approval", "maria");
    let ended = product.run(&[GATE, &["--dry-run"]].concat()).await;
    assert!(ended.output("result").starts_with("would-"), "{}", ended.log);
    assert_eq!((ended.output("merged"), product.tip("prod").await), ("false", before));
}

#[tokio::test]
async fn without_the_label_it_is_refused() {
    let product = Product::new().await;
    product.promotion().await;
    let ended = product.run(GATE).await;
    assert_eq!(ended.code(), "label-missing");
    assert_eq!((ended.output("merged"), ended.output("result")), ("false", "waiting"));
    assert_eq!(ended.output("reason"), "label-missing");
}

#[tokio::test]
async fn labels_by_the_author_or_a_triager_do_not_count() {
    let product = Product::new().await;
    let number = product.promotion().await;
    let github = &product.world().github;
    for (login, code) in [("alice", "label-by-author"), ("mallory", "labeller-permission")] {
        github.add_label(REPO, number, "approval", login);
        assert_eq!(product.run(GATE).await.code(), code);
        github.remove_label(REPO, number, "approval", "maria");
    }
    github.add_label(REPO, number, "wip", "mallory");
    github.add_label(REPO, number, "approval", "maria");
    assert_eq!(product.run(GATE).await.code(), "label-blocking");
}

#[tokio::test]
async fn a_push_after_the_label_is_not_merged_and_loses_the_label() {
    let product = Product::new().await;
    let (before, number) = (product.tip("prod").await, product.promotion().await);
    let github = &product.world().github;
    github.add_label(REPO, number, "approval", "maria");
    let approved = github.event_payload(REPO, number, "labeled", "maria", Some("approval")).unwrap();
    product.commit("dev", "app.py", "backdoor\n").await;

    // The run of the label comes late: its head is gone.
    let late = product.run_for(approved, GATE).await;
    assert!(late.output("reason").contains("merge-head-moved"), "{}", late.log);
    assert_eq!(github.pull(REPO, number).unwrap().labels, ["approval"]);

    // The run of the push takes the label off.
    let pushed = product.run(GATE).await;
    assert_eq!(pushed.code(), "label-before-push", "{}", pushed.log);
    assert!(github.pull(REPO, number).unwrap().labels.is_empty());
    assert_eq!(product.tip("prod").await, before);
}

#[tokio::test]
async fn another_labels_event_does_not_hide_the_push() {
    let product = Product::new().await;
    let number = product.promotion().await;
    let github = &product.world().github;
    github.add_label(REPO, number, "approval", "maria");
    product.commit("dev", "app.py", "backdoor\n").await;
    github.add_label(REPO, number, "docs", "alice");
    // A server without activities leaves only the timeline to go by.
    let missing = Effect::Reply {
        status: 404,
        body: r#"{"message":"Not Found"}"#.to_owned(),
        content_type: "application/json".to_owned(),
        headers: Vec::new(),
    };
    product.world().faults.add(Fault::once("github", "GET", "/activity", missing));
    assert_eq!(product.run(GATE).await.code(), "label-before-push");
    // A server that knows the time of the push is believed before a timeline that a commit's date can bend.
    let head = product.tip("dev").await;
    let activity = format!(r#"[{{"after":"{head}","timestamp":"2000-01-01T00:00:00Z"}}]"#);
    let reply = Effect::Reply {
        status: 200,
        body: activity,
        content_type: "application/json".to_owned(),
        headers: Vec::new(),
    };
    product.world().faults.add(Fault::once("github", "GET", "/activity", reply));
    assert_eq!(product.run(GATE).await.output("result"), "merged");
}

#[tokio::test]
async fn a_back_dated_push_after_the_label_is_not_merged() {
    let product = Product::new().await;
    let (before, number) = (product.tip("prod").await, product.promotion().await);
    let github = &product.world().github;
    github.add_label(REPO, number, "approval", "maria");
    let approved = github.event_payload(REPO, number, "labeled", "maria", Some("approval")).unwrap();
    // In the timeline this commit stands before the label.
    product.push_dated("dev", "2001-01-01T00:00:00Z").await;

    // The event of the label is about the old head.
    let late = product.run_for(approved, GATE).await;
    assert!(late.output("reason").contains("label-before-push"), "{}", late.log);
    // The events of another label and of the push are about the new one.
    for event in ["labeled", "synchronize"] {
        let label = (event == "labeled").then_some("docs");
        let payload = github.event_payload(REPO, number, event, "alice", label).unwrap();
        let ended = product.run_for(payload, GATE).await;
        assert_eq!(ended.code(), "label-before-push", "{}", ended.log);
    }
    assert_eq!(product.tip("prod").await, before);
}

#[tokio::test]
async fn a_conflict_is_named() {
    let product = Product::new().await;
    let number = product.promotion().await;
    product.commit("prod", "app.py", "hotfix\n").await;
    product.world().github.add_label(REPO, number, "approval", "maria");
    let ended = product.run(GATE).await;
    assert_eq!(ended.code(), "merge-conflict", "{}", ended.log);
}

#[tokio::test]
async fn a_fork_is_refused() {
    let product = Product::new().await;
    let number = product.promotion().await;
    let github = &product.world().github;
    github.add_label(REPO, number, "approval", "maria");
    let mut pull =
        github.event_payload(REPO, number, "labeled", "maria", Some("approval")).unwrap()["pull_request"]
            .take();
    pull["head"]["repo"]["full_name"] = "mallory/day2-product".into();
    for (path, body) in
        [("/files".to_owned(), "[]".to_owned()), (format!("/pulls/{number}"), pull.to_string())]
    {
        let reply = Effect::Reply {
            status: 200,
            body,
            content_type: "application/json".to_owned(),
            headers: Vec::new(),
        };
        let fault = Fault::once("github", "GET", &path, reply);
        product.world().faults.add(Fault { times: None, ..fault });
    }
    assert_eq!(product.run(GATE).await.code(), "pull-request-from-fork");
}

#[tokio::test]
async fn reviews_of_the_head_count() {
    let product = Product::new().await;
    let number = product.promotion().await;
    let github = &product.world().github;
    let gate = ["--base=prod", "--require-review-on-head"];
    github.add_review(REPO, number, "mallory", "APPROVED").await.unwrap();
    assert_eq!(product.run(&gate).await.code(), "approvals-missing");
    github.add_review(REPO, number, "maria", "APPROVED").await.unwrap();
    let ended = product.run(&gate).await;
    assert_eq!((ended.output("result"), ended.output("approver")), ("merged", "maria"), "{}", ended.log);
}

#[tokio::test]
async fn a_fast_forward_keeps_the_commit() {
    let product = Product::new().await;
    let number = product.promotion().await;
    product.world().github.add_label(REPO, number, "approval", "maria");
    let ended = product.run(&[GATE, &["--method=fast-forward"]].concat()).await;
    assert_eq!(ended.output("result"), "merged", "{}", ended.log);
    assert_eq!(product.tip("prod").await, product.tip("dev").await);
}
