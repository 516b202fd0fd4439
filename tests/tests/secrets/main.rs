//! Every secret in play is searched for in all output, in the arguments of child processes and in the files that are
//! left behind; the one credential file is the only place where one may be.
#![expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a panic is how a test fails, and PATH is the machine's"
)]

mod pushing;
mod search;

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use e2e::{Product, REPOSITORY, Step};
use search::{assert_none, left_behind, recorder, secrets};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_seen_on_the_way_through_all_actions() {
    let product = Product::start().await;
    let (path, record) = recorder(&product);
    let host = product.world().urls.registry.trim_start_matches("http://").to_owned();
    let sources =
        product.file("source/Dockerfile", format!("FROM {host}/base/python:3.12-slim\n").as_bytes());
    let sources = sources.parent().map(|p| p.display().to_string()).unwrap_or_default();

    let number = product.feature("feature/hello").await;
    let event = product.world().github.event_payload(REPOSITORY, number, "opened", "alice", None);
    let permissions = [("contents", "write"), ("pull-requests", "write"), ("id-token", "write")];
    let mut env = product.run("pull_request_target", &event.unwrap_or_default(), "dev", &permissions);
    env.insert("PATH".into(), path);
    env.insert("RUNNER_DEBUG".into(), "1".into());
    let github_token = env.remove("INPUT_TOKEN").unwrap_or_default();
    let tokens = [github_token.clone(), env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"].clone()];
    let step = |action: &str| Step::in_actions(action).envs(&env);

    let merge =
        step("auto-merge").input("token", &github_token).input("base", "dev").input("head", "feature/*");
    let merge = merge.finish().await.ok();
    let sha = merge.output("sha").to_owned();

    let login = step("oidc-ecr-login")
        .input("role-to-assume", "arn:aws:iam::123456789012:role/day2-dev")
        .input("aws-region", "eu-central-1");
    let login = login.finish().await.ok();
    let config = PathBuf::from(login.output("docker-config"));
    let credential = config.join("config.json");
    assert_eq!(fs::metadata(&credential).expect("the file").permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(&config).expect("the directory").permissions().mode() & 0o777, 0o700);

    let push = step("multiarch-push")
        .env("DOCKER_CONFIG", config.to_string_lossy())
        .input("image", format!("{host}/product/dev"))
        .input("tags", &sha)
        .input("context", sources);
    let push = push.finish().await.ok();

    let bump = step("bump-values")
        .input("token", &github_token)
        .input("files", "values/dev.values.yaml")
        .input("set", format!("image.tag={sha}"))
        .input("branch", "dev");
    let bump = bump.finish().await.ok();

    // By Git, as an App: its key, its token, and the answer to git's question for a password.
    let app = product.world().github.create_app("deploy").expect("an App");
    product.world().github.install_app(app.id, "org", &[REPOSITORY], &[("contents", "write")]);
    let by_git = step("bump-values")
        .env("INPUT_APP_PRIVATE_KEY", &app.pem)
        .input("app-id", app.id.to_string())
        .input("method", "git")
        .input("files", "values/prod.values.yaml")
        .input("set", format!("image.tag={sha}"))
        .input("branch", "dev");
    let by_git = by_git.finish().await.ok();

    let sync = step("argocd-sync")
        .input("token", product.argocd_token())
        .input("server", &product.world().urls.argocd)
        .input("application", "dev")
        .input("revision", by_git.output("commit"))
        .input("wait-for", "old-pods-gone")
        .input("settle", "0s");
    let sync = sync.finish().await.ok();

    let forward = step("fast-forward")
        .input("token", &github_token)
        .input("branch", "main")
        .input("to", bump.output("commit"));
    let forward = forward.finish().await.ok();

    let secrets = secrets(&product, &tokens);
    assert!(secrets.len() >= 8, "{} secrets were in play", secrets.len());
    for (name, finished) in [
        ("auto-merge", &merge),
        ("oidc-ecr-login", &login),
        ("multiarch-push", &push),
        ("bump-values", &bump),
        ("bump-values by Git as an App", &by_git),
        ("argocd-sync", &sync),
        ("fast-forward", &forward),
    ] {
        assert!(finished.stdout.contains("::debug::"), "{name} shows its calls:\n{}", finished.log());
        assert_none(&secrets, &left_behind(finished, Some(&credential)), name);
    }
    let arguments = fs::read_to_string(&record).expect("the record");
    assert!(arguments.contains("git"), "child processes were recorded");
    assert_none(&secrets, &[("the arguments of child processes".to_owned(), arguments)], "all actions");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_seen_when_servers_refuse_and_repeat_what_they_were_sent() {
    let product = Product::start().await;
    let permissions = [("contents", "write"), ("pull-requests", "write"), ("id-token", "write")];
    let mut env = product.run("push", &json!({}), "dev", &permissions);
    env.insert("RUNNER_DEBUG".into(), "1".into());
    let token = env.remove("INPUT_TOKEN").unwrap_or_default();
    let request_token = env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"].clone();
    let role = "arn:aws:iam::123456789012:role/day2-prod";
    let refused = [
        Step::in_actions("oidc-ecr-login")
            .envs(&env)
            .input("role-to-assume", role)
            .input("aws-region", "eu-central-1"),
        Step::in_actions("bump-values")
            .envs(&env)
            .input("token", format!("{token}x"))
            .input("files", "values/dev.values.yaml")
            .input("set", "image.tag=v2")
            .input("branch", "dev"),
        Step::in_actions("argocd-sync")
            .envs(&env)
            .input("token", &token)
            .input("server", &product.world().urls.argocd)
            .input("application", "dev")
            .input("revision", product.tip("dev").await)
            .input("timeout", "5s"),
    ];
    for step in refused {
        let finished = step.finish().await;
        assert!(matches!(finished.code, Some(1..=3)), "{}", finished.log());
        let secrets = secrets(&product, &[token.clone(), request_token.clone()]);
        assert_none(&secrets, &left_behind(&finished, None), "a refused step");
    }
}
