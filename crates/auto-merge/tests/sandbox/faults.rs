//! Lost answers, races and refusals of GitHub's own: the end is the same as of one clean run.

use crate::world::{Ended, PERMISSIONS, Product, REPO};
use sandbox::{
    faults::{Effect, Fault},
    github::BranchRules,
};

const GATE: &[&str] = &["--base=prod", "--head=dev", "--labels=approval"];

async fn approved() -> (Product, u64, serde_json::Value) {
    let product = Product::new().await;
    let number = product.promotion().await;
    let github = &product.world().github;
    github.add_label(REPO, number, "approval", "maria");
    let event = github.event_payload(REPO, number, "labeled", "maria", Some("approval")).unwrap();
    (product, number, event)
}

fn merges(product: &Product) -> usize {
    let calls = product.world().faults.calls();
    calls.iter().filter(|call| call.method == "PUT" && call.path.ends_with("/merge")).count()
}

async fn assert_merged_once(product: &Product, ended: &Ended) {
    assert_eq!(ended.code(), "", "{}", ended.log);
    assert_eq!((ended.output("merged"), ended.output("sha")), ("true", &*product.tip("prod").await));
    let parents = product.world().github.parents(REPO, "prod").await.unwrap();
    assert_eq!((parents.len(), &parents[1]), (2, &product.tip("dev").await));
    assert_eq!(ended.output("base-sha"), parents[0]);
}

#[tokio::test]
async fn a_merge_whose_answer_is_lost_is_found_and_not_repeated() {
    for effect in [Effect::ReplyAfter { status: 502 }, Effect::DropAfter] {
        let (product, _, event) = approved().await;
        product.world().faults.add(Fault::once("github", "PUT", "/merge", effect));
        let ended = product.run_for(event, GATE).await;
        assert_merged_once(&product, &ended).await;
        // The mark in the merge's commit says that it was this run's.
        assert_eq!((ended.output("result"), merges(&product)), ("merged", 1));
    }
}

#[tokio::test]
async fn a_run_after_a_run_that_was_killed_continues() {
    let (product, _, event) = approved().await;
    let run = product.start(event, PERMISSIONS);
    let first = product.run_as(&run, GATE).await;
    let second = product.run_as(&run, GATE).await;
    assert_merged_once(&product, &second).await;
    assert_eq!(second.output("result"), "already-merged");
    for name in ["sha", "base-sha", "head-sha", "approver", "method", "pull-request"] {
        assert_eq!(first.output(name), second.output(name), "{name}");
    }
}

#[tokio::test]
async fn a_run_that_is_cut_off_between_merge_and_answer_is_continued() {
    let (product, number, event) = approved().await;
    let github = &product.world().github;
    let hold = Effect::Delay { millis: 60_000 };
    product.world().faults.add(Fault::once("github", "GET", "/git/commits/", hold));
    let merged = async {
        let is_held = |call: &sandbox::faults::Call| call.path.contains("/git/commits/");
        while !product.world().faults.calls().iter().any(is_held) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    let run = product.start(event, PERMISSIONS);
    tokio::select! {
        ended = product.run_as(&run, GATE) => panic!("it is held back: {}", ended.log),
        () = merged => assert!(github.pull(REPO, number).unwrap().merged),
    }
    let ended = product.run_as(&run, GATE).await;
    assert_merged_once(&product, &ended).await;
    assert_eq!((ended.output("result"), merges(&product)), ("already-merged", 1));
}

#[tokio::test]
async fn a_merge_by_hand_is_continued() {
    let (product, number, event) = approved().await;
    product.world().github.press_merge(REPO, number, "maria").await.unwrap();
    let ended = product.run_for(event, GATE).await;
    assert_merged_once(&product, &ended).await;
    assert_eq!((ended.output("result"), merges(&product)), ("already-merged", 0));
}

#[tokio::test]
async fn a_change_of_workflows_needs_another_token() {
    let product = Product::new().await;
    product.commit("feature/ci", ".github/workflows/ci.yml", "on: push\n").await;
    let github = &product.world().github;
    github.open_pull(REPO, "feature/ci", "dev", "alice", "CI").await.unwrap();
    // GitHub has two texts for it; the second says nothing about workflows.
    for _ in 0..2 {
        let ended = product.run(&["--base=dev", "--workflow-files=allow"]).await;
        assert_eq!(ended.code(), "workflows-permission", "{}", ended.log);
        assert!(ended.log.contains("Workflows: write"), "{}", ended.log);
        let text = "Resource not accessible by integration";
        product.world().faults.add(Fault::once("github", "PUT", "/merge", reply(403, text)));
    }
}

#[tokio::test]
async fn of_two_runs_at_once_exactly_one_goes_on() {
    let (product, _, event) = approved().await;
    let (one, two) = tokio::join!(product.run_for(event.clone(), GATE), product.run_for(event, GATE));
    let (merger, other) = if one.output("merged") == "true" { (&one, &two) } else { (&two, &one) };
    assert_merged_once(&product, merger).await;
    assert_eq!((other.code(), other.output("result")), ("", "merged-by-another-run"), "{}", other.log);
    assert_eq!((other.output("merged"), other.output("sha")), ("false", ""));
}

#[tokio::test]
async fn passing_errors_are_waited_out() {
    let (product, number, event) = approved().await;
    let faults = &product.world().faults;
    faults.add(Fault::once("github", "GET", &format!("/pulls/{number}"), Effect::ReplyAfter { status: 503 }));
    faults.add(Fault::once("github", "PUT", "/merge", reply(500, "oops")));
    let modified = "Base branch was modified. Review and try the merge again.";
    faults.add(Fault { skip: 0, ..Fault::once("github", "PUT", "/merge", reply(405, modified)) });
    let ended = product.run_for(event, GATE).await;
    assert_merged_once(&product, &ended).await;
    assert_eq!((ended.output("result"), merges(&product)), ("merged", 3));
}

#[tokio::test]
async fn the_reasons_of_github_are_told_apart() {
    let workflows = "refusing to allow a GitHub App to create or update workflow `.github/workflows/x.yml` without `workflows` permission";
    let (product, _, event) = approved().await;
    for (status, message, code) in [
        (409, "Head branch was modified. Review and try the merge again.", "merge-head-moved"),
        (405, "Merge commits are not allowed on this repository.", "method-disabled"),
        (405, "At least 1 approving review is required by reviewers with write access.", "approvals-missing"),
        (403, "Resource not accessible by integration", "permission-denied"),
        (405, workflows, "workflows-permission"),
        (401, "Bad credentials", "token-rejected"),
        (404, "Not Found", "repository-not-found"),
    ] {
        let before = merges(&product);
        product.world().faults.add(Fault::once("github", "PUT", "/merge", reply(status, message)));
        let ended = product.run_for(event.clone(), GATE).await;
        assert_eq!((ended.code(), ended.output("reason")), (code, code), "{}", ended.log);
        assert_eq!((ended.output("merged"), merges(&product)), ("false", before + 1));
    }
}

#[tokio::test]
async fn a_required_check_is_waited_for_until_the_deadline() {
    let (product, _, event) = approved().await;
    let required_checks = vec!["ci".to_owned()];
    let rules = BranchRules { pattern: "prod".to_owned(), required_checks, ..BranchRules::default() };
    product.world().github.add_rules(REPO, rules);
    let ended = product.run_for(event.clone(), &[GATE, &["--timeout=5s"]].concat()).await;
    assert_eq!(ended.code(), "checks-missing", "{}", ended.log);
    let head = product.tip("dev").await;
    product.world().github.set_status(REPO, &head, "ci", "success").await.unwrap();
    assert_merged_once(&product, &product.run_for(event, GATE).await).await;
}

#[tokio::test]
async fn a_job_without_the_permission_is_told_its_line() {
    let (product, _, event) = approved().await;
    let ended = product.run_with(event, GATE, &[("contents", "read"), ("pull-requests", "read")]).await;
    assert_eq!(ended.code(), "permission-denied", "{}", ended.log);
    assert!(ended.failure.unwrap().remedy.contains("`contents: write`"));
}

#[tokio::test]
async fn a_computation_that_never_ends_is_never_taken_for_ready() {
    let (product, _, event) = approved().await;
    product.world().github.set_unknown_reads(REPO, 1000);
    product.commit("prod", "other.txt", "x\n").await;
    let ended = product.run_for(event, &[GATE, &["--timeout=1s"]].concat()).await;
    assert_eq!(ended.code(), "mergeability-unknown", "{}", ended.log);
    assert_eq!((ended.output("decision"), merges(&product)), ("wait", 0));
}

pub(crate) fn reply(status: u16, message: &str) -> Effect {
    Effect::Reply {
        status,
        body: serde_json::json!({ "message": message }).to_string(),
        content_type: "application/json".to_owned(),
        headers: Vec::new(),
    }
}
