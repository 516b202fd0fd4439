//! Nothing, a fast-forward, a back-merge: the steps of the ladder that need nobody.

use sandbox::{
    faults::{Effect, Fault},
    stop::When,
};

use crate::world::{Product, REPO};

/// A commit on prod, and the arguments that bring dev to it.
async fn promoted(product: &Product) -> (String, [String; 2]) {
    let sha = product.commit("prod", "values/prod.yaml", "tag: b\n").await;
    (sha.clone(), ["--branch=dev".to_owned(), format!("--to={sha}")])
}

fn args<'a>(argv: &'a [String; 2], more: &[&'a str]) -> Vec<&'a str> {
    argv.iter().map(String::as_str).chain(more.iter().copied()).collect()
}

#[tokio::test]
async fn a_branch_that_is_behind_is_moved() {
    let product = Product::new().await;
    let before = product.tip("dev").await;
    let (sha, argv) = promoted(&product).await;
    let dry = product.run(&args(&argv, &["--dry-run"])).await;
    assert_eq!((dry.output("result"), product.tip("dev").await), ("would-fast-forward", before.clone()));
    let ended = product.run(&args(&argv, &[])).await;
    assert_eq!(product.tip("dev").await, sha, "{}", ended.log);
    for (name, value) in [
        ("updated", "true"),
        ("result", "fast-forwarded"),
        ("from", &before),
        ("sha", &sha),
        ("pull-request", ""),
    ] {
        assert_eq!(ended.output(name), value, "{name}");
    }
    let again = product.run(&args(&argv, &[])).await;
    assert_eq!((again.output("updated"), again.output("result")), ("false", "up-to-date"));
}

#[tokio::test]
async fn a_newer_promotion_is_left_alone() {
    let product = Product::new().await;
    let (_, older) = promoted(&product).await;
    let newer_sha = product.commit("prod", "values/prod.yaml", "tag: c\n").await;
    product.run(&["--branch=dev", &format!("--to={newer_sha}")]).await;
    let ended = product.run(&args(&older, &[])).await;
    assert_eq!((ended.output("result"), product.tip("dev").await), ("up-to-date", newer_sha));
}

#[tokio::test]
async fn a_branch_with_commits_of_its_own_gets_a_back_merge() {
    let product = Product::new().await;
    let (sha, argv) = promoted(&product).await;
    let own = product.commit("dev", "app.py", "v2\n").await;
    let refused = product.run(&args(&argv, &["--on-diverged=fail"])).await;
    assert_eq!((refused.code(), refused.output("result")), ("branch-diverged", "refused"));
    assert_eq!((refused.output("decision"), refused.output("from")), ("refuse", own.as_str()));
    let ended = product.run(&args(&argv, &[])).await;
    assert_eq!(ended.output("result"), "back-merged", "{}", ended.log);
    assert_eq!(product.world().github.parents(REPO, "dev").await.unwrap(), [own, sha]);
    assert_eq!(ended.output("sha"), product.tip("dev").await);
    assert_eq!(product.run(&args(&argv, &[])).await.output("result"), "up-to-date");
}

#[tokio::test]
async fn a_commit_that_arrives_in_between_is_not_lost() {
    let product = Product::new().await;
    let (sha, argv) = promoted(&product).await;
    let github = &product.world().github;
    github.commit_before_next_update(REPO, "dev", "alice", "in between", &[("app.py", b"v2\n")]);
    let ended = product.run(&args(&argv, &[])).await;
    assert_eq!(ended.output("result"), "back-merged", "{}", ended.log);
    assert_eq!(github.read_file(REPO, "dev", "app.py").await.unwrap(), b"v2\n");
    assert!(github.contains(REPO, "dev", &sha).await);
}

#[tokio::test]
async fn a_lost_answer_is_found_out_and_not_repeated() {
    for effect in [Effect::ReplyAfter { status: 502 }, Effect::DropAfter] {
        let product = Product::new().await;
        let (sha, argv) = promoted(&product).await;
        product.world().faults.add(Fault::once("github", "PATCH", "/git/refs/heads/dev", effect.clone()));
        let moved = product.run(&args(&argv, &[])).await;
        assert_eq!((moved.output("result"), moved.output("updated")), ("fast-forwarded", "true"));
        assert_eq!(product.tip("dev").await, sha);

        product.commit("dev", "app.py", "v2\n").await;
        let next = product.commit("prod", "values/prod.yaml", "tag: c\n").await;
        product.world().faults.add(Fault::once("github", "POST", "/merges", effect));
        let merged = product.run(&["--branch=dev", &format!("--to={next}")]).await;
        assert_eq!(merged.output("result"), "back-merged", "{}", merged.log);
        assert_eq!(merged.output("sha"), product.tip("dev").await);
        let merges = product.world().faults.calls().into_iter().filter(|call| call.path.ends_with("/merges"));
        assert_eq!(merges.count(), 1);
    }
}

#[tokio::test]
async fn what_another_run_did_is_not_claimed_when_an_answer_is_lost() {
    for diverges in [false, true] {
        let product = Product::new().await;
        let (_, argv) = promoted(&product).await;
        if diverges {
            product.commit("dev", "app.py", "v2\n").await;
        }
        let newer = product.commit("prod", "values/prod.yaml", "tag: c\n").await;
        let faults = &product.world().faults;
        let (method, path) = if diverges { ("POST", "/merges") } else { ("PATCH", "/git/refs/heads/dev") };
        // No effect, and a newer promotion before the look.
        let bad_gateway = Effect::Reply {
            status: 502,
            body: String::new(),
            content_type: "text/html".to_owned(),
            headers: Vec::new(),
        };
        faults.add(Fault::once("github", method, path, bad_gateway));
        let look = || faults.hold("github", "GET", "/day2-product/branches/dev", When::BeforeEffect);
        let (first, older) = (look(), args(&argv, &[]));
        let (older, ()) = tokio::join!(product.run(&older), async {
            first.reached().await;
            let second = look();
            first.let_go();
            second.reached().await;
            product.run(&["--branch=dev", &format!("--to={newer}")]).await;
        });
        assert_eq!(
            (older.output("result"), older.output("updated")),
            ("up-to-date", "false"),
            "{}",
            older.log
        );
        assert!(product.world().github.contains(REPO, "dev", &newer).await);
    }
}

#[tokio::test]
async fn a_write_whose_packets_vanish_is_looked_at_before_the_time_is_up() {
    let product = Product::new().await;
    let (sha, argv) = promoted(&product).await;
    let _answer = product.world().faults.hold("github", "PATCH", "/git/refs/heads/dev", When::AfterEffect);
    let ended = product.run(&args(&argv, &["--timeout=4s"])).await;
    assert_eq!((ended.output("result"), product.tip("dev").await), ("fast-forwarded", sha), "{}", ended.log);
}

#[tokio::test]
async fn what_does_not_exist_is_named() {
    let product = Product::new().await;
    let (_, argv) = promoted(&product).await;
    let nowhere = product.run(&["--branch=stage", &argv[1]]).await;
    assert_eq!(nowhere.code(), "branch-not-found", "{}", nowhere.log);
    let nothing = product.run(&["--branch=dev", &format!("--to={}", "1".repeat(40))]).await;
    assert_eq!(nothing.code(), "commit-not-found", "{}", nothing.log);
}

#[tokio::test]
async fn a_job_without_the_permission_is_told_its_line() {
    let product = Product::new().await;
    let (_, argv) = promoted(&product).await;
    let ended = product.run_with(&args(&argv, &[]), &[("contents", "read")]).await;
    assert_eq!(ended.code(), "permission-denied", "{}", ended.log);
    assert!(ended.failure.unwrap().remedy.contains("`contents: write`"));
}

#[tokio::test]
async fn a_failure_after_a_lost_answer_says_that_the_branch_may_have_moved() {
    let product = Product::new().await;
    let (_, argv) = promoted(&product).await;
    let faults = &product.world().faults;
    faults.add(Fault::once("github", "PATCH", "/git/refs/heads/dev", Effect::DropAfter));
    let look = Fault::once("github", "GET", "/day2-product/branches/dev", Effect::Drop);
    faults.add(Fault { skip: 1, times: None, ..look });
    let ended = product.run(&args(&argv, &["--timeout=2s"])).await;
    assert_ne!(ended.code(), "", "{}", ended.log);
    let said = "`dev` may have been moved nevertheless: run again".to_owned();
    assert!(ended.failure.unwrap().notes.contains(&said), "{}", ended.log);
}
