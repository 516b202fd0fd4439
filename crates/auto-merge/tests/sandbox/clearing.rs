//! Which branches are deleted after their merge, and which stay.

use sandbox::{
    faults::{Effect, Fault},
    github::BranchRules,
};

use crate::world::{Ended, Product, REPO};

const ARGV: &[&str] = &["--base=dev", "--delete-head=feature/*,dev"];

/// `feature/a` with a pull request into `dev`.
async fn feature() -> (Product, serde_json::Value) {
    let product = Product::new().await;
    product.commit("feature/a", "a.txt", "a\n").await;
    let github = &product.world().github;
    let number = github.open_pull(REPO, "feature/a", "dev", "alice", "A").await.unwrap();
    let event = github.event_payload(REPO, number, "opened", "alice", None).unwrap();
    (product, event)
}

async fn assert_stays(product: &Product, ended: &Ended, branch: &str, reason: &str) {
    assert_eq!(ended.output("result"), "merged", "{}", ended.log);
    assert!(product.world().github.branch_sha(REPO, branch).await.is_some(), "{}", ended.log);
    assert!(ended.log.contains(reason), "{}", ended.log);
}

#[tokio::test]
async fn a_branch_that_others_are_based_on_stays() {
    let (product, event) = feature().await;
    product.commit("feature/b", "b.txt", "b\n").await;
    product.world().github.open_pull(REPO, "feature/b", "feature/a", "alice", "B").await.unwrap();
    let ended = product.run_for(event, ARGV).await;
    assert_stays(&product, &ended, "feature/a", "it is the base of #2").await;
}

#[tokio::test]
async fn a_branch_that_goes_elsewhere_too_stays() {
    let (product, event) = feature().await;
    product.world().github.open_pull(REPO, "feature/a", "prod", "alice", "A").await.unwrap();
    let ended = product.run_for(event, ARGV).await;
    assert_stays(&product, &ended, "feature/a", "#2 comes from it too, into `prod`").await;
}

#[tokio::test]
async fn the_default_branch_stays() {
    let product = Product::new().await;
    product.promotion().await;
    product.world().github.set_default_branch(REPO, "dev").unwrap();
    let ended = product.run(&["--base=prod", "--delete-head=dev"]).await;
    assert_stays(&product, &ended, "dev", "it is the default branch").await;
}

#[tokio::test]
async fn a_branch_with_a_rule_stays() {
    let (product, event) = feature().await;
    let rules = BranchRules { pattern: "feature/*".to_owned(), ..BranchRules::default() };
    product.world().github.add_rules(REPO, rules);
    let ended = product.run_for(event, ARGV).await;
    assert_stays(&product, &ended, "feature/a", "a rule keeps it").await;
}

#[tokio::test]
async fn a_push_in_the_moment_of_the_deletion_stays() {
    let (product, event) = feature().await;
    let hold = Effect::Delay { millis: 3000 };
    product.world().faults.add(Fault::once("github", "POST", "/graphql", hold));
    let push = async {
        product.called("/graphql").await;
        product.commit("feature/a", "late.txt", "late\n").await
    };
    let (ended, late) = tokio::join!(product.run_for(event, ARGV), push);
    assert_stays(&product, &ended, "feature/a", &format!("it is at {} by now", &late[..7])).await;
    assert_eq!(product.tip("feature/a").await, late);
}

#[tokio::test]
async fn a_server_without_swaps_deletes_it_too() {
    let (product, event) = feature().await;
    let body = r#"{"errors":[{"message":"Field 'updateRefs' doesn't exist on type 'Mutation'"}]}"#;
    let old = Effect::Reply {
        status: 200,
        body: body.to_owned(),
        content_type: "application/json".to_owned(),
        headers: Vec::new(),
    };
    product.world().faults.add(Fault::once("github", "POST", "/graphql", old));
    let ended = product.run_for(event, ARGV).await;
    assert_eq!(ended.output("result"), "merged", "{}", ended.log);
    assert_eq!(product.world().github.branch_sha(REPO, "feature/a").await, None, "{}", ended.log);
}

#[tokio::test]
async fn a_branch_that_github_deletes_itself_is_gone() {
    let (product, event) = feature().await;
    product.world().github.delete_branch_on_merge(REPO, true);
    let ended = product.run_for(event, ARGV).await;
    assert!(ended.log.contains("deleted `feature/a`"), "{}", ended.log);
}
