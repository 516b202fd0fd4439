//! Bad inputs and missing rights, each with the whole text that a person sees.

use e2e::{Finished, Step};

/// Returns exit code and log, without what differs from run to run.
fn shown(finished: &Finished) -> String {
    let mut log = finished.log();
    let runner = finished.runner.path().to_string_lossy().into_owned();
    log = log.replace(&runner, "<runner>");
    format!("exit {}\n{}", finished.code.unwrap_or(-1), log.trim_end())
}

macro_rules! assert_shown {
    ($finished:expr) => {
        insta::with_settings!({ filters => vec![
            (r"127\.0\.0\.1:\d{4,5}", "127.0.0.1:PORT"),
            (r"\b[0-9a-f]{40}\b", "<sha>"),
        ] }, { insta::assert_snapshot!(shown(&$finished)) })
    };
}

#[test]
fn no_such_input() {
    assert_shown!(Step::on_laptop("bump-values").arg("--file=values.yaml").run());
}

#[test]
fn no_such_action() {
    assert_shown!(Step::on_laptop("bump-value").run());
}

#[test]
fn a_required_input_is_empty() {
    assert_shown!(Step::in_actions("multiarch-push").input("image", "").run());
}

#[test]
fn a_bad_role_arn() {
    let step = Step::in_actions("oidc-ecr-login")
        .input("role-to-assume", "arn:aws:iam::1234:role/x y")
        .input("aws-region", "Frankfurt");
    assert_shown!(step.run());
}

#[test]
fn a_bad_image_name_and_a_tag_with_a_slash() {
    let step = Step::in_actions("multiarch-push")
        .input("image", "Registry.Example/Product")
        .input("tags", "feature/hello");
    assert_shown!(step.run());
}

#[test]
fn two_kinds_of_source() {
    let step = Step::in_actions("multiarch-push")
        .input("image", "registry.example/product")
        .input("tags", "v1")
        .input("context", ".")
        .input("layout", "out");
    assert_shown!(step.run());
}

#[test]
fn a_path_that_matches_nothing() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("values.yaml");
    std::fs::write(&file, "image:\n  repository: product/dev\n  tag: v1\n").expect("a values file");
    let step = Step::on_laptop("bump-values")
        .arg("--method=worktree")
        .arg("--files=values.yaml")
        .arg("--set=image.tags=v2")
        .current_dir(directory.path());
    let finished = step.run();
    assert_eq!(
        std::fs::read_to_string(file).expect("the file"),
        "image:\n  repository: product/dev\n  tag: v1\n"
    );
    assert_shown!(finished);
}

#[test]
fn an_unreachable_server() {
    // Port 9 (discard) is not served on loopback.
    let step = Step::in_actions("argocd-sync")
        .input("server", "http://127.0.0.1:9")
        .input("token", "t0ken")
        .input("application", "dev")
        .input("revision", "0123456789abcdef0123456789abcdef01234567")
        .input("timeout", "3s");
    assert_shown!(step.run());
}

#[test]
fn a_secret_on_the_command_line() {
    let step = Step::on_laptop("argocd-sync")
        .arg("--server=http://127.0.0.1:9")
        .arg("--token=s3cret-l1teral")
        .arg("--application=dev")
        .arg("--revision=0123456789abcdef0123456789abcdef01234567");
    let finished = step.run();
    assert!(!finished.log().contains("s3cret-l1teral"));
    assert_shown!(finished);
}

#[test]
fn a_missing_id_token_permission() {
    let step = Step::in_actions("oidc-ecr-login")
        .input("role-to-assume", "arn:aws:iam::123456789012:role/day2-dev")
        .input("aws-region", "eu-central-1")
        .input("auth", "oidc")
        .env("GITHUB_REPOSITORY", "org/day2-product");
    assert_shown!(step.run());
}

#[test]
fn several_bad_inputs_at_once() {
    let step = Step::in_actions("fast-forward")
        .input("branch", "a..b")
        .input("to", "main")
        .input("timeout", "soon")
        .input("on-diverged", "panic");
    assert_shown!(step.run());
}
