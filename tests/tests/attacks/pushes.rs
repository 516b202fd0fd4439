//! Commits that nobody approved: pushed after the approval, or waiting behind an older one.

use sandbox::stop::When;

use crate::ground::Ground;

#[tokio::test(flavor = "multi_thread")]
async fn a_push_after_the_label_is_not_merged() {
    let Some(ground) = Ground::new().await else { return };
    let number = ground.promotion().await;
    ground.label(number, "approval", "maria");
    let labelled = ground.happened(number).await;
    ground.push("dev", "alice", "app.py", "print(\"backdoor\")\n").await;

    let run = ground.start(&labelled).await;
    ground.attempt(&labelled, &run).await.was_refused("merge-head-moved", "is for");
    let pushed = ground.run(number).await;
    pushed.was_refused("label-before-push", "commits were pushed after the label `approval` was put");
    ground.prod_is_untouched().await;
    let pull = ground.world().github.pull(runner::REPOSITORY, number).unwrap();
    assert_eq!(pull.labels, [] as [&str; 0], "the stale label is still there");
    let [comment] = &pull.comments[..] else { panic!("two runs, and not one comment: {:?}", pull.comments) };
    assert!(comment.contains("`label-before-push`"), "{comment}");

    // And what somebody has looked at goes on.
    ground.label(number, "approval", "maria");
    let ended = ground.run(number).await.went_well();
    let merge = ground.prod_was_shipped_once(number).await;
    assert_eq!((ended.output("merge", "sha"), ended.output("merge", "approver")), (&*merge, "maria"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_between_check_and_merge_is_not_merged() {
    let Some(ground) = Ground::new().await else { return };
    let number = ground.promotion().await;
    ground.label(number, "approval", "maria");
    let hold = ground.world().faults.hold("github", "PUT", "/merge", When::BeforeEffect);
    let push = async {
        hold.reached().await;
        ground.push("dev", "alice", "app.py", "print(\"backdoor\")\n").await;
        hold.let_go();
    };
    let (ended, ()) = tokio::join!(ground.run(number), push);
    ended.was_refused("merge-head-moved", "Head branch was modified");
    ground.prod_is_untouched().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_label_before_the_push_approves_nothing_later() {
    let Some(ground) = Ground::new().await else { return };
    let number = ground.promotion().await;
    ground.label(number, "approval", "maria");
    ground.push("dev", "alice", "app.py", "print(\"backdoor\")\n").await;
    // An event of the author's own, on the new head.
    ground.label(number, "docs", "alice");
    ground.run(number).await.was_refused("label-before-push", "pushed after the label `approval` was put");
    ground.prod_is_untouched().await;
}
