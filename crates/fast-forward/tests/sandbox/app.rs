//! As a GitHub App: a token for this run, with no more than it can need, worthless afterwards.

use crate::world::{Product, REPO};

const ALL: &[(&str, &str)] = &[("contents", "write"), ("pull_requests", "write"), ("workflows", "write")];

#[tokio::test]
async fn the_token_has_what_the_policies_need_and_is_given_back() {
    for (policy, permissions) in [
        ("--on-diverged=back-merge", "contents: write, pull-requests: write, until"),
        ("--on-diverged=fail", "contents: write, pull-requests: read, until"),
        ("--dry-run", "contents: read, pull-requests: read, until"),
    ] {
        let product = Product::new().await;
        let sha = product.commit("prod", "values/prod.yaml", "tag: b\n").await;
        let ended = product.run_as_app(&["--branch=dev", &format!("--to={sha}"), policy], ALL).await;
        assert_eq!(ended.code(), "", "{}", ended.log);
        assert_eq!(product.tip("dev").await == sha, policy != "--dry-run");
        let signed_in = format!("Signed in as GitHub App deploy on {REPO}, with {permissions}");
        assert!(ended.log.contains(&signed_in), "{}", ended.log);
        assert!(!ended.log.contains("starts no workflow"), "{}", ended.log);
        assert_eq!(product.calls(0, "DELETE", "/installation/token"), 1);
    }
}

#[tokio::test]
async fn the_token_is_given_back_after_a_failure_too() {
    let product = Product::new().await;
    product.commit("dev", "app.py", "ours\n").await;
    let sha = product.commit("prod", "app.py", "theirs\n").await;
    let argv = ["--branch=dev", &format!("--to={sha}"), "--on-diverged=fail"];
    let ended = product.run_as_app(&argv, ALL).await;
    assert_eq!(ended.code(), "branch-diverged", "{}", ended.log);
    assert_eq!(product.calls(0, "DELETE", "/installation/token"), 1);
}

#[tokio::test]
async fn an_app_that_may_open_no_pull_request_is_named_before_anything_is_moved() {
    let product = Product::new().await;
    let sha = product.commit("prod", "values/prod.yaml", "tag: b\n").await;
    let argv = ["--branch=dev", &format!("--to={sha}")];
    let ended = product.run_as_app(&argv, &[("contents", "write")]).await;
    assert_eq!(ended.code(), "app-permission-missing", "{}", ended.log);
    assert_ne!(product.tip("dev").await, sha);
}
