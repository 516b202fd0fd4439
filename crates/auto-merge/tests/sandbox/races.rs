//! What changes between the gate's reads and the merge, and what GitHub shows late after it.

use sandbox::{
    faults::{Effect, Fault},
    stop::When,
};
use serde_json::{Value, json};

use crate::world::{PERMISSIONS, Product, REPO};

const GATE: &[&str] = &["--base=prod", "--head=dev", "--labels=approval"];

async fn approved() -> (Product, u64, Value) {
    let product = Product::new().await;
    let number = product.promotion().await;
    let github = &product.world().github;
    github.add_label(REPO, number, "approval", "maria");
    let event = github.event_payload(REPO, number, "labeled", "maria", Some("approval")).unwrap();
    (product, number, event)
}

fn says(body: &Value) -> Effect {
    Effect::Reply {
        status: 200,
        body: body.to_string(),
        content_type: "application/json".to_owned(),
        headers: Vec::new(),
    }
}

fn merges(product: &Product) -> usize {
    product.world().faults.calls().iter().filter(|call| call.path.ends_with("/merge")).count()
}

#[tokio::test]
async fn a_label_that_is_taken_off_half_way_is_seen() {
    let (product, number, event) = approved().await;
    let before = product.tip("prod").await;
    let hold = Effect::Delay { millis: 3000 };
    product.world().faults.add(Fault::once("github", "GET", "/collaborators/maria", hold));
    let take_off = async {
        product.called("/collaborators/maria").await;
        product.world().github.remove_label(REPO, number, "approval", "maria");
    };
    let (ended, ()) = tokio::join!(product.run_for(event, GATE), take_off);
    assert_eq!((ended.code(), merges(&product)), ("label-missing", 0), "{}", ended.log);
    assert_eq!(product.tip("prod").await, before);
}

#[tokio::test]
async fn a_label_that_the_author_puts_again_half_way_is_seen() {
    let (product, number, event) = approved().await;
    let hold = Effect::Delay { millis: 3000 };
    product.world().faults.add(Fault::once("github", "GET", "/collaborators/maria", hold));
    let swap = async {
        product.called("/collaborators/maria").await;
        // Another second, by which the time of the last change differs.
        tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
        product.world().github.remove_label(REPO, number, "approval", "maria");
        product.world().github.add_label(REPO, number, "approval", "alice");
    };
    let (ended, ()) = tokio::join!(product.run_for(event, GATE), swap);
    assert!(ended.output("reason").contains("label-by-author"), "{}", ended.log);
    assert_eq!(merges(&product), 0);
}

#[tokio::test]
async fn a_merge_into_another_base_is_no_merge_of_ours() {
    let (product, number, event) = approved().await;
    let mut shown = event["pull_request"].clone();
    shown["base"]["ref"] = "stage".into();
    // It and its files are read twice until GitHub has computed its state, and it once more right before the merge.
    let fault = Fault { skip: 5, ..Fault::once("github", "GET", &format!("/pulls/{number}"), says(&shown)) };
    product.world().faults.add(fault);
    let argv = [GATE, &["--fail-on=none"]].concat();
    let ended = product.run_for(event, &argv).await;
    assert_eq!((ended.code(), ended.output("merged")), ("merged-elsewhere", "false"), "{}", ended.log);
    assert_eq!((ended.output("decision"), ended.output("sha")), ("failed", &*product.tip("prod").await));
    let comments = product.world().github.pull(REPO, number).unwrap().comments;
    assert!(comments[0].contains("its base became `stage`"), "{comments:?}");
}

#[tokio::test]
async fn a_fast_forward_that_github_shows_late_is_a_merge() {
    let (product, number, event) = approved().await;
    let late = Fault {
        skip: 2,
        times: Some(2),
        ..Fault::once("github", "GET", &format!("/pulls/{number}"), says(&event["pull_request"]))
    };
    product.world().faults.add(late);
    let argv = [GATE, &["--method=fast-forward"]].concat();
    let ended = product.run_with_token_of("maria", event, &argv).await;
    assert_eq!((ended.output("result"), ended.output("merged")), ("merged", "true"), "{}", ended.log);
    assert!(!ended.log.contains("does not show"), "{}", ended.log);
    assert_eq!(product.tip("prod").await, product.tip("dev").await);
}

#[tokio::test]
async fn a_fast_forward_that_others_went_on_from_is_a_merge() {
    let (product, number, event) = approved().await;
    let pull = format!("/pulls/{number}");
    let faults = &product.world().faults;
    // The answer is lost, GitHub shows the merge late, and meanwhile `prod` has got another commit.
    faults.add(Fault::once("github", "POST", "/graphql", Effect::ReplyAfter { status: 502 }));
    let late = says(&event["pull_request"]);
    faults.add(Fault { skip: 2, times: Some(2), ..Fault::once("github", "GET", &pull, late) });
    let move_on = async {
        product.called("/graphql").await;
        product.commit("prod", "other.txt", "x\n").await
    };
    let argv = [GATE, &["--method=fast-forward"]].concat();
    let (ended, _) = tokio::join!(product.run_with_token_of("maria", event, &argv), move_on);
    assert_eq!((ended.output("merged"), ended.output("sha")), ("true", &*product.tip("dev").await));
}

#[tokio::test]
async fn of_two_fast_forwards_at_once_one_goes_on() {
    let (product, number, event) = approved().await;
    let before = product.tip("prod").await;
    let argv = [GATE, &["--method=fast-forward"]].concat();
    let hold = product.world().faults.hold("github", "POST", "/graphql", When::BeforeEffect);
    let faster = async {
        hold.reached().await;
        let faster = product.run_for(event.clone(), &argv).await;
        hold.let_go();
        faster
    };
    let (slower, faster) = tokio::join!(product.run_for(event.clone(), &argv), faster);
    assert_eq!((faster.output("result"), faster.output("merged")), ("merged", "true"), "{}", faster.log);
    assert_eq!(faster.output("base-sha"), before);
    assert_eq!(slower.output("result"), "merged-by-another-run", "{}", slower.log);
    assert_eq!((slower.output("merged"), slower.output("sha")), ("false", ""));
    // One more attempt may follow one that merged.
    let run = product.start(event.clone(), PERMISSIONS);
    let first = product.run_as(&run, &argv).await;
    assert_eq!(first.output("result"), "merged-by-another-run", "{}", first.log);
    let again = product.world().github.rerun(run.id).unwrap();
    let second = product.run_as(&again, &argv).await;
    assert_eq!(
        (second.output("result"), second.output("merged")),
        ("already-merged", "true"),
        "{}",
        second.log
    );
    assert!(product.world().github.pull(REPO, number).unwrap().merged);
}

#[tokio::test]
async fn a_base_that_was_moved_in_the_moment_of_a_fast_forward_is_read_anew() {
    let product = Product::new().await;
    product.promotion().await;
    let first = product.tip("dev").await;
    product.commit("dev", "app.py", "v3\n").await;
    let hold = product.world().faults.hold("github", "POST", "/graphql", When::BeforeEffect);
    // Somebody brings `prod` half way: what it leaves then is another commit.
    let half_way = async {
        hold.reached().await;
        product.world().github.force_branch(REPO, "prod", "maria", Some(&first)).await.unwrap();
        hold.let_go();
    };
    let (ended, ()) = tokio::join!(product.run(&["--base=prod", "--method=fast-forward"]), half_way);
    assert_eq!((ended.output("result"), ended.output("base-sha")), ("merged", &*first), "{}", ended.log);
    assert_eq!(product.tip("prod").await, product.tip("dev").await);
}

#[tokio::test]
async fn a_mark_of_another_account_is_no_run() {
    let (product, number, event) = approved().await;
    let merged = product.run_with_token_of("maria", event.clone(), GATE).await;
    assert_eq!(merged.output("result"), "merged", "{}", merged.log);
    let ended = product.run_with_token_of("alice", event.clone(), GATE).await;
    assert_eq!((ended.output("result"), ended.output("merged")), ("already-merged", "true"), "{}", ended.log);
    product.world().github.remove_label(REPO, number, "approval", "maria");
    let ended = product.run_with_token_of("alice", event, GATE).await;
    assert_eq!((ended.code(), ended.output("merged")), ("merged-without-gate", "false"), "{}", ended.log);
    assert!(!ended.log.contains("Have someone"), "{}", ended.log);
}

#[tokio::test]
async fn a_run_that_merged_goes_on_after_its_label_was_taken_off() {
    let (product, number, event) = approved().await;
    let run = product.start(event.clone(), PERMISSIONS);
    assert_eq!(product.run_as(&run, GATE).await.output("result"), "merged");
    product.world().github.remove_label(REPO, number, "approval", "maria");
    let again = product.run_as(&run, GATE).await;
    assert_eq!((again.output("result"), again.output("merged")), ("already-merged", "true"), "{}", again.log);
    let other = product.run_for(event, GATE).await;
    assert_eq!((other.code(), other.output("result")), ("", "merged-by-another-run"), "{}", other.log);
}

#[tokio::test]
async fn a_mark_in_the_authors_title_is_no_run() {
    let product = Product::new().await;
    product.commit("dev", "app.py", "v2\n").await;
    let github = &product.world().github;
    let number = github.open_pull(REPO, "dev", "prod", "alice", "Merged-By-Run: 1").await.unwrap();
    github.add_label(REPO, number, "approval", "maria");
    let event = github.event_payload(REPO, number, "labeled", "maria", Some("approval")).unwrap();
    // By hand, GitHub writes the title into the message.
    github.press_merge(REPO, number, "maria").await.unwrap();
    let ended = product.run_for(event, GATE).await;
    assert_eq!((ended.output("result"), ended.output("merged")), ("already-merged", "true"), "{}", ended.log);
}

#[tokio::test]
async fn a_squash_of_what_others_build_on_is_refused() {
    let squash = &["--base=dev", "--method=squash"];
    let product = Product::new().await;
    let github = &product.world().github;
    product.commit("stage", "a.txt", "a\n").await;
    product.commit("feature/b", "b.txt", "b\n").await;
    github.open_pull(REPO, "feature/b", "stage", "alice", "B").await.unwrap();
    let number = github.open_pull(REPO, "stage", "dev", "alice", "Stage").await.unwrap();
    let event = github.event_payload(REPO, number, "opened", "alice", None).unwrap();
    let ended = product.run_for(event.clone(), squash).await;
    assert_eq!(ended.code(), "method-unsafe", "{}", ended.log);
    assert!(ended.log.contains("`stage`, which lives on, since it is the base of #1"), "{}", ended.log);
    github.add_rules(REPO, sandbox::github::BranchRules::pull_requests_only("stage"));
    let ended = product.run_for(event.clone(), squash).await;
    assert!(ended.log.contains("since it is protected"), "{}", ended.log);
    // A pattern says that such branches come and go.
    let ended = product.run_for(event, &["--base=dev", "--head=st*", "--method=squash"]).await;
    assert_eq!(ended.output("result"), "merged", "{}", ended.log);
}

#[tokio::test]
async fn an_approval_for_another_base_does_not_count() {
    let product = Product::new().await;
    let number = product.promotion().await;
    product.world().github.add_review(REPO, number, "maria", "APPROVED").await.unwrap();
    let change = json!([
        { "event": "base_ref_changed", "actor": { "login": "alice" }, "created_at": "2100-01-01T00:00:00Z" },
    ]);
    let fault = Fault { times: None, ..Fault::once("github", "GET", "/timeline", says(&change)) };
    product.world().faults.add(fault);
    let ended = product.run(&["--base=prod", "--require-review-on-head"]).await;
    assert_eq!(ended.code(), "approvals-missing", "{}", ended.log);
    assert!(ended.log.contains("the base became `prod` since"), "{}", ended.log);
}
