//! What a server refuses, with the whole text that a person sees.

use e2e::{Finished, Product, Step};
use serde_json::json;

const BUMP: &[(&str, &str)] =
    &[("files", "values/dev.values.yaml"), ("set", "image.tag=1.20"), ("branch", "dev"), ("timeout", "10s")];

/// Checks exit code and log against a snapshot, without what differs from run to run.
macro_rules! assert_shown {
    ($finished:expr) => {
        let finished: Finished = $finished;
        let log: String = finished
            .log()
            .lines()
            .filter(|line| !line.starts_with("::add-mask::"))
            .map(|line| format!("{line}\n"))
            .collect();
        insta::with_settings!({ filters => vec![
            (r"127\.0\.0\.1:\d{4,5}", "127.0.0.1:PORT"),
            (r"\b[0-9a-f]{40}\b", "<sha>"),
            (r"the head is [0-9a-f]{7}", "the head is <short>"),
            (r"request id: [0-9A-F:]+", "request id: <id>"),
            (r"day2-product-\d+-1", "day2-product-<run>-1"),
            (r"iat: [0-9TZ:.-]+", "iat: <time>"),
        ] }, { insta::assert_snapshot!(format!("exit {}\n{}", finished.code.unwrap_or(-1), log.trim_end())) });
    };
}

/// Runs bump-values with a token that has these permissions, or with a wrong one.
async fn bump(permissions: &[(&str, &str)], token: Option<&str>) -> Finished {
    let product = Product::start().await;
    let before = product.tip("dev").await;
    let mut env = product.run("push", &json!({}), "dev", permissions);
    if let Some(token) = token {
        env.insert("INPUT_TOKEN".into(), token.to_owned());
    }
    let step = BUMP
        .iter()
        .fold(Step::in_actions("bump-values").envs(&env), |step, (name, value)| step.input(name, value));
    let finished = step.finish().await;
    assert_eq!(product.tip("dev").await, before, "nothing is written");
    finished
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_github_does_not_know() {
    assert_shown!(bump(&[("contents", "write")], Some("ghs_wrong")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_may_only_read() {
    assert_shown!(bump(&[("contents", "read")], None).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_without_contents_write() {
    let product = Product::start().await;
    let number = product.feature("feature/hello").await;
    let event = product.world().github.event_payload(e2e::REPOSITORY, number, "opened", "alice", None);
    let permissions = [("contents", "read"), ("pull-requests", "write")];
    let env = product.run("pull_request_target", &event.unwrap_or_default(), "dev", &permissions);
    let step = Step::in_actions("auto-merge").envs(&env).input("base", "dev").input("timeout", "10s");
    let finished = step.finish().await;
    assert_eq!((finished.output("merged"), finished.output("result")), ("false", "failed"));
    assert_shown!(finished);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promotion_without_the_label() {
    let product = Product::start().await;
    let github = &product.world().github;
    let files: &[(&str, &[u8])] = &[("app.py", b"print(1)\n")];
    github.commit_files(e2e::REPOSITORY, "dev", "alice", "new", files).await.expect("a commit");
    let number =
        github.open_pull(e2e::REPOSITORY, "dev", "prod", "alice", "Promote").await.expect("a pull request");
    let event = github.event_payload(e2e::REPOSITORY, number, "opened", "alice", None);
    let permissions = [("contents", "write"), ("pull-requests", "write")];
    let env = product.run("pull_request_target", &event.unwrap_or_default(), "prod", &permissions);
    let step = Step::in_actions("auto-merge")
        .envs(&env)
        .input("base", "prod")
        .input("head", "dev")
        .input("labels", "approval");
    assert_shown!(step.finish().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_argo_cd_does_not_know() {
    let product = Product::start().await;
    let mut env = product.run("push", &json!({}), "dev", &[]);
    env.insert("INPUT_TOKEN".into(), "wrong".into());
    let step = Step::in_actions("argocd-sync")
        .envs(&env)
        .input("server", &product.world().urls.argocd)
        .input("application", "dev")
        .input("revision", product.tip("dev").await)
        .input("timeout", "10s");
    assert_shown!(step.finish().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_does_not_trust_the_job() {
    let product = Product::start().await;
    let env = product.run("push", &json!({}), "dev", &[("id-token", "write")]);
    let step = Step::in_actions("oidc-ecr-login")
        .envs(&env)
        .input("role-to-assume", "arn:aws:iam::123456789012:role/day2-prod")
        .input("aws-region", "eu-central-1");
    assert_shown!(step.finish().await);
}
