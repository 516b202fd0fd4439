//! Races, lost replies and kills: nothing is lost, nothing is done twice, no stale bytes are sent.

use std::{sync::Arc, time::Duration};

use crate::world::{FILE, Product, REPO, TEXT, run_in};
use sandbox::faults::{Effect, Fault};

const FILES: &str = "--files=values/dev.values.yaml";

#[tokio::test]
async fn a_concurrent_commit_to_the_same_file_survives() {
    let product = Product::new().await;
    let theirs = TEXT.replace("k3: a", "k3: theirs # and a word");
    let files = [(FILE, theirs.as_bytes())];
    product.world().github.commit_before_next_update(REPO, "dev", "alice", "theirs", &files);
    let ended = product.bump(&[FILES, "--set=image.tag=v1"]).await;
    assert_eq!((ended.code(), ended.output("attempts")), ("", "2"), "{}", ended.log);
    assert_eq!(product.read(FILE).await, theirs.replace("\"v0\"", "\"v1\""));
    assert_eq!(product.length().await, 2);
}

#[tokio::test]
async fn a_concurrent_commit_of_the_same_value_is_enough() {
    let product = Product::new().await;
    let theirs = TEXT.replace("\"v0\"", "\"v1\"");
    let files = [(FILE, theirs.as_bytes())];
    product.world().github.commit_before_next_update(REPO, "dev", "alice", "theirs", &files);
    let ended = product.bump(&[FILES, "--set=image.tag=v1"]).await;
    assert_eq!((ended.code(), ended.output("changed"), ended.output("attempts")), ("", "false", "1"));
    assert_eq!(ended.output("commit"), product.tip().await);
}

#[tokio::test]
async fn a_lost_reply_makes_no_second_commit() {
    for effect in [Effect::ReplyAfter { status: 502 }, Effect::DropAfter] {
        let product = Product::new().await;
        product.fail_commit(effect);
        let ended = product.bump(&[FILES, "--set=image.tag=v1"]).await;
        assert_eq!((ended.code(), ended.output("changed")), ("", "true"), "{}", ended.log);
        assert_eq!(ended.output("commit"), product.tip().await);
        assert_eq!(product.length().await, 1);
    }
}

#[tokio::test]
async fn a_write_that_did_not_arrive_is_repeated() {
    let odd = |status, body: &str| Effect::Reply {
        status,
        body: body.to_owned(),
        content_type: "application/json".to_owned(),
        headers: Vec::new(),
    };
    let stale = r#"{"data":{"createCommitOnBranch":null},"errors":[{"type":"STALE_DATA","message":"Expected branch to point to \"x\" but it did not.  Pull and try again."}]}"#;
    for effect in [odd(502, ""), odd(200, stale), Effect::Drop] {
        let product = Product::new().await;
        product.fail_commit(effect);
        let ended = product.bump(&[FILES, "--set=image.tag=v1"]).await;
        assert_eq!((ended.code(), ended.output("attempts")), ("", "2"), "{}", ended.log);
        assert_eq!(product.length().await, 1);
    }
}

#[tokio::test]
async fn the_deadline_names_the_last_refusal() {
    let product = Product::new().await;
    for number in 0..100 {
        let theirs = TEXT.replace("k3: a", &format!("k3: {number}x"));
        let files = [(FILE, theirs.as_bytes())];
        product.world().github.commit_before_next_update(REPO, "dev", "alice", "theirs", &files);
    }
    let ended = product.bump(&[FILES, "--set=image.tag=v1", "--timeout=700ms"]).await;
    assert_eq!(ended.code(), "deadline-passed", "{}", ended.log);
    assert!(ended.log.contains("the branch has moved"), "{}", ended.log);
    assert!(product.read(FILE).await.contains("tag: \"v0\""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_writers_of_one_file_lose_nothing() {
    let product = Arc::new(Product::new().await);
    let mut runs = tokio::task::JoinSet::new();
    for key in 0..8 {
        let product = product.clone();
        runs.spawn(async move {
            let set = format!("--set=keys.k{key}=b{key}");
            product.bump(&[FILES, &set]).await
        });
    }
    let ended = runs.join_all().await;
    assert!(
        ended.iter().all(|ended| ended.code().is_empty() && ended.output("changed") == "true"),
        "{ended:?}"
    );
    let wanted = (0..8)
        .fold(TEXT.to_owned(), |text, key| text.replace(&format!("k{key}: a"), &format!("k{key}: b{key}")));
    assert_eq!(product.read(FILE).await, wanted);
    assert_eq!(product.length().await, 8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_newest_of_many_runs_wins() {
    let product = Arc::new(Product::new().await);
    let mut runs = tokio::task::JoinSet::new();
    for number in 1..=8 {
        let product = product.clone();
        runs.spawn(async move {
            let (set, number) = (format!("--set=image.tag=v{number}"), number.to_string());
            product.bump_as(&[FILES, &set], &[("contents", "write")], &[("GITHUB_RUN_NUMBER", &number)]).await
        });
    }
    let ended = runs.join_all().await;
    assert!(ended.iter().all(|ended| ended.code().is_empty()), "{ended:?}");
    assert!(product.read(FILE).await.contains("tag: \"v8\""));
    let written = ended.iter().filter(|ended| ended.output("changed") == "true").count();
    let superseded = ended.iter().filter(|ended| ended.output("superseded") == "true").count();
    assert_eq!((written + superseded, product.length().await), (8, written));
}

#[tokio::test]
async fn a_run_that_is_cut_anywhere_and_repeated_ends_as_one_clean_run() {
    for millis in (0..60).step_by(6) {
        let product = Product::new().await;
        let slow = Fault { times: None, ..Fault::once("github", "POST", "", Effect::Delay { millis: 8 }) };
        product.world().faults.add(slow);
        let (env, _) = product.env(&[("contents", "write")], &[]);
        let argv = [FILES, "--set=image.tag=v1"];
        let _ = tokio::time::timeout(Duration::from_millis(millis), run_in(env, &argv)).await;
        let ended = product.bump(&argv).await;
        assert_eq!(ended.code(), "", "{}", ended.log);
        assert_eq!(ended.output("commit"), product.tip().await);
        assert_eq!(product.read(FILE).await, TEXT.replace("\"v0\"", "\"v1\""));
        assert_eq!(product.length().await, 1, "cut after {millis} ms");
    }
}

#[tokio::test]
async fn a_failing_read_does_not_end_a_bump_whose_commit_is_in_doubt() {
    let product = Product::new().await;
    product.fail_commit(Effect::DropAfter);
    let down = || Effect::Reply {
        status: 502,
        body: "down".to_owned(),
        content_type: "text/plain".to_owned(),
        headers: Vec::new(),
    };
    // More than the client asks again by itself.
    let read = Fault { skip: 1, times: Some(8), ..Fault::once("github", "POST", "/graphql", down()) };
    product.world().faults.add(read);
    let ended = product.bump(&["--files=values/dev.values.yaml", "--set=image.tag=v1"]).await;
    assert_eq!((ended.code(), ended.output("changed")), ("", "true"), "{}", ended.log);
    assert!(ended.log.contains("had arrived although its reply was lost"), "{}", ended.log);
    assert_eq!(product.length().await, 1);
}

#[tokio::test]
async fn a_bump_that_stays_in_doubt_says_so() {
    let product = Product::new().await;
    product.fail_commit(Effect::DropAfter);
    let down = Effect::Reply {
        status: 502,
        body: "down".to_owned(),
        content_type: "text/plain".to_owned(),
        headers: Vec::new(),
    };
    product.world().faults.add(Fault {
        skip: 1,
        times: None,
        ..Fault::once("github", "POST", "/graphql", down)
    });
    let ended = product.bump(&["--files=values/dev.values.yaml", "--set=image.tag=v1", "--timeout=3s"]).await;
    let failure = ended.failure.unwrap();
    assert!(failure.cause.contains("a commit may be on the branch all the same"), "{failure}");
}
