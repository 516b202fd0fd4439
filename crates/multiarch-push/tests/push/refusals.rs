//! What cannot be pushed, and what is said about it.

use model::{Exit, Failure};
use sandbox::faults::{Call, Effect, Fault};

use crate::stage::{DOCKERFILE, SHA, Stage};

async fn refused(stage: &Stage, more: &[&str]) -> Failure {
    let failure = stage.push(more).await.unwrap_err();
    assert!(!stage.world().registry.has("product/dev", SHA));
    failure
}

#[tokio::test]
async fn a_missing_repository_is_told_before_anything_is_sent() {
    let stage = Stage::new().await;
    let mut argv = stage.argv();
    argv[0] = format!("--image={}/product/none", stage.registry());
    let failure = stage.run(argv.iter().map(String::as_str)).await.unwrap_err();
    assert_eq!(failure.code.id, "repository-missing");
    assert!(failure.cause.contains("there is no repository `product/none`"), "{failure}");
    assert_eq!(stage.world().registry.bytes_received("product/none"), 0);
    // Unless the registry makes repositories on push.
    stage.world().registry.configure(|settings| settings.create_on_push = true);
    stage.run(argv.iter().map(String::as_str)).await.unwrap();
    assert!(stage.world().registry.has("product/none", SHA));
}

#[tokio::test]
async fn credentials_that_are_wrong_missing_or_expired_are_told_apart() {
    let stage = Stage::new().await.login("wrong");
    let failure = refused(&stage, &[]).await;
    assert_eq!(failure.code.id, "registry-unauthorized");
    assert!(failure.cause.contains("refused the credential of `AWS`"), "{failure}");
    assert!(failure.remedy.contains("oidc-ecr-login"), "{}", failure.remedy);
    stage.write("docker/config.json", "{}");
    let failure = refused(&stage, &[]).await;
    assert!(failure.cause.contains("wants a login, and Docker's configuration has none"), "{failure}");
    let calls = stage.world().faults.calls().len();
    assert!(calls < 10, "{calls} calls: a refusal must not be repeated");
}

/// As Docker Hub, GHCR and Harbor answer a push to somebody who may only pull.
#[tokio::test]
async fn a_good_token_that_does_not_allow_a_push_is_refused_once() {
    let other = Stage::new().await;
    other.world().registry.allow_anonymous_pull("base/python");
    for (error, tokens) in [(r#",error="insufficient_scope""#, 1), ("", 2)] {
        let stage = Stage::new().await;
        let registry = &stage.world().registry;
        registry.configure(|settings| settings.auth = sandbox::registry::Auth::Bearer);
        let realm = &stage.world().urls.registry;
        let scope = "repository:product/dev:pull,push";
        let challenge = format!(r#"Bearer realm="{realm}/token",service="sandbox",scope="{scope}"{error}"#);
        let refusal = Effect::Reply {
            status: 401,
            body: r#"{"errors":[{"code":"DENIED","message":"access to the resource is denied"}]}"#.to_owned(),
            content_type: "application/json".to_owned(),
            headers: vec![("www-authenticate".to_owned(), challenge)],
        };
        let fault = Fault::once("registry", "POST", "/product/dev/blobs/uploads/", refusal);
        stage.world().faults.add(Fault { times: None, ..fault });
        let base = format!("--build-args=BASE={}/base/python:3", other.registry());
        let failure = refused(&stage, &[&base]).await;
        assert_eq!(failure.code.id, "registry-denied", "{failure}");
        assert!(failure.cause.contains("access to the resource is denied (HTTP 401)"), "{failure}");
        let calls = stage.world().faults.calls();
        let of_dev = |call: &&Call| call.path.starts_with("/token") && call.path.contains("product");
        let asked = calls.iter().filter(of_dev).count();
        assert!(asked <= tokens, "{asked} tokens for {error}");
    }
}

#[tokio::test]
async fn a_dockerfile_with_run_names_the_line() {
    let mut stage = Stage::new().await;
    stage.env.insert("PATH".to_owned(), "/nonexistent".to_owned());
    stage.write("context/Dockerfile", &format!("{DOCKERFILE}RUN make\n"));
    let failure = refused(&stage, &[]).await;
    assert_eq!((failure.code.id, failure.code.exit), ("dockerfile-needs-builder", Exit::Input));
    let location = failure.location.unwrap();
    assert_eq!((location.file.as_str(), location.line), ("Dockerfile", Some(9)));
    assert!(stage.world().faults.calls().is_empty());
}

#[tokio::test]
async fn mistakes_in_files_name_their_line() {
    let mut stage = Stage::new().await;
    stage.env.insert("PATH".to_owned(), "/nonexistent".to_owned());
    for (dockerfile, code, cause) in [
        ("FROM a\nFORM b\n", "dockerfile-invalid", "Dockerfile:2: `FORM` is not an instruction"),
        (
            "ARG BASE\nFROM $BASE\n\nCOPY none /\n",
            "context-missing",
            "Dockerfile:4: `none` is not in the context",
        ),
        (
            "FROM scratch\nCOPY --from=X/y /a /\n",
            "dockerfile-invalid",
            "Dockerfile:2: `--from=X/y` names no earlier stage",
        ),
        ("ARG BASE\nFROM ${BASE}9\nCMD a\n", "base-not-found", "there is no image"),
    ] {
        stage.write("context/Dockerfile", dockerfile);
        let failure = refused(&stage, &[]).await;
        assert_eq!(failure.code.id, code, "{failure}");
        assert!(failure.cause.starts_with(cause), "{failure}");
        assert!(failure.location.is_some());
    }
    let failure = refused(&stage, &["--file=none"]).await;
    assert_eq!(failure.code.id, "context-missing");
}

#[tokio::test]
async fn a_platform_that_the_base_lacks_is_told_with_those_it_has() {
    let stage = Stage::new().await;
    let failure = refused(&stage, &["--platforms=linux/s390x"]).await;
    assert_eq!(failure.code.id, "platform-not-in-base");
    assert!(
        failure.cause.contains("no variant for linux/s390x; it has linux/amd64, linux/arm64"),
        "{failure}"
    );
}

#[tokio::test]
async fn a_registry_that_is_not_there_is_unreachable() {
    let stage = Stage::new().await;
    let mut argv = stage.argv();
    argv[0] = "--image=127.0.0.1:9/product/dev".to_owned();
    let failure = stage.run(argv.iter().map(String::as_str)).await.unwrap_err();
    assert_eq!(failure.code.id, "unreachable");
    assert!(failure.cause.contains("127.0.0.1:9"), "{failure}");
}
