//! A commit has to come from the branch that is named.

use crate::world::{Product, REPO};

#[tokio::test]
async fn a_commit_that_the_source_lacks_is_refused() {
    let product = Product::new().await;
    let before = product.tip("dev").await;
    product.world().github.create_branch(REPO, "fork", "dev").await.unwrap();
    let foreign = product.commit("fork", "app.py", "evil\n").await;
    let argv = ["--branch=dev", &format!("--to={foreign}"), "--source=prod"];
    let ended = product.run(&argv).await;
    assert_eq!((ended.code(), product.tip("dev").await), ("commit-not-in-source", before), "{}", ended.log);
    assert_eq!(ended.output("reason"), "commit-not-in-source");
    // Without the input, whoever says `to` is trusted.
    assert_eq!(product.run(&argv[..2]).await.output("result"), "fast-forwarded");
}

#[tokio::test]
async fn a_source_that_moved_on_still_has_it() {
    let product = Product::new().await;
    let sha = product.commit("prod", "values/prod.yaml", "tag: b\n").await;
    product.commit("prod", "values/prod.yaml", "tag: c\n").await;
    let ended = product.run(&["--branch=dev", &format!("--to={sha}"), "--source=prod"]).await;
    assert_eq!((ended.output("result"), product.tip("dev").await), ("fast-forwarded", sha), "{}", ended.log);
}

#[tokio::test]
async fn a_source_that_is_not_there_is_named() {
    let product = Product::new().await;
    let sha = product.commit("prod", "values/prod.yaml", "tag: b\n").await;
    let ended = product.run(&["--branch=dev", &format!("--to={sha}"), "--source=production"]).await;
    assert_eq!(ended.code(), "branch-not-found", "{}", ended.log);
    let failure = ended.failure.unwrap();
    assert!(failure.cause.contains("`production`"));
    // Nothing says how to make it at a commit that nobody has vouched for.
    assert!(failure.remedy.starts_with("Check `source`") && !failure.remedy.contains(&sha), "{failure:?}");
}

#[tokio::test]
async fn a_commit_of_a_fork_is_found_by_its_id_and_refused() {
    let product = Product::new().await;
    let (github, before) = (&product.world().github, product.tip("dev").await);
    let fork = github.fork(REPO, "mallory").await.unwrap();
    let files: [(&str, &[u8]); 1] = [("app.py", b"evil\n")];
    let foreign = github.commit_files(&fork, "dev", "mallory", "evil", &files).await.unwrap();
    github.open_pull(REPO, "mallory:dev", "dev", "mallory", "evil").await.unwrap();
    let argv = ["--branch=dev", &format!("--to={foreign}"), "--source=prod"];
    let ended = product.run(&argv).await;
    assert_eq!((ended.code(), product.tip("dev").await), ("commit-not-in-source", before), "{}", ended.log);
    assert_eq!(github.pulls(REPO).iter().filter(|pull| pull.open).count(), 1);
}
