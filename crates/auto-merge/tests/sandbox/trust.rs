//! Whose word counts, and for which commit: what an author tries to get past an approval.

use std::time::Duration;

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
