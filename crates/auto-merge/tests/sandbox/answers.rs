//! Every answer that GitHub is known to give to a merge, in its own words: what it is called, what it means, and that
//! nothing is merged.

use sandbox::faults::{Effect, Fault};
use serde_json::json;

use crate::{
    faults::reply,
    world::{Ended, Product, REPO},
};

/// A pull request of `dev` into `prod`, where every `method` to `path` is answered so.
async fn answered(method: &str, path: &str, effect: Effect, argv: &[&str]) -> (Product, Ended, usize) {
    let product = Product::new().await;
    product.promotion().await;
    let fault = Fault { times: None, ..Fault::once("github", method, path, effect) };
    product.world().faults.add(fault);
    let before = product.world().github.branches(REPO).await;
    let ended = product.run(&[&["--base=prod"], argv].concat()).await;
    let pull = product.world().github.pull(REPO, 1).unwrap();
    assert!(pull.open && !pull.merged, "{}", ended.log);
    assert_eq!(product.world().github.branches(REPO).await, before, "{}", ended.log);
    let calls = product.world().faults.calls();
    let tries = calls.iter().filter(|call| call.method == method && call.path.contains(path)).count();
    (product, ended, tries)
}

fn assert_is(ended: &Ended, (code, decision): (&str, &str), said: &str) {
    assert_eq!((ended.code(), ended.output("decision")), (code, decision), "{said}: {}", ended.log);
    assert_eq!((ended.output("merged"), ended.output("reason")), ("false", code), "{said}");
    assert!(!ended.failure.as_ref().unwrap().remedy.is_empty(), "{said}");
}

const WORKFLOW: &str = "refusing to allow a GitHub App to create or update workflow `.github/workflows/x.yml` without `workflows` permission";

#[tokio::test]
async fn what_does_not_change_is_tried_once() {
    for (status, message, expected) in [
        (
            405,
            "At least 1 approving review is required by reviewers with write access.",
            ("approvals-missing", "wait"),
        ),
        (
            405,
            "2 approving reviews are required by reviewers with write access.",
            ("approvals-missing", "wait"),
        ),
        (405, "Pull Request is still a draft", ("pull-request-draft", "wait")),
        (
            405,
            "Repository rule violations found\n\nChanges must be made through the merge queue\n\n",
            ("merge-queue-required", "configuration"),
        ),
        (
            405,
            "Repository rule violations found\n\nThis branch must not contain merge commits.\n\n",
            ("method-disabled", "configuration"),
        ),
        (
            405,
            "Repository rule violations found\n\nCommits must have verified signatures.\n\n",
            ("branch-rule-violated", "refuse"),
        ),
        (
            405,
            "A conversation must be resolved before this pull request can be merged.",
            ("branch-rule-violated", "refuse"),
        ),
        (405, "Required deployment to production has not succeeded", ("branch-rule-violated", "refuse")),
        (405, "Cannot change this locked branch", ("branch-rule-violated", "refuse")),
        (405, "Changes have been requested.", ("changes-requested", "refuse")),
        (405, "Waiting on code owner review from org/release.", ("approvals-missing", "wait")),
        (405, "Head branch is out of date with the base branch.", ("branch-behind", "refuse")),
        (405, "This branch can't be rebased", ("merge-conflict", "refuse")),
        (405, "Merge commits are not allowed on this repository.", ("method-disabled", "configuration")),
        (405, "Squash merges are not allowed on this repository.", ("method-disabled", "configuration")),
        (405, "Rebase merges are not allowed on this repository.", ("method-disabled", "configuration")),
        (
            405,
            "You're not authorized to push to this branch. Visit https://docs.github.com",
            ("merge-not-authorized", "configuration"),
        ),
        (409, "Head branch was modified. Review and try the merge again.", ("merge-head-moved", "refuse")),
        (409, "Head branch is out of date. Review and try the merge again.", ("merge-head-moved", "refuse")),
        (403, "Resource not accessible by integration", ("permission-denied", "configuration")),
        (403, "Repository was archived so is read-only.", ("repository-archived", "configuration")),
        (403, WORKFLOW, ("workflows-permission", "configuration")),
        (405, WORKFLOW, ("workflows-permission", "configuration")),
        (422, WORKFLOW, ("workflows-permission", "configuration")),
        (404, "Not Found", ("repository-not-found", "configuration")),
        (401, "Bad credentials", ("token-rejected", "configuration")),
        (422, "Validation Failed", ("unexpected-reply", "failed")),
    ] {
        let (_, ended, tries) = answered("PUT", "/merge", reply(status, message), &[]).await;
        assert_is(&ended, expected, message);
        assert_eq!(tries, 1, "{message}");
    }
}

#[tokio::test]
async fn what_may_change_is_tried_again_until_the_time_is_up() {
    for (status, message, expected) in [
        (405, "Pull Request is not mergeable", ("merge-blocked", "refuse")),
        (405, "Required status check \"ci\" is expected.", ("checks-missing", "wait")),
        (405, "2 of 3 required status checks are expected.", ("checks-missing", "wait")),
        (405, "Required status check \"ci\" is in progress.", ("checks-missing", "wait")),
        (500, "Server Error", ("github-unavailable", "failed")),
        (502, "Bad Gateway", ("github-unavailable", "failed")),
        (503, "Service Unavailable", ("github-unavailable", "failed")),
    ] {
        let (_, ended, tries) =
            answered("PUT", "/merge", reply(status, message), &["--timeout=2500ms"]).await;
        assert_is(&ended, expected, message);
        assert!(tries > 1, "{message}: {tries}");
    }
}

#[tokio::test]
async fn contention_is_spread_out_and_ends() {
    for message in ["Base branch was modified. Review and try the merge again.", "Merge already in progress"]
    {
        let (_, ended, tries) = answered("PUT", "/merge", reply(405, message), &["--timeout=2500ms"]).await;
        assert_is(&ended, ("merge-contended", "failed"), message);
        assert!((2..=4).contains(&tries), "{message}: {tries}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_is_no_merge_that_is_reported() {
    let (_, ended, tries) = answered("PUT", "/merge", Effect::Drop, &["--timeout=2500ms"]).await;
    assert_is(&ended, ("unreachable", "failed"), "a broken connection");
    assert!(tries > 1, "{tries}");
}

/// As GitHub words it (<https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api>).
const SECONDARY: &str =
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";

fn limited(status: u16, seconds: u64) -> Effect {
    Effect::Reply {
        status,
        body: json!({ "message": SECONDARY }).to_string(),
        content_type: "application/json".to_owned(),
        headers: vec![("retry-after".to_owned(), seconds.to_string())],
    }
}

#[tokio::test]
async fn a_secondary_limit_that_ends_in_time_is_waited_for() {
    for status in [403, 429] {
        let product = Product::new().await;
        let number = product.promotion().await;
        product.world().faults.add(Fault::once("github", "PUT", "/merge", limited(status, 1)));
        let ended = product.run(&["--base=prod"]).await;
        assert_eq!((ended.code(), ended.output("result")), ("", "merged"), "{}", ended.log);
        assert!(product.world().github.pull(REPO, number).unwrap().merged);
    }
}

#[tokio::test]
async fn a_secondary_limit_that_does_not_end_in_time_fails_at_once() {
    for status in [403, 429] {
        let (_, ended, tries) = answered("PUT", "/merge", limited(status, 60), &["--timeout=45s"]).await;
        assert_is(&ended, ("rate-limited", "failed"), SECONDARY);
        assert!(ended.failure.unwrap().remedy.contains("Run again in 60 s"), "{}", ended.log);
        assert_eq!(tries, 1);
    }
}

#[tokio::test]
async fn a_fast_forward_has_answers_of_its_own() {
    for (kind, message, expected) in [
        ("UNPROCESSABLE", "Update is not a fast forward", ("not-fast-forward", "refuse")),
        ("UNPROCESSABLE", "Changes must be made through a pull request.", ("branch-rule-violated", "refuse")),
        ("UNPROCESSABLE", "Required status check \"ci\" is expected.", ("checks-missing", "wait")),
        (
            "UNPROCESSABLE",
            "Repository rule violations found\n\nChanges must be made through the merge queue\n\n",
            ("branch-rule-violated", "refuse"),
        ),
        ("UNPROCESSABLE", WORKFLOW, ("workflows-permission", "configuration")),
        ("FORBIDDEN", "Resource not accessible by integration", ("permission-denied", "configuration")),
        ("NOT_FOUND", "Could not resolve to a node", ("repository-not-found", "configuration")),
    ] {
        let argv = ["--method=fast-forward", "--timeout=2s"];
        let (_, ended, _) = answered("POST", "/graphql", problem(kind, message), &argv).await;
        assert_is(&ended, expected, message);
    }
}

#[tokio::test]
async fn a_server_without_swaps_fast_forwards_too() {
    let product = Product::new().await;
    product.promotion().await;
    let old = problem("", "Field 'updateRefs' doesn't exist on type 'Mutation'");
    product.world().faults.add(Fault::once("github", "POST", "/graphql", old));
    let ended = product.run(&["--base=prod", "--method=fast-forward"]).await;
    assert_eq!((ended.code(), ended.output("result")), ("", "merged"), "{}", ended.log);
    assert_eq!(product.tip("prod").await, product.tip("dev").await);
}

/// As GraphQL says that something was not done.
fn problem(kind: &str, message: &str) -> Effect {
    Effect::Reply {
        status: 200,
        body: json!({ "errors": [{ "type": kind, "message": message }] }).to_string(),
        content_type: "application/json".to_owned(),
        headers: Vec::new(),
    }
}

#[tokio::test]
async fn a_branch_that_cannot_be_deleted_does_not_undo_the_merge() {
    for (status, message) in
        [(422, "Reference does not exist"), (422, "Cannot delete a protected branch"), (403, "Forbidden")]
    {
        let product = Product::new().await;
        product.commit("feature/a", "a.txt", "a\n").await;
        let github = &product.world().github;
        let number = github.open_pull(REPO, "feature/a", "dev", "alice", "A").await.unwrap();
        product.world().faults.add(Fault::once("github", "DELETE", "/git/refs", reply(status, message)));
        let ended = product.run(&["--base=dev", "--delete-head=feature/*"]).await;
        assert_eq!((ended.code(), ended.output("result")), ("", "merged"), "{message}: {}", ended.log);
        assert!(github.pull(REPO, number).unwrap().merged, "{message}");
    }
}
