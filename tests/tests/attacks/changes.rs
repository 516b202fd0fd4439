//! What was approved becomes something else before the run: the base changes, the branch gets another name.

use runner::REPOSITORY;

use crate::ground::Ground;

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_for_another_base_is_void() {
    let Some(ground) = Ground::new().await else { return };
    ground.push("dev", "alice", "app.py", "print(\"new\")\n").await;
    let number = ground.open("dev", "main", "alice").await;
    ground.label(number, "approval", "maria");
    ground.world().github.retarget(REPOSITORY, number, "alice", "prod").await.unwrap();
    // An event of the author's own, that starts the run.
    ground.label(number, "docs", "alice");
    ground
        .run(number)
        .await
        .was_refused("label-before-base", "the base became `prod` after the label `approval` was put");
    ground.prod_is_untouched().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_that_was_renamed_is_not_merged_under_either_name() {
    let Some(ground) = Ground::new().await else { return };
    let github = &ground.world().github;
    let before = ground.tip("dev").await;
    ground.push("feature/x", "alice", "app.py", "print(\"x\")\n").await;
    let number = ground.open("feature/x", "dev", "alice").await;
    let opened = ground.happened(number).await;
    github.rename_branch(REPOSITORY, "feature/x", "hotfix", "alice").await.unwrap();
    let run = ground.start(&opened).await;
    ground.attempt(&opened, &run).await.was_refused("pull-request-closed", "it is closed");
    let number = ground.open("hotfix", "dev", "alice").await;
    ground.run(number).await.was_refused("head-not-allowed", "its head `hotfix` matches none of `feature/*`");
    assert_eq!(ground.tip("dev").await, before);

    // The same at the gate to prod, with somebody's approval.
    let number = ground.open("hotfix", "prod", "alice").await;
    ground.label(number, "approval", "maria");
    let labelled = ground.happened(number).await;
    github.rename_branch(REPOSITORY, "hotfix", "dev2", "alice").await.unwrap();
    let run = ground.start(&labelled).await;
    let ended = ground.attempt(&labelled, &run).await;
    ended
        .was_refused("pull-request-closed", "it is closed")
        .was_refused("head-not-allowed", "its head `hotfix`");
    ground.prod_is_untouched().await;
}
