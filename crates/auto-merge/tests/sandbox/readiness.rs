//! What the base's own rules want: checks that are waited for, explained or found to be hopeless.

use std::{collections::BTreeMap, time::Duration};

use sandbox::github::{BranchRules, Run};

use crate::world::{Ended, PERMISSIONS, Product, REPO};

const GATE: &[&str] = &["--base=dev", "--head=feature/*"];
const READS: &[(&str, &str)] = &[("checks", "read"), ("statuses", "read")];

/// A pull request of `feature/a` into `dev`, whose rules require these checks.
async fn feature(required: &[&str]) -> (Product, u64) {
    let product = Product::new().await;
    product.commit("feature/a", "a.txt", "a\n").await;
    let github = &product.world().github;
    let number = github.open_pull(REPO, "feature/a", "dev", "alice", "A").await.unwrap();
    let required_checks = required.iter().map(|name| (*name).to_owned()).collect();
    github.add_rules(REPO, BranchRules { required_checks, ..rules() });
    (product, number)
}

fn rules() -> BranchRules {
    BranchRules { pattern: "dev".to_owned(), ..BranchRules::default() }
}

fn started(product: &Product, permissions: &[(&str, &str)]) -> Run {
    let events = product.world().github.events(REPO);
    let last = events.iter().rev().find(|event| event.name == "pull_request").unwrap();
    product.start(last.payload.clone(), permissions)
}

/// Runs with the permissions that reading checks takes, too.
async fn run(product: &Product, more: &[&str]) -> Ended {
    let run = started(product, &[PERMISSIONS, READS].concat());
    product.run_as(&run, &[GATE, more].concat()).await
}

async fn check(product: &Product, name: &str, conclusion: Option<&str>) {
    let head = product.tip("feature/a").await;
    product.world().github.set_check(REPO, &head, name, conclusion, 1).await.unwrap();
}

/// What every refusal has in common: nothing has changed.
async fn assert_open(product: &Product, number: u64, before: &BTreeMap<String, String>) {
    let pull = product.world().github.pull(REPO, number).unwrap();
    assert!(pull.open && !pull.merged);
    assert_eq!(product.world().github.branches(REPO).await, *before);
}

fn notes(ended: &Ended) -> String {
    ended.failure.as_ref().map(|failure| failure.notes.join("\n")).unwrap_or_default()
}

/// Runs `others` beside the action, and no longer than it.
pub(crate) async fn meanwhile(run: impl Future<Output = Ended>, others: impl Future<Output = ()>) -> Ended {
    let mut run = std::pin::pin!(run);
    tokio::select! {
        ended = &mut run => return ended,
        () = others => {}
    }
    run.await
}

/// Waits until the action has made this call so often.
pub(crate) async fn called(product: &Product, path: &str, times: usize) {
    let calls = || {
        let calls = product.world().faults.calls();
        calls.iter().filter(|call| call.path.contains(path)).count()
    };
    while calls() < times {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_required_check_is_waited_for() {
    let (product, number) = feature(&["ci"]).await;
    check(&product, "ci", None).await;
    let finish = async {
        // The second look is not before the first one's answer.
        called(&product, "/check-runs", 2).await;
        check(&product, "ci", Some("success")).await;
    };
    let ended = Box::pin(meanwhile(run(&product, &[]), finish)).await;
    assert_eq!((ended.code(), ended.output("result")), ("", "merged"), "{}", ended.log);
    assert!(product.world().github.pull(REPO, number).unwrap().merged);
    assert!(ended.log.contains("not merged yet: waiting for `ci`"), "{}", ended.log);
}

#[tokio::test]
async fn a_required_check_that_fails_ends_the_wait() {
    let (product, number) = feature(&["ci", "lint"]).await;
    check(&product, "ci", None).await;
    let before = product.world().github.branches(REPO).await;
    let finish = async {
        called(&product, "/check-runs", 1).await;
        check(&product, "ci", Some("failure")).await;
    };
    let ended = Box::pin(meanwhile(run(&product, &[]), finish)).await;
    assert_eq!((ended.code(), ended.output("decision")), ("checks-failed", "refuse"), "{}", ended.log);
    assert!(ended.log.contains("the check `ci` did not succeed"), "{}", ended.log);
    assert!(notes(&ended).contains("required check `ci`: failure by `github-actions`"), "{}", notes(&ended));
    assert!(
        notes(&ended).contains("required check `lint`: no check of that name exists"),
        "{}",
        notes(&ended)
    );
    assert_open(&product, number, &before).await;
}

#[tokio::test]
async fn a_check_that_nothing_reports_is_named_when_the_time_is_up() {
    let (product, number) = feature(&["ci", "lint"]).await;
    check(&product, "ci", Some("success")).await;
    let before = product.world().github.branches(REPO).await;
    let ended = run(&product, &["--timeout=1s"]).await;
    assert_eq!((ended.code(), ended.output("decision")), ("checks-missing", "wait"), "{}", ended.log);
    assert!(
        notes(&ended).contains("required check `lint`: no check of that name exists"),
        "{}",
        notes(&ended)
    );
    assert!(notes(&ended).contains("required check `ci`: passed"), "{}", notes(&ended));
    assert_open(&product, number, &before).await;
}

#[tokio::test]
async fn a_required_check_that_is_this_very_job_is_a_configuration() {
    for classic in [false, true] {
        let (product, number) = feature(&[]).await;
        let required_checks = vec!["merge".to_owned()];
        product.world().github.add_rules(REPO, BranchRules { required_checks, classic, ..rules() });
        let before = product.world().github.branches(REPO).await;
        let run = started(&product, &[PERMISSIONS, READS].concat());
        let head = product.tip("feature/a").await;
        product.world().github.set_check(REPO, &head, "merge", None, run.id).await.unwrap();
        let ended = product.run_as(&run, GATE).await;
        assert_eq!(ended.code(), "checks-own-run", "{}", ended.log);
        assert_eq!(ended.output("decision"), "configuration");
        assert!(!ended.log.contains("waiting for"), "{}", ended.log);
        assert_open(&product, number, &before).await;
    }
}

#[tokio::test]
async fn this_runs_own_job_is_no_reason_to_wait() {
    let (product, _) = feature(&[]).await;
    let run = started(&product, &[PERMISSIONS, READS].concat());
    let head = product.tip("feature/a").await;
    product.world().github.set_check(REPO, &head, "merge", None, run.id).await.unwrap();
    check(&product, "ci", Some("success")).await;
    // It makes the state `unstable`, which is merged; and it is not one of `all`.
    let ended = product.run_as(&run, &[GATE, &["--checks=all"]].concat()).await;
    assert_eq!((ended.code(), ended.output("result")), ("", "merged"), "{}", ended.log);
}

#[tokio::test]
async fn without_the_permissions_the_merge_works_and_a_refusal_is_shorter() {
    let (product, number) = feature(&["ci"]).await;
    let before = product.world().github.branches(REPO).await;
    let run = started(&product, PERMISSIONS);
    let ended = product.run_as(&run, &[GATE, &["--timeout=1s"]].concat()).await;
    assert_eq!((ended.code(), ended.output("decision")), ("checks-missing", "wait"), "{}", ended.log);
    assert!(notes(&ended).contains("`checks: read`"), "{}", notes(&ended));
    assert_open(&product, number, &before).await;
    check(&product, "ci", Some("success")).await;
    let ended = product.run_as(&run, GATE).await;
    assert_eq!((ended.code(), ended.output("result")), ("", "merged"), "{}", ended.log);
}

#[tokio::test]
async fn what_the_input_asks_for_holds_without_githubs_rules() {
    for (checks, conclusion, code, decision) in [
        ("all", Some("failure"), "checks-failed", "refuse"),
        ("ci", Some("cancelled"), "checks-failed", "refuse"),
        ("c*", None, "checks-missing", "wait"),
        ("docs", Some("success"), "checks-missing", "wait"),
        ("none", Some("failure"), "", "done"),
        ("required", Some("failure"), "", "done"),
        ("all", Some("skipped"), "", "done"),
    ] {
        let (product, number) = feature(&[]).await;
        check(&product, "ci", conclusion).await;
        let before = product.world().github.branches(REPO).await;
        let ended = run(&product, &[&format!("--checks={checks}"), "--timeout=1500ms"]).await;
        assert_eq!((ended.code(), ended.output("decision")), (code, decision), "{checks}: {}", ended.log);
        match code {
            "" => assert!(product.world().github.pull(REPO, number).unwrap().merged, "{checks}"),
            _ => assert_open(&product, number, &before).await,
        }
    }
}

#[tokio::test]
async fn checks_that_are_asked_for_and_cannot_be_read_are_no_success() {
    let (product, number) = feature(&[]).await;
    let before = product.world().github.branches(REPO).await;
    let run = started(&product, PERMISSIONS);
    let ended = product.run_as(&run, &[GATE, &["--checks=all"]].concat()).await;
    assert_eq!(
        (ended.code(), ended.output("decision")),
        ("permission-denied", "configuration"),
        "{}",
        ended.log
    );
    assert!(ended.failure.as_ref().unwrap().remedy.contains("`checks: read`"), "{}", ended.log);
    assert_open(&product, number, &before).await;
}

#[tokio::test]
async fn with_none_nothing_is_waited_for() {
    let (product, number) = feature(&["ci"]).await;
    check(&product, "ci", None).await;
    let before = product.world().github.branches(REPO).await;
    let ended = run(&product, &["--checks=none", "--timeout=1h"]).await;
    assert_eq!((ended.code(), ended.output("decision")), ("checks-missing", "wait"), "{}", ended.log);
    assert_open(&product, number, &before).await;
}

#[tokio::test]
async fn missing_reviews_are_explained() {
    let (product, number) = feature(&[]).await;
    let github = &product.world().github;
    github.add_rules(REPO, BranchRules { required_approvals: 2, ..rules() });
    github.add_review(REPO, number, "maria", "APPROVED").await.unwrap();
    let before = github.branches(REPO).await;
    let ended = run(&product, &[]).await;
    assert_eq!((ended.code(), ended.output("decision")), ("approvals-missing", "wait"), "{}", ended.log);
    assert!(
        notes(&ended).contains("the rules want 2 approving reviews, of which there are 1 (`maria`)"),
        "{}",
        notes(&ended)
    );
    assert_open(&product, number, &before).await;
}

#[tokio::test]
async fn a_head_that_moves_while_checks_run_is_not_merged() {
    let (product, number) = feature(&["ci"]).await;
    check(&product, "ci", None).await;
    let push = async {
        called(&product, "/check-runs", 1).await;
        product.commit("feature/a", "b.txt", "b\n").await;
        check(&product, "ci", Some("success")).await;
    };
    let ended = Box::pin(meanwhile(run(&product, &[]), push)).await;
    assert_eq!((ended.code(), ended.output("decision")), ("merge-head-moved", "refuse"), "{}", ended.log);
    assert!(!product.world().github.pull(REPO, number).unwrap().merged);
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_in_the_way() {
    for (more, conclusion, code, result) in [
        (&[][..], Some("success"), "", "would-merge"),
        // Whether the rules bind this token, only a merge would show.
        (&[], Some("failure"), "", "would-wait"),
        (&["--checks=ci"], None, "", "would-wait"),
        (&["--checks=ci"], Some("failure"), "checks-failed", "refused"),
    ] {
        let (product, number) = feature(&["ci"]).await;
        product.world().github.set_unknown_reads(REPO, 0);
        check(&product, "ci", conclusion).await;
        let before = product.world().github.branches(REPO).await;
        let ended = run(&product, &[more, &["--dry-run"]].concat()).await;
        assert_eq!((ended.code(), ended.output("result")), (code, result), "{}", ended.log);
        assert_open(&product, number, &before).await;
    }
}
