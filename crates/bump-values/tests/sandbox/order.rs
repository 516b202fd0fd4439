//! Runs that end in another order than their commits were merged in.

use sandbox::faults::{Effect, Fault};

use crate::world::{Ended, FILE, Product, REPO};

const FILES: &str = "--files=values/dev.values.yaml";
const EARLIER: &str = "10";
const LATER: &str = "11";

/// Two commits, of which the second contains the first.
async fn two_commits(product: &Product) -> [String; 2] {
    let commit = async |text: &[u8]| {
        let files = [("app.py", text)];
        product.world().github.commit_files(REPO, "dev", "alice", "work", &files).await.unwrap()
    };
    [commit(b"v2\n").await, commit(b"v3\n").await]
}

/// Sets the tag in a run with that number.
async fn bump(product: &Product, tag: &str, number: &str, more: &[(&str, &str)]) -> Ended {
    let env = [&[("GITHUB_RUN_NUMBER", number)], more].concat();
    product.bump_as(&[FILES, &format!("--set=image.tag={tag}")], &[("contents", "write")], &env).await
}

#[tokio::test]
async fn a_commit_that_contains_the_current_one_is_written_whatever_its_run() {
    let product = Product::new().await;
    let [first, second] = two_commits(&product).await;
    bump(&product, &first, LATER, &[]).await;
    let ended = bump(&product, &second, EARLIER, &[]).await;
    assert_eq!((ended.code(), ended.output("changed")), ("", "true"), "{}", ended.log);
    assert!(product.read(FILE).await.contains(&second));
}

#[tokio::test]
async fn a_commit_that_the_current_one_contains_is_superseded_whatever_its_run() {
    let product = Product::new().await;
    let [first, second] = two_commits(&product).await;
    bump(&product, &second, EARLIER, &[]).await;
    let ended = bump(&product, &first, LATER, &[]).await;
    assert_eq!((ended.code(), ended.output("superseded")), ("", "true"), "{}", ended.log);
    assert!(ended.log.contains(&format!("is for {second} already, which contains {first}")), "{}", ended.log);
    assert!(product.read(FILE).await.contains(&second));
}

#[tokio::test]
async fn a_persons_value_is_judged_by_its_commit() {
    let product = Product::new().await;
    let [first, second] = two_commits(&product).await;
    let text = product.read(FILE).await.replace("v0", &second);
    let files = [(FILE, text.as_bytes())];
    product.world().github.commit_files(REPO, "dev", "alice", "by hand", &files).await.unwrap();
    let ended = bump(&product, &first, LATER, &[]).await;
    assert_eq!((ended.code(), ended.output("superseded")), ("", "true"), "{}", ended.log);
}

#[tokio::test]
async fn other_values_are_judged_by_the_commits_of_their_runs() {
    let product = Product::new().await;
    let [first, second] = two_commits(&product).await;
    bump(&product, "v1", LATER, &[("GITHUB_SHA", &first)]).await;
    let ended = bump(&product, "v2", EARLIER, &[("GITHUB_SHA", &second)]).await;
    assert_eq!(ended.output("changed"), "true", "{}", ended.log);
    let ended = bump(&product, "v1", LATER, &[("GITHUB_SHA", &first)]).await;
    assert_eq!(ended.output("superseded"), "true", "{}", ended.log);
}

#[tokio::test]
async fn run_numbers_decide_where_the_commits_do_not() {
    let product = Product::new().await;
    let [first, second] = two_commits(&product).await;
    let github = &product.world().github;
    github.create_branch(REPO, "side", &first).await.unwrap();
    let files = [("app.py", &b"side\n"[..])];
    let side = github.commit_files(REPO, "side", "alice", "work", &files).await.unwrap();
    bump(&product, &second, EARLIER, &[]).await;
    let ended = bump(&product, &side, LATER, &[]).await;
    assert_eq!(ended.output("changed"), "true", "{}", ended.log);
    let ended = bump(&product, &second, EARLIER, &[]).await;
    assert_eq!(ended.output("superseded"), "true", "{}", ended.log);
    // A commit that GitHub does not know, and an answer that does not come.
    let unknown = "e".repeat(40);
    let ended = bump(&product, &unknown, EARLIER, &[]).await;
    assert_eq!(ended.output("superseded"), "true", "{}", ended.log);
    let refused = Effect::Reply {
        status: 403,
        body: r#"{"message":"Resource not accessible by integration"}"#.to_owned(),
        content_type: "application/json".to_owned(),
        headers: Vec::new(),
    };
    product.world().faults.add(Fault::once("github", "GET", "/compare/", refused));
    let ended = bump(&product, &second, "12", &[]).await;
    assert_eq!((ended.code(), ended.output("changed")), ("", "true"), "{}", ended.log);
    assert!(ended.log.contains("so the run numbers decide"), "{}", ended.log);
}

#[tokio::test]
async fn only_the_values_that_are_newer_stay() {
    let product = Product::new().await;
    let set = async |sets: &[&str], number: &str, more: &[&str]| {
        let argv = [&[FILES], sets, more].concat();
        product.bump_as(&argv, &[("contents", "write")], &[("GITHUB_RUN_NUMBER", number)]).await
    };
    set(&["--set=keys.k1=later"], LATER, &[]).await;
    let both = ["--set=keys.k1=earlier", "--set=keys.k2=earlier"];
    let before = product.tip().await;
    let ended = set(&both, EARLIER, &["--on-stale=fail"]).await;
    assert_eq!((ended.code(), ended.output("changed")), ("superseded", "false"), "{}", ended.log);
    assert_eq!(product.tip().await, before);
    let ended = set(&both, EARLIER, &[]).await;
    assert_eq!((ended.code(), ended.output("changed")), ("", "true"), "{}", ended.log);
    assert_eq!(ended.output("superseded"), "false", "{}", ended.log);
    assert!(ended.log.contains("Left as it is: run 11"), "{}", ended.log);
    assert!(ended.summary.contains("`values/dev.values.yaml:keys.k1`"), "{}", ended.summary);
    let text = product.read(FILE).await;
    assert!(text.contains("k1: later") && text.contains("k2: earlier"), "{text}");
    // The commit says nothing of the value that it leaves: a later run would take it for the earlier one's.
    let ended = set(&["--set=keys.k1=earlier", "--set=keys.k2=earlier"], EARLIER, &[]).await;
    assert_eq!(ended.output("superseded"), "true", "{}", ended.log);
}
