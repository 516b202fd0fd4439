//! Branches that take no direct update: said before it is tried where that is sure, and what to do instead.

use sandbox::github::BranchRules;

use crate::world::{Ended, Product, REPO};

const WORKFLOW: &str = ".github/workflows/ci.yml";

async fn promote(product: &Product, sha: &str, more: &[&str]) -> Ended {
    let to = format!("--to={sha}");
    product.run(&[&["--branch=dev", to.as_str()], more].concat()).await
}

fn protect(product: &Product, rules: BranchRules) {
    product.world().github.add_rules(REPO, rules);
}

#[tokio::test]
async fn a_rule_that_surely_forbids_it_is_found_before_trying() {
    let product = Product::new().await;
    let sha = product.commit("prod", "values/prod.yaml", "tag: b\n").await;
    protect(&product, BranchRules::pull_requests_only("dev"));
    for more in [&[][..], &["--dry-run"]] {
        let ended = promote(&product, &sha, more).await;
        assert_eq!((ended.code(), ended.output("reason")), ("branch-protected", "branch-protected"));
        let failure = ended.failure.unwrap();
        let rule = "`pull_request` of ruleset 1 of org/day2-product";
        assert!(failure.cause.contains(rule), "{failure}");
        assert!(failure.remedy.contains("bypass ruleset 1 of org/day2-product"), "{}", failure.remedy);
    }
    assert_eq!(product.calls(0, "PATCH", "/git/refs"), 0);
}

#[tokio::test]
async fn what_could_not_be_read_forbids_nothing_for_sure() {
    let product = Product::new().await;
    let github = &product.world().github;
    let sha = product.commit("prod", "values/prod.yaml", "tag: b\n").await;
    github.open_pull(REPO, "prod", "dev", "alice", "Back to dev").await.unwrap();
    protect(&product, BranchRules::pull_requests_only("dev"));
    // The pull request of which the commit is the head cannot be seen.
    let argv = ["--branch=dev", &format!("--to={sha}")];
    let ended = product.run_with(&argv, &[("contents", "write")]).await;
    assert!(ended.log.contains("GitHub says:"), "{}", ended.log);
    assert_eq!(product.calls(0, "PATCH", "/git/refs/heads/dev"), 1);
}

#[tokio::test]
async fn an_app_tries_and_passes_where_it_is_let_past() {
    let product = Product::new().await;
    let sha = product.commit("prod", "values/prod.yaml", "tag: b\n").await;
    protect(&product, BranchRules::pull_requests_only("dev"));
    let argv = ["--branch=dev", &format!("--to={sha}")];
    let write = [("contents", "write"), ("pull_requests", "write")];
    let refused = product.run_as_app(&argv, &write).await;
    assert_eq!(refused.code(), "branch-protected", "{}", refused.log);
    assert!(refused.log.contains("GitHub says: Repository rule violations found"), "{}", refused.log);
    product.world().github.clear_rules(REPO);
    protect(&product, BranchRules::pull_requests_only("dev").bypassed_by(&["deploy[bot]"]));
    let passed = product.run_as_app(&argv, &write).await;
    assert_eq!(
        (passed.output("result"), product.tip("dev").await),
        ("fast-forwarded", sha),
        "{}",
        passed.log
    );
}

#[tokio::test]
async fn by_choice_the_pull_request_is_opened_instead() {
    let product = Product::new().await;
    let github = &product.world().github;
    let sha = product.commit("prod", "values/prod.yaml", "tag: b\n").await;
    protect(&product, BranchRules::pull_requests_only("dev"));
    let policy = ["--on-protected=pull-request"];
    let dry = promote(&product, &sha, &[policy[0], "--dry-run"]).await;
    assert_eq!(
        (dry.output("result"), github.pulls(REPO).len()),
        ("would-open-pull-request", 0),
        "{}",
        dry.log
    );
    let ended = promote(&product, &sha, &policy).await;
    assert_eq!(
        (ended.code(), ended.output("result"), ended.output("reason")),
        ("", "pull-request", "branch-protected"),
        "{}",
        ended.log
    );
    assert!(ended.log.contains("required checks never run"), "{}", ended.log);
    let next = product.commit("prod", "values/prod.yaml", "tag: c\n").await;
    let dry = promote(&product, &next, &[policy[0], "--dry-run"]).await;
    assert_eq!(dry.output("pull-request"), ended.output("pull-request"), "{}", dry.log);
    assert_eq!((dry.output("result"), dry.output("decision")), ("would-add-to-pull-request", "wait"));
    promote(&product, &next, &policy).await;
    let [pull] = &github.pulls(REPO)[..] else { panic!("{:?}", github.pulls(REPO)) };
    assert_eq!((&pull.head_sha, pull.title.as_str()), (&next, &*format!("Merge {} into dev", &next[..7])));
    assert!(pull.body.contains("changes need a pull request"), "{}", pull.body);
    github.press_merge(REPO, pull.number, "maria").await.unwrap();
    assert!(github.contains(REPO, "dev", &next).await);
    assert_eq!(promote(&product, &next, &policy).await.output("result"), "up-to-date");
}

#[tokio::test]
async fn classic_protection_is_named_as_what_it_is() {
    let product = Product::new().await;
    let sha = product.commit("prod", "values/prod.yaml", "tag: b\n").await;
    protect(&product, BranchRules { classic: true, ..BranchRules::pull_requests_only("dev") });
    let ended = promote(&product, &sha, &[]).await;
    assert_eq!(ended.code(), "branch-protected", "{}", ended.log);
    let failure = ended.failure.unwrap();
    assert!(failure.notes[0].contains("branch protection rule"), "{:?}", failure.notes);
    assert!(failure.remedy.contains("Settings, Branches"), "{}", failure.remedy);
}

#[tokio::test]
async fn required_checks_can_be_there_for_the_commit_but_not_for_a_merge() {
    let product = Product::new().await;
    let sha = product.commit("prod", "values/prod.yaml", "tag: b\n").await;
    let rules = BranchRules {
        required_checks: vec!["ci".to_owned()],
        pattern: "dev".to_owned(),
        ..BranchRules::default()
    };
    protect(&product, rules);
    let tried = promote(&product, &sha, &[]).await;
    assert_eq!(tried.code(), "branch-protected", "{}", tried.log);
    assert!(tried.log.contains("Required status check \\\"ci\\\" is expected"), "{}", tried.log);

    product.commit("dev", "app.py", "v2\n").await;
    let merge = promote(&product, &sha, &[]).await;
    assert!(merge.failure.unwrap().cause.contains("a new merge commit has none"), "{}", merge.log);
    assert_eq!(product.calls(0, "POST", "/merges"), 0);
    let proposed = promote(&product, &sha, &["--on-protected=pull-request"]).await;
    assert_eq!(proposed.output("result"), "pull-request", "{}", proposed.log);
}

#[tokio::test]
async fn a_rule_for_the_pull_requests_own_branch_is_said() {
    let product = Product::new().await;
    product.commit("dev", "app.py", "ours\n").await;
    let sha = product.commit("prod", "app.py", "theirs\n").await;
    protect(&product, BranchRules::pull_requests_only("day2/*"));
    let ended = promote(&product, &sha, &[]).await;
    assert_eq!(ended.code(), "branch-protected", "{}", ended.log);
    assert!(ended.failure.unwrap().remedy.contains("Exclude `day2/sync-dev`"));
}

#[tokio::test]
async fn runs_that_may_open_no_pull_requests_are_told_so() {
    let product = Product::new().await;
    product.commit("dev", "app.py", "ours\n").await;
    let sha = product.commit("prod", "app.py", "theirs\n").await;
    product.world().github.let_runs_open_pulls(REPO, false);
    let ended = promote(&product, &sha, &[]).await;
    assert_eq!(ended.code(), "pull-request-not-allowed", "{}", ended.log);
}

/// A commit whose workflow file is in no other branch any more: GitHub lets such a file pass with *Workflows* only.
async fn with_workflow(product: &Product) -> String {
    let sha = product.commit("prod", WORKFLOW, "on: push\n").await;
    product.commit("prod", WORKFLOW, "on: pull_request\n").await;
    sha
}

#[tokio::test]
async fn workflow_files_are_explained_and_can_wait_in_a_pull_request() {
    let product = Product::new().await;
    let (before, sha) = (product.tip("dev").await, with_workflow(&product).await);
    let ended = promote(&product, &sha, &[]).await;
    assert_eq!((ended.code(), product.tip("dev").await), ("workflows-permission", before), "{}", ended.log);
    let failure = ended.failure.unwrap();
    assert!(failure.remedy.contains("*Workflows: write*"), "{}", failure.remedy);
    assert!(!failure.remedy.contains("  "), "{}", failure.remedy);
    assert!(failure.notes.iter().any(|note| note.contains(WORKFLOW)), "{:?}", failure.notes);

    let ended = promote(&product, &sha, &["--on-protected=pull-request"]).await;
    assert_eq!(
        (ended.output("result"), ended.output("reason")),
        ("pull-request", "workflows-permission"),
        "{}",
        ended.log
    );
}

#[tokio::test]
async fn an_app_asks_for_workflows_only_once_they_are_needed() {
    let product = Product::new().await;
    let sha = with_workflow(&product).await;
    let argv = ["--branch=dev", &format!("--to={sha}")];
    let some = [("contents", "write"), ("pull_requests", "write")];
    let lacks = product.run_as_app(&argv, &some).await;
    assert_eq!(lacks.code(), "workflows-permission", "{}", lacks.log);
    assert!(lacks.log.contains("app-permission-missing"), "{}", lacks.log);

    let before = product.world().faults.calls().len();
    let all = [some[0], some[1], ("workflows", "write")];
    let ended = product.run_as_app(&argv, &all).await;
    assert_eq!((ended.output("result"), product.tip("dev").await), ("fast-forwarded", sha), "{}", ended.log);
    assert_eq!(product.calls(before, "POST", "/access_tokens"), 2);
    assert_eq!(product.calls(before, "DELETE", "/installation/token"), 2);
}

#[tokio::test]
async fn an_app_without_workflows_can_open_the_pull_request() {
    let product = Product::new().await;
    let sha = with_workflow(&product).await;
    let argv = ["--branch=dev", &format!("--to={sha}"), "--on-protected=pull-request"];
    let waits = product.run_as_app(&argv, &[("contents", "write"), ("pull_requests", "write")]).await;
    assert_eq!(waits.output("result"), "pull-request", "{}", waits.log);
    assert_eq!(product.calls(0, "DELETE", "/installation/token"), 1);
}
