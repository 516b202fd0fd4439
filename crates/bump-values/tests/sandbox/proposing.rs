//! A branch that takes no direct commit: the values wait in exactly one pull request.

use sandbox::{
    faults::{Effect, Fault},
    github::{BranchRules, PullSnapshot},
};

use crate::world::{Ended, FILE, Product, REPO, TEXT};

pub(crate) const MAY: &[(&str, &str)] = &[("contents", "write"), ("pull-requests", "write")];

/// `dev` changes only through pull requests.
pub(crate) async fn protected() -> Product {
    let product = Product::new().await;
    product.world().github.add_rules(REPO, BranchRules::pull_requests_only("dev"));
    product
}

async fn propose(product: &Product, set: &str) -> Ended {
    propose_as(product, set, MAY).await
}

async fn propose_as(product: &Product, set: &str, may: &[(&str, &str)]) -> Ended {
    let argv = ["--files", FILE, "--set", set, "--branch", "dev", "--on-protected", "pull-request"];
    product.bump_as(&argv, may, &[]).await
}

/// The branches of pull requests.
pub(crate) async fn branches(product: &Product) -> Vec<String> {
    let branches = product.world().github.branches(REPO).await;
    branches.into_keys().filter(|name| name.starts_with("bump/dev/")).collect()
}

/// The branch of the pull requests.
async fn branch(product: &Product) -> String {
    let mut found = branches(product).await;
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

pub(crate) async fn text(product: &Product) -> String {
    let branch = branch(product).await;
    String::from_utf8(product.world().github.read_file(REPO, &branch, FILE).await.unwrap()).unwrap()
}

/// The pull requests that there are, the open ones and the others.
pub(crate) fn pulls(product: &Product) -> Vec<PullSnapshot> {
    product.world().github.pulls(REPO)
}

/// The parents of the pull request's head.
async fn parents(product: &Product) -> Vec<String> {
    let branch = branch(product).await;
    product.world().github.parents(REPO, &branch).await.unwrap()
}

#[tokio::test]
async fn a_refused_commit_becomes_a_pull_request() {
    let product = protected().await;
    let ended = propose(&product, "image.tag=v1").await;
    assert_eq!(ended.code(), "", "{}", ended.log);
    assert_eq!((ended.output("changed"), ended.output("pull-request")), ("true", "1"));
    let tip = product.world().github.branch_sha(REPO, &branch(&product).await).await.unwrap();
    assert_eq!(ended.output("commit"), tip);
    assert_eq!(ended.output("verified"), "true");
    assert_eq!(product.read(FILE).await, TEXT, "the branch itself is as it was");
    assert_eq!(text(&product).await, TEXT.replace("\"v0\"", "\"v1\""));
    assert_eq!(parents(&product).await, [product.tip().await]);
    assert!(ended.summary.contains("Changes must be made through a pull request."), "{}", ended.summary);
    let pull = &pulls(&product)[0];
    assert_eq!(pull.title, format!("bump: image.tag to v1 in {FILE}"));
    // Merged by a person, it ends there.
    product.world().github.press_merge(REPO, 1, "alice").await.unwrap();
    assert_eq!(product.read(FILE).await, TEXT.replace("\"v0\"", "\"v1\""));
    let ended = propose(&product, "image.tag=v1").await;
    assert_eq!((ended.output("changed"), ended.output("pull-request")), ("false", ""));
    assert_eq!(pulls(&product).len(), 1);
}

#[tokio::test]
async fn runs_after_each_other_share_it() {
    let product = protected().await;
    propose(&product, "image.tag=v1").await;
    let again = propose(&product, "image.tag=v1").await;
    assert_eq!((again.output("changed"), again.output("pull-request")), ("false", "1"), "{}", again.log);
    let other = propose(&product, "keys.k0=b").await;
    assert_eq!((other.output("changed"), other.output("pull-request")), ("true", "1"), "{}", other.log);
    let newer = propose(&product, "image.tag=v2").await;
    assert_eq!(newer.output("pull-request"), "1");
    assert_eq!(text(&product).await, TEXT.replace("\"v0\"", "\"v2\"").replace("k0: a", "k0: b"));
    assert_eq!(parents(&product).await, [product.tip().await], "one commit on top of the base");
    let pull = &pulls(&product)[0];
    assert_eq!(pull.title, format!("bump: 2 values in {FILE}"));
    let body = &pull.body;
    assert!(body.contains("image.tag` | `v2`") && body.contains("keys.k0` | `b`"), "{body}");
}

#[tokio::test]
async fn an_older_run_does_not_put_its_value_over_a_newer_one() {
    let product = protected().await;
    let old = product.env(MAY, &[]).0;
    propose(&product, "image.tag=v2").await;
    propose(&product, "keys.k0=b").await;
    let argv =
        ["--files", FILE, "--set", "image.tag=v1", "--branch", "dev", "--on-protected", "pull-request"];
    let ended = crate::world::run_in(old, &argv).await;
    assert_eq!((ended.output("superseded"), ended.output("changed")), ("true", "false"), "{}", ended.log);
    assert!(text(&product).await.contains("\"v2\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_at_once_share_one_and_nothing_is_lost() {
    let product = protected().await;
    let sets: Vec<String> = (0..8).map(|key| format!("keys.k{key}=new{key}")).collect();
    let all = sets.iter().map(String::as_str).chain(["image.tag=v9", "image.repository=y/product"]);
    let runs: Vec<_> = all.map(|set| propose(&product, set)).collect();
    for ended in futures(runs).await {
        assert_eq!((ended.code(), ended.output("pull-request")), ("", "1"), "{}", ended.log);
        assert_eq!(ended.output("changed"), "true");
        // A commit that was replaced already when the run ended is never the one that it names.
        let (_, mine) = ended.log.split_once("has taken the place of ").unwrap_or_default();
        let replaced = mine.split_whitespace().next().unwrap_or_default();
        assert_ne!(ended.output("commit"), replaced, "{}", ended.log);
    }
    let text = text(&product).await;
    for key in 0..8 {
        assert!(text.contains(&format!("k{key}: new{key}\r\n")), "{text}");
    }
    assert!(text.contains("\"v9\"") && text.contains("'y/product'"), "{text}");
    let pulls = pulls(&product);
    assert_eq!(pulls.len(), 1);
    let body = &pulls[0].body;
    assert_eq!(body.lines().filter(|line| line.starts_with("| `values/")).count(), 10, "{body}");
    assert_eq!(parents(&product).await, [product.tip().await]);
}

/// Runs all at once, without a crate for it.
async fn futures(runs: Vec<impl Future<Output = Ended>>) -> Vec<Ended> {
    let mut runs: Vec<_> = runs.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<Ended>> = runs.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (run, slot) in runs.iter_mut().zip(&mut done) {
            if slot.is_none()
                && let std::task::Poll::Ready(ended) = run.as_mut().poll(context)
            {
                *slot = Some(ended);
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[tokio::test]
async fn what_a_person_has_committed_there_stays() {
    let product = protected().await;
    propose(&product, "image.tag=v1").await;
    let (github, branch) = (&product.world().github, branch(&product).await);
    let by_hand = github.commit_files(REPO, &branch, "alice", "notes", &[("NOTES", b"x")]).await.unwrap();
    // Neither a new value nor a base that moves throws it away.
    github.commit_files(REPO, "dev", "alice", "m", &[("app.py", b"v2\n")]).await.unwrap();
    let ended = propose(&product, "image.tag=v2").await;
    assert_eq!((ended.code(), ended.output("pull-request")), ("", "1"), "{}", ended.log);
    assert_eq!(parents(&product).await, [by_hand]);
    assert!(text(&product).await.contains("\"v2\""));
    assert_eq!(github.read_file(REPO, &branch, "NOTES").await.unwrap(), b"x");
    assert!(pulls(&product)[0].body.contains("made by hand: further bumps"));
    let again = propose(&product, "image.tag=v2").await;
    assert_eq!((again.output("changed"), again.output("pull-request")), ("false", "1"));
}

#[tokio::test]
async fn it_follows_the_base_with_all_values() {
    let product = protected().await;
    propose(&product, "image.tag=v1").await;
    let github = &product.world().github;
    let moved = TEXT.replace("# dev", "# development").replace("k7: a", "k7: z");
    github.commit_files(REPO, "dev", "alice", "m", &[(FILE, moved.as_bytes())]).await.unwrap();
    let ended = propose(&product, "keys.k0=b").await;
    assert_eq!((ended.code(), ended.output("pull-request")), ("", "1"), "{}", ended.log);
    assert_eq!(text(&product).await, moved.replace("\"v0\"", "\"v1\"").replace("k0: a", "k0: b"));
    assert_eq!(parents(&product).await, [product.tip().await]);
    // Even if nothing else is to do.
    github.commit_files(REPO, "dev", "alice", "m", &[("app.py", b"v2\n")]).await.unwrap();
    let again = propose(&product, "keys.k0=b").await;
    assert_eq!((again.code(), again.output("pull-request")), ("", "1"), "{}", again.log);
    assert_eq!(parents(&product).await, [product.tip().await]);
    assert_eq!(pulls(&product).len(), 1);
}

#[tokio::test]
async fn a_conflict_is_left_to_people() {
    let product = protected().await;
    propose(&product, "image.tag=v1").await;
    let github = &product.world().github;
    let before = github.branch_sha(REPO, &branch(&product).await).await.unwrap();
    let moved = TEXT.replace("\"v0\"", "\"v0-hotfix\"");
    github.commit_files(REPO, "dev", "alice", "m", &[(FILE, moved.as_bytes())]).await.unwrap();
    let ended = propose(&product, "keys.k0=b").await;
    assert_eq!((ended.code(), ended.output("pull-request")), ("", "1"), "{}", ended.log);
    assert!(ended.log.contains("was changed on the base too"), "{}", ended.log);
    assert_eq!(parents(&product).await, [before], "on top of what was there");
    assert_eq!(text(&product).await, TEXT.replace("\"v0\"", "\"v1\"").replace("k0: a", "k0: b"));
}

#[tokio::test]
async fn what_was_closed_does_not_come_back() {
    let product = protected().await;
    propose(&product, "image.tag=v1").await;
    product.world().github.close_pull(REPO, 1, "alice");
    let ended = propose(&product, "keys.k0=b").await;
    assert_eq!((ended.code(), ended.output("pull-request")), ("", "2"), "{}", ended.log);
    assert_eq!(
        text(&product).await,
        TEXT.replace("k0: a", "k0: b"),
        "the value that was turned down is gone"
    );
    // The same after a merge that left the branch behind.
    let merged = TEXT.replace("k0: a", "k0: b");
    let github = &product.world().github;
    github.commit_files(REPO, "dev", "alice", "squash", &[(FILE, merged.as_bytes())]).await.unwrap();
    github.close_pull(REPO, 2, "alice");
    let ended = propose(&product, "keys.k1=b").await;
    assert_eq!((ended.code(), ended.output("pull-request")), ("", "3"), "{}", ended.log);
    assert_eq!(parents(&product).await, [product.tip().await]);
    assert_eq!(text(&product).await, TEXT.replace("k0: a", "k0: b").replace("k1: a", "k1: b"));
}

#[tokio::test]
async fn a_lost_reply_leaves_one_pull_request() {
    for existing in [false, true] {
        for (method, path, skip) in [
            ("POST", "/git/trees", 0),
            ("POST", "/git/commits", 0),
            ("POST", "/git/refs", 0),
            ("POST", "/pulls", 0),
            ("PATCH", "/pulls/", 0),
            ("GET", "/git/ref/", 0),
            // Snapshot, refused commit, base, side: then the move of the branch.
            ("POST", "/graphql", 4),
        ] {
            for effect in [Effect::DropAfter, Effect::Drop, Effect::ReplyAfter { status: 502 }] {
                let product = protected().await;
                if existing {
                    propose(&product, "image.tag=v1").await;
                }
                let fault = Fault { skip, ..Fault::once("github", method, path, effect.clone()) };
                product.world().faults.add(fault);
                let ended = propose(&product, "keys.k0=b").await;
                let what = format!("{existing} {method} {path} {effect:?}: {}", ended.log);
                assert_eq!((ended.code(), ended.output("pull-request")), ("", "1"), "{what}");
                assert_eq!(ended.output("changed"), "true", "{what}");
                assert_eq!(pulls(&product).len(), 1, "{what}");
                assert!(text(&product).await.contains("k0: b"), "{what}");
                assert_eq!(text(&product).await.contains("\"v1\""), existing, "{what}");
                assert_eq!(parents(&product).await, [product.tip().await], "{what}");
                let tip = product.world().github.branch_sha(REPO, &branch(&product).await).await;
                assert_eq!(ended.output("commit"), tip.unwrap(), "{what}");
            }
        }
    }
}

#[tokio::test]
async fn what_may_not_be_done_is_named() {
    let product = protected().await;
    let ended = propose_as(&product, "image.tag=v1", &[("contents", "write")]).await;
    let failure = ended.failure.unwrap();
    insta::assert_snapshot!(format!("{failure}\n{}\n{}", failure.remedy, failure.notes[0]), @r"
    cannot propose the values to branch `dev` of org/day2-product, which takes no direct commit (Repository rule violations found Changes must be made through a pull request.): GitHub answered 403: Resource not accessible by integration (permission-denied)
    Give the job (or the GitHub App) `pull-requests: write` as below; `GITHUB_TOKEN` reaches only its own repository.
    call: POST /repos/org/day2-product/pulls
    ");
    product.world().github.let_runs_open_pulls(REPO, false);
    let ended = propose(&product, "image.tag=v1").await;
    let failure = ended.failure.unwrap();
    let shown = format!("{failure}\n{}", failure.remedy).replace(&branch(&product).await, "BRANCH");
    insta::assert_snapshot!(shown, @r#"
    cannot open a pull request from `BRANCH` into `dev` of org/day2-product: GitHub Actions is not permitted to create or approve pull requests there (pull-request-not-allowed)
    Turn on "Allow GitHub Actions to create and approve pull requests" in the settings under Actions, or use an App's token.
    "#);
    // Once it may, what is there is used.
    product.world().github.let_runs_open_pulls(REPO, true);
    let ended = propose(&product, "image.tag=v1").await;
    assert_eq!((ended.code(), ended.output("pull-request")), ("", "1"), "{}", ended.log);
    // Without the wish it is a failure that names the rule.
    let ended = product.bump(&["--files", FILE, "--set", "image.tag=v3", "--branch", "dev"]).await;
    assert_eq!(ended.code(), "branch-protected");
}
