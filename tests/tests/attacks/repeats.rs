//! The same once more: an old run again, two runs at once, a run that was cancelled half way.

use runner::REPOSITORY;
use sandbox::stop::When;

use crate::ground::Ground;

#[tokio::test(flavor = "multi_thread")]
async fn a_re_run_of_an_old_approval_merges_nothing_newer() {
    let Some(ground) = Ground::new().await else { return };
    let number = ground.promotion().await;
    let approved = ground.tip("dev").await;
    ground.label(number, "approval", "maria");
    let labelled = ground.happened(number).await;
    let run = ground.start(&labelled).await;
    ground.unlabel(number, "approval", "maria");
    ground.attempt(&labelled, &run).await.was_refused("label-missing", "the label `approval` is missing");

    // Another commit gets the approval; the author goes back to the old one.
    let github = &ground.world().github;
    ground.push("dev", "alice", "app.py", "print(\"good\")\n").await;
    ground.label(number, "approval", "maria");
    github.force_branch(REPOSITORY, "dev", "alice", Some(&approved)).await.unwrap();
    let again = github.rerun(run.id).unwrap();
    let ended = ground.attempt(&labelled, &again).await;
    ended.was_refused("label-before-push", "after the label `approval` was put");
    ground.prod_is_untouched().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_re_run_of_an_old_promotion_does_not_bring_it_back() {
    let Some(ground) = Ground::new().await else { return };
    let first = ground.promotion().await;
    ground.label(first, "approval", "maria");
    let labelled = ground.happened(first).await;
    let run = ground.start(&labelled).await;
    ground.attempt(&labelled, &run).await.went_well();
    ground.prod_was_shipped_once(first).await;

    ground.push("dev", "alice", "app.py", "print(\"newer\")\n").await;
    let second = ground.open("dev", "prod", "alice").await;
    ground.label(second, "approval", "maria");
    let newer = ground.run(second).await.went_well();
    let (tip, argocd) = (ground.tip("prod").await, ground.world().argocd.application("prod"));

    let again = ground.world().github.rerun(run.id).unwrap();
    let ended = ground.attempt(&labelled, &again).await.went_well();
    assert_eq!(ended.output("merge", "result"), "already-merged");
    assert_eq!(ended.output("bump", "superseded"), "true");
    assert_eq!((ground.tip("prod").await, ground.tip("dev").await), (tip.clone(), tip));
    let now = ground.world().argocd.application("prod");
    assert_eq!(now.as_ref().map(|app| &app.history), argocd.as_ref().map(|app| &app.history));
    let images = now.expect("the application").images;
    assert!(images.iter().all(|image| image.ends_with(newer.output("merge", "sha"))), "{images:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_approvals_at_once_exactly_one_deploys() {
    let Some(ground) = Ground::new().await else { return };
    let number = ground.promotion().await;
    ground.label(number, "approval", "maria");
    let one = ground.happened(number).await;
    ground.unlabel(number, "approval", "bob");
    ground.label(number, "approval", "bob");
    let two = ground.happened(number).await;
    let (first, second) = (ground.start(&one).await, ground.start(&two).await);
    let (first, second) = tokio::join!(ground.attempt(&one, &first), ground.attempt(&two, &second));
    let (merger, other) =
        if first.output("merge", "merged") == "true" { (first, second) } else { (second, first) };
    merger.went_well();
    other.left_it_to_another_run();
    ground.prod_was_shipped_once(number).await;
}

/// Cancels a run at its merge, and runs it again.
async fn cancelled_at_the_merge(when: When) {
    let Some(ground) = Ground::new().await else { return };
    let number = ground.promotion().await;
    ground.label(number, "approval", "maria");
    let labelled = ground.happened(number).await;
    let run = ground.start(&labelled).await;
    let hold = ground.world().faults.hold("github", "PUT", "/merge", when);
    tokio::select! {
        _ = ground.attempt(&labelled, &run) => panic!("it ended before its merge"),
        () = hold.reached() => {}
    }
    hold.let_go();
    let again = ground.world().github.rerun(run.id).unwrap();
    ground.attempt(&labelled, &again).await.went_well();
    ground.prod_was_shipped_once(number).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_cancelled_before_its_merge_is_made_good_by_its_re_run() {
    cancelled_at_the_merge(When::BeforeEffect).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_cancelled_after_its_merge_continues_in_its_re_run() {
    cancelled_at_the_merge(When::AfterEffect).await;
}
