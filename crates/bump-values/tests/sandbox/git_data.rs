//! Bumps through the Git database: modes, new branches, races and lost replies.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use crate::world::{FILE, Product, REPO, TEXT};
use sandbox::{
    faults::{Effect, Fault},
    github::BranchRules,
};

const FILES: &str = "--files=values/dev.values.yaml";
const GIT_DATA: &str = "--method=git-data";

/// A program, beside an ordinary file.
fn program(directory: &Path) {
    fs::write(directory.join("run.yaml"), "#!/usr/bin/env helmfile\r\ntag: v0\r\n").unwrap();
    fs::set_permissions(directory.join("run.yaml"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(directory.join("b.yaml"), "tag: v0\n").unwrap();
}

fn odd(status: u16, body: &str) -> Effect {
    Effect::Reply {
        status,
        body: body.to_owned(),
        content_type: "application/json".to_owned(),
        headers: Vec::new(),
    }
}

/// Has the next move of the branch meet `effect`.
fn fail_move(product: &Product, effect: Effect) {
    // The query that reads the branch comes first.
    product.world().faults.add(Fault { skip: 1, ..Fault::once("github", "POST", "/graphql", effect) });
}

#[tokio::test]
async fn one_commit_changes_one_scalar_and_is_verified() {
    let product = Product::new().await;
    let before = product.tip().await;
    let ended = product.bump(&[FILES, "--set=image.tag=1.20", GIT_DATA]).await;
    assert_eq!(ended.code(), "", "{}", ended.log);
    assert_eq!(product.read(FILE).await, TEXT.replace("\"v0\"", "\"1.20\""));
    let tip = product.tip().await;
    assert_eq!((ended.output("commit"), ended.output("method")), (tip.as_str(), "git-data"));
    assert_eq!((ended.output("verified"), ended.output("attempts")), ("true", "1"));
    assert_eq!(product.world().github.parents(REPO, &tip).await.unwrap(), [before]);
    assert!(ended.log.contains("Method: git-data to branch dev of org/day2-product, as `method` says"));
    assert!(ended.summary.contains("by GitHub's Git database to branch dev"), "{}", ended.summary);
}

#[tokio::test]
async fn a_program_stays_one_together_with_other_files() {
    let product = Product::with_tree(program).await;
    let ended = product.bump(&["--files=run.yaml", "--files=b.yaml", "--set=tag=v1"]).await;
    assert_eq!((ended.code(), ended.output("method")), ("", "git-data"), "{}", ended.log);
    assert_eq!(product.read("run.yaml").await, "#!/usr/bin/env helmfile\r\ntag: v1\r\n");
    assert_eq!(
        (product.mode("run.yaml").await, product.mode("b.yaml").await),
        ("100755".into(), "100644".into())
    );
    assert_eq!(product.length().await, 1);
    assert!(ended.log.contains("Method: git-data, chosen because run.yaml has mode 100755"), "{}", ended.log);
    let ended = product.bump(&["--files=run.yaml", "--set=tag=v2", "--method=graphql"]).await;
    assert_eq!(ended.code(), "file-mode-unsupported", "{}", ended.log);
    // What is not changed may have any mode.
    let ended = product
        .bump(&["--files=run.yaml", "--files=b.yaml", "--set=run.yaml:tag=v1", "--set=b.yaml:tag=v2"])
        .await;
    assert_eq!((ended.code(), ended.output("method")), ("", "graphql"), "{}", ended.log);
}

#[tokio::test]
async fn a_new_branch_is_made_from_its_base() {
    let product = Product::new().await;
    let base = product.tip().await;
    let argv = [FILES, "--set=image.tag=v1", "--branch=env/stage", "--base=dev"];
    let ended = product.bump(&argv).await;
    assert_eq!((ended.code(), ended.output("method")), ("", "git-data"), "{}", ended.log);
    let github = &product.world().github;
    let made = github.branch_sha(REPO, "env/stage").await.unwrap();
    assert_eq!(ended.output("commit"), made);
    assert_eq!(github.parents(REPO, &made).await.unwrap(), std::slice::from_ref(&base));
    assert_eq!(product.tip().await, base);
    // From now on it is a branch like any other.
    let ended = product.bump(&[FILES, "--set=image.tag=v2", argv[2], argv[3]]).await;
    assert_eq!((ended.code(), ended.output("method")), ("", "graphql"), "{}", ended.log);
    for (more, code) in [
        (&["--base=nope"][..], "branch-not-found"),
        (&["--base=dev", "--method=graphql"], "branch-not-found"),
    ] {
        let argv = [&[FILES, "--set=image.tag=v1", "--branch=x"], more].concat();
        let ended = product.bump(&argv).await;
        assert_eq!(ended.code(), code, "{}", ended.log);
    }
}

#[tokio::test]
async fn a_branch_that_somebody_else_makes_is_read_again() {
    let product = Product::new().await;
    let github = &product.world().github;
    let late =
        Fault::once("github", "POST", "/git/refs", odd(422, r#"{"message":"Reference already exists"}"#));
    product.world().faults.add(late);
    let ended = product.bump(&[FILES, "--set=image.tag=v1", "--branch=stage", "--base=dev"]).await;
    assert_eq!((ended.code(), ended.output("attempts")), ("", "2"), "{}", ended.log);
    assert_eq!(ended.output("commit"), github.branch_sha(REPO, "stage").await.unwrap());
}

#[tokio::test]
async fn a_concurrent_commit_to_the_same_file_survives() {
    let product = Product::new().await;
    let theirs = TEXT.replace("k3: a", "k3: theirs # and a word");
    let files = [(FILE, theirs.as_bytes())];
    product.world().github.commit_before_next_update(REPO, "dev", "alice", "theirs", &files);
    let ended = product.bump(&[FILES, "--set=image.tag=v1", GIT_DATA]).await;
    assert_eq!((ended.code(), ended.output("attempts")), ("", "2"), "{}", ended.log);
    assert_eq!(product.read(FILE).await, theirs.replace("\"v0\"", "\"v1\""));
    assert_eq!(product.length().await, 2);
}

#[tokio::test]
async fn a_lost_reply_makes_no_second_commit() {
    for effect in [Effect::ReplyAfter { status: 502 }, Effect::DropAfter] {
        let product = Product::new().await;
        fail_move(&product, effect);
        let ended = product.bump(&[FILES, "--set=image.tag=v1", GIT_DATA]).await;
        assert_eq!((ended.code(), ended.output("changed")), ("", "true"), "{}", ended.log);
        assert_eq!(
            (ended.output("commit"), ended.output("verified")),
            (product.tip().await.as_str(), "true")
        );
        assert_eq!(product.length().await, 1);
    }
}

#[tokio::test]
async fn a_write_that_did_not_arrive_is_repeated() {
    let moved = r#"{"errors":[{"type":"UNPROCESSABLE","message":"Reference refs/heads/dev is at 1 but expected 2"}]}"#;
    let stale = r#"{"errors":[{"type":"STALE_DATA","message":"Reference cannot be updated"}]}"#;
    for effect in [odd(502, ""), odd(200, moved), odd(200, stale), Effect::Drop] {
        let product = Product::new().await;
        fail_move(&product, effect);
        let ended = product.bump(&[FILES, "--set=image.tag=v1", GIT_DATA]).await;
        assert_eq!((ended.code(), ended.output("attempts")), ("", "2"), "{}", ended.log);
        assert_eq!(product.length().await, 1);
    }
}

#[tokio::test]
async fn what_somebody_forces_back_stays_back() {
    let product = Product::new().await;
    let github = &product.world().github;
    let before = product.tip().await;
    github.commit_files(REPO, "dev", "alice", "leak", &[("secret.txt", b"hunter2")]).await.unwrap();
    github.force_before_next_update(REPO, "dev", "alice", &before);
    let ended = product.bump(&[FILES, "--set=image.tag=v1", GIT_DATA]).await;
    assert_eq!((ended.code(), ended.output("attempts")), ("", "2"), "{}", ended.log);
    assert_eq!(github.read_file(REPO, "dev", "secret.txt").await, None);
    assert_eq!(product.length().await, 1);
}

#[tokio::test]
async fn a_server_without_the_mutation_moves_the_branch_by_rest() {
    let product = Product::new().await;
    let unknown = r#"{"errors":[{"message":"Field 'updateRefs' doesn't exist on type 'Mutation'"}]}"#;
    fail_move(&product, odd(200, unknown));
    let ended = product.bump(&[FILES, "--set=image.tag=v1", GIT_DATA]).await;
    assert_eq!((ended.code(), ended.output("attempts")), ("", "1"), "{}", ended.log);
    assert_eq!((product.length().await, ended.output("commit")), (1, product.tip().await.as_str()));
}

#[tokio::test]
async fn tokens_and_rules_have_their_codes() {
    let product = Product::new().await;
    let argv = [FILES, "--set=image.tag=v1", GIT_DATA];
    let ended = product.bump_as(&argv, &[("contents", "read")], &[]).await;
    assert_eq!(ended.code(), "permission-denied", "{}", ended.log);
    product.world().github.add_rules(REPO, BranchRules::pull_requests_only("dev"));
    let ended = product.bump(&argv).await;
    assert_eq!(ended.code(), "branch-protected", "{}", ended.log);
    assert!(ended.failure.unwrap().cause.contains("Changes must be made through a pull request."));
    assert_eq!(product.length().await, 0);
}

#[tokio::test]
async fn a_persons_commit_is_not_verified() {
    let product = Product::new().await;
    let spec = sandbox::github::TokenSpec::new("alice", &[("contents", "write")]);
    let token = product.world().github.token(spec);
    let env = [("GITHUB_TOKEN", token.as_str())];
    let argv = [FILES, "--set=image.tag=v1", GIT_DATA];
    let ended = product.bump_as(&argv, &[], &env).await;
    assert_eq!((ended.code(), ended.output("verified")), ("", "false"), "{}", ended.log);
    assert!(ended.log.contains("commit not verified"), "{}", ended.log);
    let argv = [FILES, "--set=image.tag=v2", GIT_DATA, "--require-verified"];
    let ended = product.bump_as(&argv, &[], &env).await;
    assert_eq!(ended.code(), "commit-not-verified", "{}", ended.log);
    // It is there all the same, and later steps can see which it is.
    assert_eq!((ended.output("changed"), ended.output("commit")), ("true", product.tip().await.as_str()));
}

#[tokio::test]
async fn a_workflow_file_needs_a_permission_that_no_job_has() {
    let path = ".github/workflows/dev.yml";
    let product = Product::with_files(&[(path, b"env: {TAG: v0}\n")]).await;
    for method in ["graphql", "git-data"] {
        let argv = [&format!("--files={path}"), "--set=env.TAG=v1", &format!("--method={method}")];
        let ended = product.bump(&argv).await;
        assert_eq!(ended.code(), "workflows-permission", "{}", ended.log);
    }
    assert_eq!(product.length().await, 0);
}
