//! `kill -9` at every call that an action makes, before and after it took effect, then a second run: the same end
//! state as of one clean run.
#![expect(clippy::expect_used, reason = "a panic is how a test fails")]

use std::fmt::Debug;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use e2e::{Product, REPOSITORY, Step, Variables};
use sandbox::stop::When;
use serde_json::{Value, json};

/// Kills `action` at each call of its clean run. `prepare` sets a fresh world up and returns the step's environment;
/// `state` is what must be the same in the end.
async fn at_every_call<S: PartialEq + Debug>(
    action: &str,
    prepare: impl AsyncFn(&Product) -> Variables,
    state: impl AsyncFn(&Product) -> S,
) {
    let clean = Product::start().await;
    let env = prepare(&clean).await;
    let before = clean.world().faults.calls().len();
    drop(Step::in_actions(action).envs(&env).finish().await.ok());
    let calls = clean.world().faults.calls().split_off(before);
    let wanted = state(&clean).await;
    assert!(!calls.is_empty(), "{action} makes calls");
    let mut killed = 0;
    for (index, call) in calls.iter().enumerate() {
        for when in [When::BeforeEffect, When::AfterEffect] {
            let product = Product::start().await;
            let env = prepare(&product).await;
            let stop = product.world().faults.stop_at(index, when);
            let (mut child, _runner) = Step::in_actions(action).envs(&env).spawn();
            tokio::select! {
                () = stop.reached() => killed += 1,
                // Concurrent calls come in another order each time, so the last ones may not come at all.
                _ = child.wait() => {}
            }
            child.kill().await.expect("the process is ours");
            product.world().faults.clear();
            let second = Step::in_actions(action).envs(&env).finish().await;
            let place = format!("{action} killed at call {index}, {} {}, {when:?}", call.method, call.path);
            assert_eq!(second.code, Some(0), "{place}\n{}", second.log());
            assert_eq!(state(&product).await, wanted, "{place}\n{}", second.log());
        }
    }
    assert!(killed >= calls.len(), "{action}: {killed} of {} runs were killed", 2 * calls.len());
}

/// Adds inputs to a run's environment.
fn with(mut env: Variables, inputs: &[(&str, &str)]) -> Variables {
    for (name, value) in inputs {
        env.insert(format!("INPUT_{}", name.to_uppercase().replace('-', "_")), (*value).to_owned());
    }
    env
}

/// Returns a branch's files and the parents of its last commits: what a history is, without times and ids.
async fn history(product: &Product, branch: &str) -> (Vec<usize>, String) {
    let github = &product.world().github;
    let mut parents = Vec::new();
    let mut at = product.tip(branch).await;
    while let Some(found) = github.parents(REPOSITORY, &at).await.filter(|found| !found.is_empty()) {
        parents.push(found.len());
        at.clone_from(&found[0]);
    }
    let values = github.read_file(REPOSITORY, branch, "values/dev.values.yaml").await.unwrap_or_default();
    let port = product.world().urls.registry.clone();
    let host = port.trim_start_matches("http://");
    (parents, String::from_utf8_lossy(&values).replace(host, "HOST"))
}

#[tokio::test(flavor = "multi_thread")]
async fn auto_merge() {
    let prepare = async |product: &Product| {
        let number = product.feature("feature/hello").await;
        let event = product.world().github.event_payload(REPOSITORY, number, "opened", "alice", None);
        let permissions = [("contents", "write"), ("pull-requests", "write")];
        let env = product.run("pull_request_target", &event.expect("an event"), "dev", &permissions);
        with(env, &[("base", "dev"), ("head", "feature/*")])
    };
    let state = async |product: &Product| {
        let pull = product.world().github.pull(REPOSITORY, 1).expect("the pull request");
        (pull.merged, pull.merge_commit_sha == Some(product.tip("dev").await), history(product, "dev").await)
    };
    at_every_call("auto-merge", prepare, state).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn oidc_ecr_login() {
    let directory = tempfile::tempdir().expect("a directory");
    let temporary = directory.path().to_string_lossy().into_owned();
    let prepare = async |product: &Product| {
        // The runner empties its temporary directory before each job, so a killed run leaves nothing to the next.
        for entry in std::fs::read_dir(directory.path()).expect("a directory").flatten() {
            std::fs::remove_dir_all(entry.path()).expect("an old run's directory");
        }
        let mut env = product.run("push", &json!({}), "dev", &[("id-token", "write")]);
        env.remove("INPUT_TOKEN");
        env.insert("RUNNER_TEMP".into(), temporary.clone());
        let role = "arn:aws:iam::123456789012:role/day2-dev";
        with(env, &[("role-to-assume", role), ("aws-region", "eu-central-1")])
    };
    let state = async |product: &Product| {
        let mut files = Vec::new();
        let mut folders = vec![directory.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a directory").flatten() {
                if entry.path().is_dir() {
                    folders.push(entry.path());
                } else {
                    files
                        .push((entry.file_name(), std::fs::read_to_string(entry.path()).unwrap_or_default()));
                }
            }
        }
        let is_valid = |text: &str| {
            let config: Value = serde_json::from_str(text).unwrap_or_default();
            let host = product.world().urls.registry.trim_start_matches("http://").to_owned();
            config["auths"][host]["auth"].as_str().is_some_and(|auth| !auth.is_empty())
        };
        files.into_iter().map(|(name, text)| (name, is_valid(&text))).collect::<Vec<_>>()
    };
    at_every_call("oidc-ecr-login", prepare, state).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn multiarch_push() {
    let sources = tempfile::tempdir().expect("a directory");
    let context = sources.path().to_string_lossy().into_owned();
    std::fs::write(sources.path().join("app.py"), "print(\"hello\")\n").expect("a file");
    let dockerfile = "ARG BASE\nFROM ${BASE}\nCOPY app.py /app/app.py\nCMD [\"python\", \"/app/app.py\"]\n";
    std::fs::write(sources.path().join("Dockerfile"), dockerfile).expect("a file");
    let prepare = async |product: &Product| {
        let host = product.world().urls.registry.trim_start_matches("http://").to_owned();
        let password = product.world().ecr.issue_password("arn:aws:iam::123456789012:role/day2-dev");
        let auth = STANDARD.encode(format!("AWS:{password}"));
        let config = json!({ "auths": { &host: { "auth": auth } } });
        let path = product.file("docker/config.json", config.to_string().as_bytes());
        let mut env = product.run("push", &json!({}), "dev", &[]);
        env.remove("INPUT_TOKEN");
        env.insert(
            "DOCKER_CONFIG".into(),
            path.parent().map(|p| p.display().to_string()).unwrap_or_default(),
        );
        env.insert("SOURCE_DATE_EPOCH".into(), "1700000000".into());
        let base = format!("BASE={host}/base/python:3.12-slim");
        let image = format!("{host}/product/dev");
        with(env, &[("image", &image), ("tags", "v1"), ("context", &context), ("build-args", &base)])
    };
    let state = async |product: &Product| {
        let registry = &product.world().registry;
        let tagged = registry.manifest("product/dev", "v1").is_some();
        let index = registry.manifest("product/dev", "v1").map(|(_, _, bytes)| bytes).unwrap_or_default();
        let index: Value = serde_json::from_slice(&index).unwrap_or_default();
        let platforms: Vec<Value> = index["manifests"]
            .as_array()
            .cloned()
            .unwrap_or_default()
            .iter()
            .map(|m| m["platform"].clone())
            .collect();
        (tagged, platforms, registry.tags("product/dev").len(), registry.manifests("product/dev").len())
    };
    at_every_call("multiarch-push", prepare, state).await;
}

/// Kills a bump that writes by `method`.
async fn bump_values_by(method: &str) {
    let prepare = async |product: &Product| {
        let env = product.run("push", &json!({}), "dev", &[("contents", "write")]);
        let inputs = [("files", "values/dev.values.yaml"), ("set", "image.tag=1.20"), ("branch", "dev")];
        with(with(env, &inputs), &[("method", method)])
    };
    let state = async |product: &Product| history(product, "dev").await;
    at_every_call("bump-values", prepare, state).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bump_values() {
    bump_values_by("graphql").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bump_values_by_git_data() {
    bump_values_by("git-data").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bump_values_by_git() {
    bump_values_by("git").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn argocd_sync() {
    let prepare = async |product: &Product| {
        let world = product.world();
        let registry = &world.registry;
        registry.seed_base_image("product/dev", "v2", &["linux/amd64"]).expect("an image");
        let values =
            world.github.read_file(REPOSITORY, "dev", "values/dev.values.yaml").await.expect("values");
        let values = String::from_utf8_lossy(&values).replace(sandbox::seed::FIRST_TAG, "v2");
        let files: &[(&str, &[u8])] = &[("values/dev.values.yaml", values.as_bytes())];
        let github = &world.github;
        let sha = github.commit_files(REPOSITORY, "dev", "alice", "v2", files).await.expect("a commit");
        let mut env = product.run("push", &json!({}), "dev", &[]);
        env.insert("INPUT_TOKEN".into(), product.argocd_token().to_owned());
        let inputs = [
            ("server", world.urls.argocd.as_str()),
            ("application", "dev"),
            ("revision", &sha),
            ("wait-for", "old-pods-gone"),
            ("settle", "0s"),
        ];
        with(env, &inputs)
    };
    let state = async |product: &Product| {
        let app = product.world().argocd.application("dev").expect("the application");
        let is_new = |image: &String| image.ends_with(":v2");
        let served = app.synced_revision == Some(product.tip("dev").await);
        (app.sync, app.health, app.images.iter().all(is_new), served, app.history.len())
    };
    at_every_call("argocd-sync", prepare, state).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fast_forward() {
    let prepare = async |product: &Product| {
        let files: &[(&str, &[u8])] = &[("app.py", b"print(\"prod\")\n")];
        let github = &product.world().github;
        let sha = github.commit_files(REPOSITORY, "prod", "alice", "prod", files).await.expect("a commit");
        let env =
            product.run("push", &json!({}), "prod", &[("contents", "write"), ("pull-requests", "write")]);
        with(env, &[("branch", "dev"), ("to", &sha)])
    };
    let state = async |product: &Product| product.tip("dev").await == product.tip("prod").await;
    at_every_call("fast-forward", prepare, state).await;
}
