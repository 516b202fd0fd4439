//! What is done by choice where GitHub does not let the pull request be merged now.

use sandbox::{
    faults::Fault,
    github::{BranchRules, Role},
};

use crate::{
    faults::reply,
    readiness::{called, meanwhile},
    world::{Ended, PERMISSIONS, Product, REPO},
};

const READS: &[(&str, &str)] = &[("checks", "read"), ("statuses", "read")];

/// A pull request of `feature/a` into `dev`, which got a commit since and demands `ci` on heads that have all of it.
async fn behind() -> (Product, u64) {
    let product = Product::new().await;
    product.commit("feature/a", "a.txt", "a\n").await;
    let github = &product.world().github;
    let number = github.open_pull(REPO, "feature/a", "dev", "alice", "A").await.unwrap();
    product.commit("dev", "b.txt", "b\n").await;
    let required_checks = vec!["ci".to_owned()];
    let rules = BranchRules { pattern: "dev".to_owned(), required_checks, ..BranchRules::default() };
    github.add_rules(REPO, BranchRules { strict_checks: true, ..rules });
    let head = product.tip("feature/a").await;
    github.set_check(REPO, &head, "ci", Some("success"), 1).await.unwrap();
    (product, number)
}

/// A pull request of `feature/a` into `dev`, which demands this check.
async fn unchecked(required: &str) -> (Product, u64) {
    let product = Product::new().await;
    product.commit("feature/a", "a.txt", "a\n").await;
    let github = &product.world().github;
    let number = github.open_pull(REPO, "feature/a", "dev", "alice", "A").await.unwrap();
    let required_checks = vec![required.to_owned()];
    let rules = BranchRules { pattern: "dev".to_owned(), required_checks, ..BranchRules::default() };
    github.add_rules(REPO, rules);
    github.allow_auto_merge(REPO, true);
    (product, number)
}

async fn run(product: &Product, more: &[&str]) -> Ended {
    let events = product.world().github.events(REPO);
    let last = events.iter().rev().find(|event| event.name == "pull_request").unwrap();
    let permissions = [PERMISSIONS, READS].concat();
    let argv = [&["--base=dev"], more].concat();
    product.run_with(last.payload.clone(), &argv, &permissions).await
}

#[tokio::test]
async fn a_head_that_is_behind_is_told_what_to_do() {
    let (product, number) = behind().await;
    let before = product.world().github.branches(REPO).await;
    let ended = run(&product, &[]).await;
    assert_eq!((ended.code(), ended.output("decision")), ("branch-behind", "refuse"), "{}", ended.log);
    assert!(ended.failure.unwrap().remedy.contains("`update-branch: true`"), "{}", ended.log);
    assert_eq!(product.world().github.branches(REPO).await, before);
    assert!(!product.world().github.pull(REPO, number).unwrap().merged);
}

#[tokio::test]
async fn a_head_that_is_behind_gets_the_base_and_is_not_merged() {
    let (product, number) = behind().await;
    let (head, base) = (product.tip("feature/a").await, product.tip("dev").await);
    let ended = run(&product, &["--update-branch"]).await;
    assert_eq!(
        (ended.output("result"), ended.output("decision")),
        ("branch-updated", "wait"),
        "{}",
        ended.log
    );
    assert_eq!((ended.output("merged"), ended.output("head-sha")), ("false", head.as_str()));
    let parents = product.world().github.parents(REPO, "feature/a").await.unwrap();
    assert_eq!(parents, [head, base.clone()], "the new head is a merge of both");
    assert_eq!(product.tip("dev").await, base);
    let pull = product.world().github.pull(REPO, number).unwrap();
    assert!(pull.open && !pull.merged);
}

#[tokio::test]
async fn a_head_that_moved_or_conflicts_is_not_updated() {
    for (message, code) in [
        ("expected head sha didn’t match current head ref.", "merge-head-moved"),
        ("merge conflict between base and head", "merge-conflict"),
    ] {
        let (product, _) = behind().await;
        product.world().faults.add(Fault::once("github", "PUT", "/update-branch", reply(422, message)));
        let ended = run(&product, &["--update-branch"]).await;
        assert_eq!((ended.code(), ended.output("decision")), (code, "refuse"), "{}", ended.log);
    }
}

#[tokio::test]
async fn a_head_that_is_said_to_have_everything_is_looked_at_again() {
    let (product, number) = behind().await;
    // GitHub says that there is nothing to do, and goes on demanding it.
    let none = "There are no new commits on the base branch.";
    product.world().faults.add(Fault::once("github", "PUT", "/update-branch", reply(422, none)));
    let ended = run(&product, &["--update-branch"]).await;
    assert_eq!(ended.output("result"), "branch-updated", "{}", ended.log);
    assert!(!product.world().github.pull(REPO, number).unwrap().merged);
}

#[tokio::test]
async fn github_merges_later_where_that_is_asked_for() {
    let (product, number) = unchecked("ci").await;
    let ended = run(&product, &["--fallback=auto-merge", "--timeout=3s"]).await;
    assert_eq!(
        (ended.output("result"), ended.output("decision")),
        ("auto-merge-enabled", "wait"),
        "{}",
        ended.log
    );
    let pull = product.world().github.pull(REPO, number).unwrap();
    assert_eq!((pull.merged, pull.auto_merge.as_deref()), (false, Some("merge")));
    let head = product.tip("feature/a").await;
    product.world().github.set_check(REPO, &head, "ci", Some("success"), 1).await.unwrap();
    assert!(product.world().github.pull(REPO, number).unwrap().merged);
    // The run that turned it on is over, so that none must be said to go on from the merge.
    let ended = run(&product, &[]).await;
    assert_eq!((ended.output("result"), ended.output("merged")), ("already-merged", "true"), "{}", ended.log);
}

#[tokio::test]
async fn checks_that_are_not_waited_for_are_left_to_github_too() {
    let (product, number) = unchecked("ci").await;
    let ended = run(&product, &["--fallback=auto-merge", "--checks=none"]).await;
    assert_eq!(ended.output("result"), "auto-merge-enabled", "{}", ended.log);
    assert_eq!(ended.output("reason"), "checks-missing", "{}", ended.log);
    assert!(product.world().github.pull(REPO, number).unwrap().auto_merge.is_some());
}

#[tokio::test]
async fn a_fallback_that_does_nothing_is_said_to_do_nothing() {
    let (product, _) = unchecked("ci").await;
    let all = run(&product, &["--fallback=auto-merge", "--method=fast-forward"]).await;
    assert_eq!(all.code(), "invalid-input", "{}", all.log);
    let argv = ["--fallback=auto-merge", "--method=dev=fast-forward,merge", "--timeout=2s"];
    let here = run(&product, &argv).await;
    assert!(here.log.contains("`fallback` does nothing here"), "{}", here.log);
}

#[tokio::test]
async fn reviews_are_left_to_github_at_once() {
    let (product, number) = unchecked("ci").await;
    let github = &product.world().github;
    github.clear_rules(REPO);
    let rules = BranchRules { pattern: "dev".to_owned(), required_approvals: 1, ..BranchRules::default() };
    github.add_rules(REPO, rules);
    let ended = run(&product, &["--fallback=auto-merge", "--timeout=1h"]).await;
    assert_eq!(ended.output("result"), "auto-merge-enabled", "{}", ended.log);
    github.add_user("rita", REPO, Role::Write);
    github.add_review(REPO, number, "rita", "APPROVED").await.unwrap();
    assert!(github.pull(REPO, number).unwrap().merged);
}

#[tokio::test]
async fn where_nothing_is_left_to_wait_for_it_is_merged() {
    // As GitHub words it, the doubled words included.
    for status in ["clean", "unstable"] {
        let (product, number) = unchecked("ci").await;
        let head = product.tip("feature/a").await;
        product.world().github.set_check(REPO, &head, "ci", Some("success"), 1).await.unwrap();
        let expected = "Required status check \"ci\" is expected.";
        let fault = Fault { times: Some(2), ..Fault::once("github", "PUT", "/merge", reply(405, expected)) };
        product.world().faults.add(fault);
        let text = format!("Pull request Pull request is in {status} status");
        product.world().faults.add(Fault::once(
            "github",
            "POST",
            "/graphql",
            graphql("UNPROCESSABLE", &text),
        ));
        let ended = run(&product, &["--fallback=auto-merge", "--timeout=4s"]).await;
        assert_eq!((ended.output("result"), ended.code()), ("merged", ""), "{}", ended.log);
        assert_eq!(product.world().github.pull(REPO, number).unwrap().auto_merge, None);
    }
}

#[tokio::test]
async fn auto_merge_that_cannot_be_turned_on_says_why() {
    for (text, code) in [
        ("Auto merge is not allowed for this repository", "auto-merge-not-allowed"),
        ("User is not authorized for this protected branch", "merge-not-authorized"),
    ] {
        let (product, number) = unchecked("ci").await;
        product.world().faults.add(Fault::once("github", "POST", "/graphql", graphql("UNPROCESSABLE", text)));
        let ended = run(&product, &["--fallback=auto-merge", "--timeout=2s"]).await;
        assert_eq!(ended.output("reason"), format!("checks-missing,{code}"), "{}", ended.log);
        assert_eq!(ended.output("decision"), "configuration");
        let pull = product.world().github.pull(REPO, number).unwrap();
        assert_eq!((pull.merged, pull.auto_merge), (false, None));
    }
}

#[tokio::test]
async fn auto_merge_forgets_what_the_gate_asks_for() {
    let (product, _) = unchecked("ci").await;
    for gate in [
        "--labels=approval",
        "--labels=!wip",
        "--required-approvals=1",
        "--require-review-on-head",
        "--checks=ci",
    ] {
        let ended = run(&product, &["--fallback=auto-merge", gate]).await;
        assert_eq!(ended.code(), "invalid-input", "{gate}: {}", ended.log);
        assert!(ended.log.contains("input `fallback` cannot be `auto-merge` together with"), "{}", ended.log);
    }
}

async fn queued() -> (Product, u64) {
    let (product, number) = unchecked("ci").await;
    let github = &product.world().github;
    github.add_rules(
        REPO,
        BranchRules { pattern: "dev".to_owned(), merge_queue: true, ..BranchRules::default() },
    );
    (product, number)
}

async fn passes(product: &Product) {
    let head = product.tip("feature/a").await;
    product.world().github.set_check(REPO, &head, "ci", Some("success"), 1).await.unwrap();
}

#[tokio::test]
async fn a_base_with_a_queue_is_a_configuration_without_the_fallback() {
    let (product, number) = queued().await;
    passes(&product).await;
    let ended = run(&product, &[]).await;
    assert_eq!(ended.code(), "merge-queue-required", "{}", ended.log);
    assert_eq!(ended.output("decision"), "configuration");
    assert!(!product.world().github.pull(REPO, number).unwrap().queued);
}

#[tokio::test]
async fn a_queue_gets_the_pull_request_once_its_checks_have_passed() {
    let (product, number) = queued().await;
    let base = product.tip("dev").await;
    let finish = async {
        called(&product, "/check-runs", 2).await;
        passes(&product).await;
    };
    let ended = Box::pin(meanwhile(run(&product, &["--fallback=merge-queue"]), finish)).await;
    assert_eq!((ended.output("result"), ended.output("decision")), ("enqueued", "wait"), "{}", ended.log);
    assert_eq!((ended.output("merged"), product.tip("dev").await), ("false", base));
    assert!(ended.log.contains("in the merge queue of `dev` at place 1"), "{}", ended.log);
    let github = &product.world().github;
    assert!(github.pull(REPO, number).unwrap().queued);
    // A second run finds it there.
    let again = run(&product, &["--fallback=merge-queue"]).await;
    assert_eq!(again.output("result"), "enqueued", "{}", again.log);
    assert_eq!(github.step_merge_queue(REPO, "dev").await.unwrap(), Some(number));
    assert!(github.pull(REPO, number).unwrap().merged);
}

#[tokio::test]
async fn a_queue_that_does_not_take_it_says_why() {
    for (text, code, decision) in [
        ("Pull request At least 1 approving review is required.", "approvals-missing", "wait"),
        ("Pull request Required workflow 'x' is not satisfied", "checks-missing", "wait"),
        ("Pull request Pull request is not mergeable", "merge-queue-refused", "refuse"),
        ("Expected head oid to be a but it was b.", "merge-head-moved", "refuse"),
    ] {
        let (product, number) = queued().await;
        passes(&product).await;
        product.world().faults.add(Fault::once("github", "POST", "/graphql", graphql("UNPROCESSABLE", text)));
        let ended = run(&product, &["--fallback=merge-queue"]).await;
        assert_eq!((ended.code(), ended.output("decision")), (code, decision), "{}", ended.log);
        let pull = product.world().github.pull(REPO, number).unwrap();
        assert!(!pull.queued && !pull.merged);
    }
}

/// GraphQL refuses with status 200.
fn graphql(kind: &str, message: &str) -> sandbox::faults::Effect {
    let error = serde_json::json!({ "type": kind, "message": message, "path": ["x"] });
    sandbox::faults::Effect::Reply {
        status: 200,
        body: serde_json::json!({ "data": null, "errors": [error] }).to_string(),
        content_type: "application/json".to_owned(),
        headers: Vec::new(),
    }
}
