//! Each answer that GitHub has for a branch that is moved or merged into, in its own words, and what becomes of it.

use sandbox::faults::{Effect, Fault};

use crate::world::{Ended, Product};

const WORKFLOW: &str = "refusing to allow a GitHub App to create or update workflow `.github/workflows/x.yml` without `workflows` permission";

/// What every write can be refused with.
const COMMON: &[(u16, &str, &str)] = &[
    (403, "Resource not accessible by integration", "permission-denied"),
    (403, "You have exceeded a secondary rate limit. Please wait a few minutes", "rate-limited"),
    (403, WORKFLOW, "workflows-permission"),
    (422, WORKFLOW, "workflows-permission"),
    (403, "Repository was archived so is read-only.", "repository-archived"),
    (401, "Bad credentials", "token-rejected"),
    (404, "Not Found", "repository-not-found"),
    (422, "Changes must be made through a pull request.", "branch-protected"),
    (
        409,
        "Repository rule violations found\n\nChanges must be made through the merge queue\n\n",
        "branch-protected",
    ),
    (422, "Required status check \"ci\" is expected.", "branch-protected"),
    (403, "You're not authorized to push to this branch. Visit the documentation.", "branch-protected"),
    (422, "Cannot change this locked branch", "branch-protected"),
    (409, "Commits must have verified signatures.", "branch-protected"),
    (422, "This branch must not contain merge commits.", "branch-protected"),
];
const OF_MOVES: &[(u16, &str, &str)] = &[
    (422, "Object does not exist", "commit-not-found"),
    (422, "Reference does not exist", "branch-not-found"),
    (422, "Update is not a fast forward", ""),
    (422, "Reference cannot be updated", ""),
    (422, "Reference update failed", ""),
    (500, "Server Error", ""),
];
const OF_MERGES: &[(u16, &str, &str)] = &[
    (404, "Head does not exist", "commit-not-found"),
    (404, "Base does not exist", "branch-not-found"),
    (409, "Base branch was modified. Review and try the merge again.", ""),
    (502, "Bad Gateway", ""),
];

async fn promote(product: &Product, sha: &str) -> Ended {
    product.run(&["--branch=dev", &format!("--to={sha}")]).await
}

/// Has each write refused once. Whatever is a failure has moved nothing; the rest is tried again.
async fn each(product: &Product, (method, path): (&str, &str), rows: &[(u16, &str, &str)], result: &str) {
    let mut sha = product.commit("prod", "values/prod.yaml", "tag: b\n").await;
    for (number, (status, message, code)) in COMMON.iter().chain(rows).enumerate() {
        let before = product.tip("dev").await;
        let body = format!("{{\"message\":{message:?}}}");
        let headers = Vec::new();
        let reply =
            Effect::Reply { status: *status, body, content_type: "application/json".to_owned(), headers };
        product.world().faults.add(Fault::once("github", method, path, reply));
        let ended = promote(product, &sha).await;
        assert_eq!(ended.code(), *code, "{status} {message}: {}", ended.log);
        if code.is_empty() {
            assert_eq!(ended.output("result"), result, "{message}: {}", ended.log);
            let text = format!("tag: c{number}\n");
            if method == "POST" {
                product.commit("dev", "app.py", &text).await;
            }
            sha = product.commit("prod", "values/prod.yaml", &text).await;
        } else {
            assert_eq!((ended.output("reason"), product.tip("dev").await), (*code, before), "{message}");
        }
    }
}

#[tokio::test]
async fn of_a_fast_forward() {
    let product = Product::new().await;
    each(&product, ("PATCH", "/git/refs/heads/dev"), OF_MOVES, "fast-forwarded").await;
}

#[tokio::test]
async fn of_a_back_merge() {
    let product = Product::new().await;
    product.commit("dev", "app.py", "v2\n").await;
    each(&product, ("POST", "/merges"), OF_MERGES, "back-merged").await;
}

#[tokio::test]
async fn histories_without_a_common_commit_are_said() {
    let product = Product::new().await;
    let reply = Effect::Reply {
        status: 404,
        body: r#"{"message":"No common ancestor between dev and prod."}"#.to_owned(),
        content_type: "application/json".to_owned(),
        headers: Vec::new(),
    };
    product.world().faults.add(Fault { times: None, ..Fault::once("github", "GET", "/compare/", reply) });
    let sha = product.commit("prod", "values/prod.yaml", "tag: b\n").await;
    let ended = promote(&product, &sha).await;
    assert_eq!(ended.code(), "histories-unrelated", "{}", ended.log);
}

#[tokio::test]
async fn a_short_rate_limit_is_waited_for() {
    let product = Product::new().await;
    let sha = product.commit("prod", "values/prod.yaml", "tag: b\n").await;
    let reply = Effect::Reply {
        status: 429,
        body: r#"{"message":"You have exceeded a secondary rate limit"}"#.to_owned(),
        content_type: "application/json".to_owned(),
        headers: vec![("retry-after".to_owned(), "1".to_owned())],
    };
    product.world().faults.add(Fault::once("github", "PATCH", "/git/refs/heads/dev", reply));
    let ended = promote(&product, &sha).await;
    assert_eq!(ended.output("result"), "fast-forwarded", "{}", ended.log);
}
