//! What was approved becomes something else while the run is under way, between the gate's reads and the merge.

use runner::REPOSITORY;
use sandbox::{hold::Hold, stop::When};

use crate::ground::Ground;

/// The last call before the merge: what the labeller may do.
fn at_the_last_check(ground: &Ground) -> Hold {
    ground.world().faults.hold("github", "GET", "/collaborators/maria/permission", When::BeforeEffect)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_base_that_changes_half_way_gets_nothing() {
    let Some(ground) = Ground::new().await else { return };
    let before = ground.tip("main").await;
    let number = ground.promotion().await;
    ground.label(number, "approval", "maria");
    let hold = at_the_last_check(&ground);
    let retarget = async {
        hold.reached().await;
        ground.world().github.retarget(REPOSITORY, number, "alice", "main").await.unwrap();
        hold.let_go();
    };
    let (ended, ()) = tokio::join!(ground.run(number), retarget);
    ended.was_refused("merge-base-changed", "its base is `main`, and this run is for `prod`");
    assert_eq!(ground.tip("main").await, before);
    ground.prod_is_untouched().await;
}

/// GitHub's merge has a guard for the head and none for the base.
#[tokio::test(flavor = "multi_thread")]
async fn a_base_that_changes_during_the_merge_is_not_deployed() {
    let Some(ground) = Ground::new().await else { return };
    let number = ground.promotion().await;
    ground.label(number, "approval", "maria");
    let hold = ground.world().faults.hold("github", "PUT", "/merge", When::BeforeEffect);
    let retarget = async {
        hold.reached().await;
        ground.world().github.retarget(REPOSITORY, number, "alice", "main").await.unwrap();
        hold.let_go();
    };
    let (ended, ()) = tokio::join!(ground.run(number), retarget);
    assert!(!ended.0.succeeded && ended.output("merge", "merged") != "true", "{:?}", ended.0.lines);
    ground.prod_is_untouched().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_label_that_is_removed_half_way_approves_nothing() {
    let Some(ground) = Ground::new().await else { return };
    let number = ground.promotion().await;
    ground.label(number, "approval", "maria");
    let hold = at_the_last_check(&ground);
    let withdraw = async {
        hold.reached().await;
        ground.unlabel(number, "approval", "maria");
        hold.let_go();
    };
    let (ended, ()) = tokio::join!(ground.run(number), withdraw);
    ended.was_refused("label-missing", "a label was changed while the gate was checked");
    ground.prod_is_untouched().await;
}
