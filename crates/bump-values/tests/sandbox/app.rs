//! Bumps as a GitHub App: in another repository, with a token for that one alone, which is worthless afterwards.

use sandbox::faults::{Effect, Fault};

use crate::world::{Ended, Product, REPO};

const OTHER: &str = "org/manifests";
const TARGET: &[&str] = &["--files=v.yaml", "--repository=org/manifests", "--branch=main"];

/// The product, and beside it the repository that its workflow's token does not reach.
async fn world() -> Product {
    let product = Product::new().await;
    let files: [(&str, &[u8]); 2] =
        [("v.yaml", b"tag: v0\n"), (".github/workflows/x.yml", b"env: {TAG: v0}\n")];
    product.world().github.create_repository(OTHER, &files, &["main"]).await.unwrap();
    product
}

/// Bumps as an App with these permissions that is installed on these repositories.
async fn bump(product: &Product, argv: &[&str], permissions: &[(&str, &str)], on: &[&str]) -> Ended {
    let github = &product.world().github;
    let app = github.create_app("deploy").unwrap();
    github.install_app(app.id, "org", on, permissions);
    let id = format!("--app-id={}", app.id);
    let argv = [argv, &[&id, "--app-private-key=env:KEY"]].concat();
    let ended = product.bump_as(&argv, &[("contents", "read")], &[("KEY", &app.pem)]).await;
    for secret in github.app_secrets() {
        assert!(!ended.log.contains(&secret), "{}", ended.log);
    }
    ended
}

/// How often a token was given back since the call with this number.
fn revocations(product: &Product, since: usize) -> usize {
    let calls = product.world().faults.calls().split_off(since);
    calls.iter().filter(|call| call.method == "DELETE" && call.path == "/installation/token").count()
}

#[tokio::test]
async fn another_repository_is_written_as_an_app() {
    let product = world().await;
    for (number, method) in ["auto", "git-data", "git"].into_iter().enumerate() {
        let (set, method) = (format!("--set=tag=w{number}"), format!("--method={method}"));
        let argv = [TARGET, &[&set, &method]].concat();
        let before = product.world().faults.calls().len();
        let ended =
            bump(&product, &argv, &[("contents", "write"), ("issues", "write")], &[OTHER, REPO]).await;
        assert_eq!((ended.code(), ended.output("changed")), ("", "true"), "{}", ended.log);
        let signed = if method == "--method=git" { "" } else { "true" };
        assert_eq!(ended.output("verified"), signed, "{}", ended.log);
        let tip = product.world().github.branch_sha(OTHER, "main").await.unwrap();
        assert_eq!(ended.output("commit"), tip);
        assert!(
            ended.log.contains("Signed in as GitHub App deploy on org/manifests, with contents: write"),
            "{}",
            ended.log
        );
        assert_eq!(revocations(&product, before), 1);
    }
}

#[tokio::test]
async fn what_the_app_lacks_is_named_and_its_token_is_revoked_after_a_failure_too() {
    let product = world().await;
    let write = [("contents", "write")];
    let argv = [TARGET, &["--set=tag=v1"]].concat();
    let ended = bump(&product, &argv, &write, &[REPO]).await;
    assert_eq!(ended.code(), "app-not-installed", "{}", ended.log);
    let ended = bump(&product, &argv, &[("contents", "read")], &[OTHER]).await;
    assert_eq!(ended.code(), "app-permission-missing", "{}", ended.log);
    let workflow = ["--files=.github/workflows/x.yml", TARGET[1], TARGET[2], "--set=env.TAG=v1"];
    let ended = bump(&product, &workflow, &write, &[OTHER]).await;
    assert_eq!(ended.code(), "app-permission-missing", "{}", ended.log);
    let argv = [TARGET, &["--set=nope=v1"]].concat();
    let before = product.world().faults.calls().len();
    let ended = bump(&product, &argv, &write, &[OTHER]).await;
    assert_eq!(ended.code(), "path-not-found", "{}", ended.log);
    assert_eq!(revocations(&product, before), 1);
    let both = [("contents", "write"), ("workflows", "write")];
    let ended = bump(&product, &workflow, &both, &[OTHER]).await;
    assert_eq!((ended.code(), ended.output("changed")), ("", "true"), "{}", ended.log);
}

#[tokio::test]
async fn the_token_is_revoked_when_the_time_is_over_too() {
    let product = world().await;
    let forever = Fault {
        times: None,
        ..Fault::once("github", "POST", "/graphql", Effect::Delay { millis: 3_600_000 })
    };
    product.world().faults.add(forever);
    let argv = [TARGET, &["--set=tag=v1", "--timeout=3s"]].concat();
    let ended = bump(&product, &argv, &[("contents", "write")], &[OTHER]).await;
    assert!(ended.failure.is_some(), "{}", ended.log);
    assert_eq!(revocations(&product, 0), 1, "{}", ended.log);
    assert!(!ended.log.contains("was not revoked"), "{}", ended.log);
}

#[tokio::test]
async fn a_link_to_a_workflow_is_told_what_the_token_lacks() {
    let product = world().await;
    let directory = tempfile::tempdir().unwrap();
    let workflows = directory.path().join(".github/workflows");
    std::fs::create_dir_all(&workflows).unwrap();
    std::fs::write(workflows.join("x.yml"), "env: {TAG: v0}\n").unwrap();
    std::os::unix::fs::symlink(".github/workflows/x.yml", directory.path().join("x.yml")).unwrap();
    let github = &product.world().github;
    github.create_repository_from_dir("org/linked", directory.path(), &["main"]).await.unwrap();
    for method in ["graphql", "git-data", "git"] {
        let method = format!("--method={method}");
        let argv = ["--files=x.yml", "--repository=org/linked", TARGET[2], "--set=env.TAG=v1", &method];
        let permissions = [("contents", "write"), ("workflows", "write")];
        let ended = bump(&product, &argv, &permissions, &["org/linked"]).await;
        assert_eq!(ended.code(), "workflows-permission", "{}", ended.log);
        let remedy = ended.failure.unwrap().remedy;
        assert!(
            remedy.starts_with("Name the file itself in `files`, not a link to it"),
            "{method}: {remedy}"
        );
    }
}
