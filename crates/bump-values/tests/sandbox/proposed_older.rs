//! A newer run wants the value that the base has: the older one that waits in the pull request goes.

use sandbox::github::BranchRules;

use crate::{
    proposing::{MAY, branches, protected, pulls, text},
    world::{Ended, FILE, Product, REPO, TEXT},
};

async fn propose(product: &Product, run: &str, set: &[&str]) -> Ended {
    let mut argv = vec!["--files", FILE, "--branch", "dev", "--on-protected", "pull-request"];
    argv.extend(set.iter().flat_map(|set| ["--set", *set]));
    product.bump_as(&argv, MAY, &[("GITHUB_RUN_NUMBER", run)]).await
}

#[tokio::test]
async fn the_last_value_takes_the_proposal_with_it() {
    let product = protected().await;
    propose(&product, "9", &["image.tag=v1"]).await;
    let ended = propose(&product, "10", &["image.tag=v0"]).await;
    assert_eq!((ended.code(), ended.output("changed")), ("", "false"), "{}", ended.log);
    assert!(branches(&product).await.is_empty(), "{}", ended.log);
    assert!(!pulls(&product)[0].open);
    let ended = propose(&product, "11", &["keys.k0=b"]).await;
    assert_eq!(ended.output("pull-request"), "2", "{}", ended.log);
    assert_eq!(text(&product).await, TEXT.replace("k0: a", "k0: b"));
}

#[tokio::test]
async fn other_values_stay_proposed() {
    for moves in [false, true] {
        let product = protected().await;
        propose(&product, "8", &["keys.k0=b"]).await;
        propose(&product, "9", &["image.tag=v1"]).await;
        if moves {
            let github = &product.world().github;
            github.commit_files(REPO, "dev", "alice", "m", &[("app.py", b"v2\n")]).await.unwrap();
        }
        let ended = propose(&product, "10", &["image.tag=v0"]).await;
        assert_eq!((ended.code(), ended.output("changed")), ("", "false"), "{}", ended.log);
        assert_eq!(text(&product).await, TEXT.replace("k0: a", "k0: b"), "{}", ended.log);
        let pull = &pulls(&product)[0];
        assert_eq!(pull.title, format!("bump: keys.k0 to b in {FILE}"));
        assert!(pull.open && pull.body.contains("The rule: Repository rule") && !pull.body.contains("v1"));
        product.world().github.press_merge(REPO, 1, "alice").await.unwrap();
        assert_eq!(product.read(FILE).await, TEXT.replace("k0: a", "k0: b"));
    }
}

#[tokio::test]
async fn a_newer_proposal_stays() {
    let product = protected().await;
    propose(&product, "9", &["image.tag=v1"]).await;
    let ended = propose(&product, "8", &["image.tag=v0"]).await;
    assert_eq!((ended.code(), ended.output("superseded")), ("", "true"), "{}", ended.log);
    assert_eq!(text(&product).await, TEXT.replace("\"v0\"", "\"v1\""));
}

#[tokio::test]
async fn beside_commits_of_people_it_is_set_back_on_top() {
    let product = protected().await;
    propose(&product, "9", &["image.tag=v1"]).await;
    let branch = branches(&product).await.remove(0);
    let github = &product.world().github;
    github.commit_files(REPO, &branch, "alice", "notes", &[("NOTES", b"x")]).await.unwrap();
    let ended = propose(&product, "10", &["image.tag=v0"]).await;
    assert_eq!(ended.code(), "", "{}", ended.log);
    assert_eq!(text(&product).await, TEXT);
    assert_eq!(github.read_file(REPO, &branch, "NOTES").await.unwrap(), b"x");
}

#[tokio::test]
async fn a_branch_that_may_not_be_deleted_is_set_back() {
    let product = protected().await;
    propose(&product, "9", &["image.tag=v1"]).await;
    let keep = BranchRules { pattern: "bump/dev/*".to_owned(), ..BranchRules::default() };
    product.world().github.add_rules(REPO, keep);
    let ended = propose(&product, "10", &["image.tag=v0"]).await;
    assert_eq!(ended.code(), "", "{}", ended.log);
    assert_eq!(text(&product).await, TEXT);
}
