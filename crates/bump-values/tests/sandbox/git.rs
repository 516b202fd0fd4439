//! Bumps by Git itself: other hosts, rules, races and lost replies.

use std::{fs, os::unix::fs::PermissionsExt as _};

use crate::world::{Ended, FILE, Product, REPO, TEXT};
use sandbox::{
    faults::{Effect, Fault},
    github::{BranchRules, TokenSpec},
};

const FILES: &str = "--files=values/dev.values.yaml";
const GIT: &str = "--method=git";

/// Has the next push meet `effect`.
fn fail_push(product: &Product, effect: Effect) {
    product.world().faults.add(Fault::once("github", "POST", "/git-receive-pack", effect));
}

/// Bumps as a repository of another host: the same server under another name, with a token of its own.
async fn elsewhere(product: &Product, argv: &[&str]) -> Ended {
    let token = product.world().github.token(TokenSpec::new("alice", &[("contents", "write")]));
    let url =
        format!("--repository={}/{REPO}.git", product.world().urls.github.replace("127.0.0.1", "localhost"));
    let argv = [argv, &[&url, "--token=env:THEIRS", "--branch=dev"]].concat();
    product.bump_as(&argv, &[], &[("THEIRS", &token)]).await
}

#[tokio::test]
async fn one_commit_changes_one_scalar() {
    let product = Product::new().await;
    let before = product.tip().await;
    let ended = product.bump(&[FILES, "--set=image.tag=1.20", GIT]).await;
    assert_eq!(ended.code(), "", "{}", ended.log);
    assert_eq!(product.read(FILE).await, TEXT.replace("\"v0\"", "\"1.20\""));
    let tip = product.tip().await;
    assert_eq!((ended.output("commit"), ended.output("method")), (tip.as_str(), "git"));
    assert_eq!((ended.output("verified"), ended.output("attempts")), ("", "1"));
    assert_eq!(product.world().github.parents(REPO, &tip).await.unwrap(), [before]);
    assert!(ended.log.contains("Method: git to branch dev of org/day2-product, as `method` says"));
    let again = product.bump(&[FILES, "--set=image.tag=1.20", GIT]).await;
    assert_eq!((again.output("changed"), product.length().await), ("false", 1));
}

#[tokio::test]
async fn modes_stay_and_several_files_are_one_commit() {
    let product = Product::with_tree(|directory| {
        fs::write(directory.join("run.yaml"), "tag: v0\r\n").unwrap();
        fs::set_permissions(directory.join("run.yaml"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(directory.join("b.yaml"), "tag: v0\n").unwrap();
        std::os::unix::fs::symlink("b.yaml", directory.join("link.yaml")).unwrap();
    })
    .await;
    let ended = product.bump(&["--files=run.yaml", "--files=link.yaml", "--set=tag=v1", GIT]).await;
    assert_eq!(ended.code(), "", "{}", ended.log);
    assert_eq!(
        (product.read("run.yaml").await.as_str(), product.read("b.yaml").await.as_str()),
        ("tag: v1\r\n", "tag: v1\n")
    );
    let modes =
        [product.mode("run.yaml").await, product.mode("b.yaml").await, product.mode("link.yaml").await];
    assert_eq!((modes, product.length().await), (["100755", "100644", "120000"].map(str::to_owned), 1));
}

#[tokio::test]
async fn a_new_branch_is_made_from_its_base() {
    let product = Product::new().await;
    let base = product.tip().await;
    let argv = [FILES, "--set=image.tag=v1", "--branch=env/stage", "--base=dev", GIT];
    let ended = product.bump(&argv).await;
    assert_eq!(ended.code(), "", "{}", ended.log);
    let github = &product.world().github;
    let made = github.branch_sha(REPO, "env/stage").await.unwrap();
    assert_eq!((ended.output("commit"), product.tip().await), (made.as_str(), base.clone()));
    assert_eq!(github.parents(REPO, &made).await.unwrap(), [base]);
    let ended = product.bump(&[FILES, "--set=image.tag=v2", "--branch=nope", GIT]).await;
    assert_eq!(ended.code(), "branch-not-found", "{}", ended.log);
}

#[tokio::test]
async fn another_host_is_written_by_git_with_its_own_token() {
    let product = Product::new().await;
    let ended = elsewhere(&product, &[FILES, "--set=image.tag=v1"]).await;
    assert_eq!((ended.code(), ended.output("method")), ("", "git"), "{}", ended.log);
    assert_eq!(ended.output("commit"), product.tip().await);
    assert!(ended.log.contains("chosen because the repository is on another host"), "{}", ended.log);
    // The workflow's token is not shown to another host, even if it is what `token` has.
    let url =
        format!("--repository={}/{REPO}", product.world().urls.github.replace("127.0.0.1", "localhost"));
    let ended = product.bump(&[FILES, "--set=image.tag=v2", &url, "--branch=dev"]).await;
    assert_eq!(ended.code(), "git-access-denied", "{}", ended.log);
    // Nor is a person's that is in the same variable, with which the host would let everybody in.
    let pat = product.world().github.token(TokenSpec::new("alice", &[("contents", "write")]));
    let argv = [FILES, "--set=image.tag=v2", &url, "--branch=dev"];
    for argv in [&argv[..], &[&argv[..], &["--token=env:GITHUB_TOKEN"]].concat()] {
        let ended = product.bump_as(argv, &[], &[("GITHUB_TOKEN", &pat)]).await;
        assert_eq!(ended.code(), "git-access-denied", "{}", ended.log);
        assert!(ended.log.contains("is not used: it is for 127.0.0.1"), "{}", ended.log);
        assert!(!ended.log.contains(&pat), "{}", ended.log);
    }
    let ended = product.bump(&[FILES, "--set=image.tag=v2", &url, "--branch=dev", "--method=graphql"]).await;
    assert_eq!(ended.code(), "invalid-input", "{}", ended.log);
}

#[tokio::test]
async fn a_lost_reply_makes_no_second_commit() {
    for effect in [Effect::DropAfter, Effect::ReplyAfter { status: 502 }] {
        let product = Product::new().await;
        fail_push(&product, effect);
        let ended = product.bump(&[FILES, "--set=image.tag=v1", GIT]).await;
        assert_eq!((ended.code(), ended.output("changed")), ("", "true"), "{}", ended.log);
        assert_eq!((ended.output("commit"), product.length().await), (product.tip().await.as_str(), 1));
    }
}

#[tokio::test]
async fn a_concurrent_commit_to_the_same_file_survives() {
    let product = Product::new().await;
    let theirs = TEXT.replace("k3: a", "k3: theirs # and a word");
    // While the push is held back, another one arrives.
    fail_push(&product, Effect::Delay { millis: 400 });
    let argv = [FILES, "--set=image.tag=v1", GIT];
    let other = async {
        loop {
            let calls = product.world().faults.calls();
            if calls.iter().any(|call| call.path.ends_with("/git-receive-pack")) {
                break;
            }
            tokio::task::yield_now().await;
        }
        let files = [(FILE, theirs.as_bytes())];
        product.world().github.commit_files(REPO, "dev", "alice", "theirs", &files).await.unwrap();
    };
    let (ended, ()) = tokio::join!(product.bump(&argv), other);
    assert_eq!((ended.code(), ended.output("attempts")), ("", "2"), "{}", ended.log);
    assert_eq!(product.read(FILE).await, theirs.replace("\"v0\"", "\"v1\""));
    assert_eq!(product.length().await, 2);
}

#[tokio::test]
async fn each_refusal_has_its_code() {
    let workflow = ".github/workflows/dev.yml";
    let product = Product::with_files(&[(FILE, TEXT.as_bytes()), (workflow, b"env: {TAG: v0}\n")]).await;
    let argv = [FILES, "--set=image.tag=v1", GIT];
    let ended = product.bump_as(&argv, &[("contents", "read")], &[]).await;
    assert_eq!(ended.code(), "git-access-denied", "{}", ended.log);
    let ended =
        product.bump(&[FILES, "--set=image.tag=v1", GIT, "--repository=org/nope", "--branch=dev"]).await;
    assert_eq!(ended.code(), "git-repository-not-found", "{}", ended.log);
    let ended = product.bump(&[&format!("--files={workflow}"), "--set=env.TAG=v1", GIT]).await;
    assert_eq!(ended.code(), "workflows-permission", "{}", ended.log);
    for rules in [
        BranchRules::pull_requests_only("dev"),
        BranchRules { classic: true, ..BranchRules::pull_requests_only("dev") },
    ] {
        product.world().github.clear_rules(REPO);
        product.world().github.add_rules(REPO, rules);
        let ended = product.bump(&argv).await;
        assert_eq!(ended.code(), "branch-protected", "{}", ended.log);
        let cause = ended.failure.unwrap().cause;
        assert!(cause.contains("Changes must be made through a pull request."), "{cause}");
    }
    assert_eq!(product.length().await, 0);
}
