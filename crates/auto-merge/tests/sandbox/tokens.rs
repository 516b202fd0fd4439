//! What merges: the workflow's own token, which cannot do everything, or a GitHub App.

use sandbox::faults::{Effect, Fault};
use serde_json::Value;

use crate::world::{Ended, Product, REPO};

const GATE: &[&str] = &["--base=prod", "--head=dev", "--labels=approval"];
const OF_APP: &[(&str, &str)] = &[("contents", "write"), ("pull-requests", "write")];

/// An approved promotion that changes `path`.
async fn approved(path: &str) -> (Product, Value) {
    let product = Product::new().await;
    product.commit("dev", path, "on: push\n").await;
    let github = &product.world().github;
    let number = github.open_pull(REPO, "dev", "prod", "alice", "Promote").await.unwrap();
    github.add_label(REPO, number, "approval", "maria");
    let event = github.event_payload(REPO, number, "labeled", "maria", Some("approval")).unwrap();
    (product, event)
}

/// Runs as an App that has `permissions`, in a job that has none.
async fn as_app(product: &Product, event: Value, argv: &[&str], permissions: &[(&str, &str)]) -> Ended {
    let github = &product.world().github;
    let app = github.create_app("release").unwrap();
    github.install_app(app.id, "org", &[REPO], permissions);
    let id = format!("--app-id={}", app.id);
    let argv = [argv, &[&id, "--app-private-key=env:KEY"]].concat();
    let ended = product.run_in(&product.start(event, &[]), &argv, &[("KEY", &app.pem)]).await;
    for secret in github.app_secrets() {
        assert!(!ended.log.contains(&secret), "{}", ended.log);
    }
    ended
}

fn calls(product: &Product, method: &str, path: &str) -> usize {
    let calls = product.world().faults.calls();
    calls.iter().filter(|call| call.method == method && call.path.contains(path)).count()
}

fn tokens_given_back(product: &Product) -> bool {
    calls(product, "POST", "/access_tokens") == calls(product, "DELETE", "/installation/token")
}

#[tokio::test]
async fn an_app_merges_and_gives_its_token_back() {
    let (product, event) = approved("app.py").await;
    let ended = as_app(&product, event, GATE, OF_APP).await;
    assert_eq!(ended.output("result"), "merged", "{}", ended.log);
    let said =
        "Signed in as GitHub App release on org/day2-product, with contents: write, pull-requests: write";
    assert!(ended.log.contains(said), "{}", ended.log);
    assert!(tokens_given_back(&product), "{}", ended.log);
}

#[tokio::test]
async fn an_app_asks_to_write_only_where_something_is_written() {
    let only = |level: &'static str| [("contents", level), ("pull-requests", "read")];
    let (product, event) = approved("app.py").await;
    product.world().github.set_unknown_reads(REPO, 0);
    let dry = [GATE, &["--dry-run"]].concat();
    let ended = as_app(&product, event.clone(), &dry, &only("read")).await;
    assert_eq!(ended.output("result"), "would-merge", "{}", ended.log);
    let silent = [GATE, &["--comment=never", "--on-new-commits=ignore"]].concat();
    let ended = as_app(&product, event, &silent, &only("write")).await;
    assert_eq!(ended.output("result"), "merged", "{}", ended.log);
    assert!(ended.log.contains("with contents: write, pull-requests: read"), "{}", ended.log);
}

#[tokio::test]
async fn a_refusal_gives_the_token_back_too() {
    let (product, event) = approved("app.py").await;
    let ended = as_app(&product, event, &[GATE, &["--labels=other"]].concat(), OF_APP).await;
    assert_eq!((ended.code(), tokens_given_back(&product)), ("label-missing", true), "{}", ended.log);
}

/// The sandbox has threads of its own, as GitHub has: a run that is dropped holds the one that it is on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_cancelled_gives_the_token_back() {
    let (product, event) = approved("app.py").await;
    let hold = Effect::Delay { millis: 60_000 };
    product.world().faults.add(Fault::once("github", "GET", "/timeline", hold));
    tokio::select! {
        ended = as_app(&product, event, GATE, OF_APP) => panic!("it is held back: {}", ended.log),
        () = product.called("/timeline") => {}
    }
    assert!(tokens_given_back(&product));
    assert_eq!(calls(&product, "PUT", "/merge"), 0);
}

const ALLOWING: &[&str] = &["--base=prod", "--head=dev", "--labels=approval", "--workflow-files=allow"];

#[tokio::test]
async fn an_app_asks_to_change_workflows_only_where_they_are_allowed_and_changed() {
    let (product, event) = approved(".github/workflows/ci.yml").await;
    let ended = as_app(&product, event, ALLOWING, OF_APP).await;
    assert_eq!(ended.code(), "app-permission-missing", "{}", ended.log);
    assert!(ended.log.contains("workflows"), "{}", ended.log);
    let may = [OF_APP, &[("workflows", "write")]].concat();
    let (product, event) = approved("app.py").await;
    let ended = as_app(&product, event, ALLOWING, &may).await;
    assert_eq!(ended.output("result"), "merged", "{}", ended.log);
    assert!(!ended.log.contains("workflows: write"), "{}", ended.log);
    let (product, event) = approved(".github/workflows/ci.yml").await;
    let ended = as_app(&product, event, ALLOWING, &may).await;
    assert_eq!(ended.output("result"), "merged", "{}", ended.log);
    assert!(ended.log.contains("workflows: write") && tokens_given_back(&product), "{}", ended.log);
}

#[tokio::test]
async fn a_change_of_the_gate_is_merged_by_no_token() {
    let (product, event) = approved(".github/workflows/prod.yml").await;
    let may = [OF_APP, &[("workflows", "write")]].concat();
    let by_app = as_app(&product, event.clone(), GATE, &may).await;
    assert!(!by_app.log.contains("workflows: write"), "{}", by_app.log);
    let by_run = product.run_for(event.clone(), GATE).await;
    let by_person = product.run_with_token_of("maria", event.clone(), GATE).await;
    for ended in [by_app, by_run, by_person] {
        assert_eq!((ended.code(), ended.output("decision")), ("workflow-files", "refuse"), "{}", ended.log);
        assert!(ended.log.contains("`.github/workflows/prod.yml`"), "{}", ended.log);
    }
    assert_eq!(calls(&product, "PUT", "/merge"), 0);
    // Somebody who looked at it can, and the pipeline goes on from there.
    let number = event["number"].as_u64().unwrap();
    product.world().github.press_merge(REPO, number, "maria").await.unwrap();
    let ended = product.run_for(event, GATE).await;
    assert_eq!(ended.output("result"), "already-merged", "{}", ended.log);
}

#[tokio::test]
async fn files_that_cannot_be_listed_are_not_merged() {
    let (product, event) = approved("app.py").await;
    let reply = |status, text: &str| Effect::Reply {
        status,
        body: text.to_owned(),
        content_type: "application/json".to_owned(),
        headers: Vec::new(),
    };
    for (effect, code) in [
        (reply(403, r#"{"message":"Resource not accessible by integration"}"#), "permission-denied"),
        (reply(200, r#"{"message":"no list"}"#), "unexpected-reply"),
    ] {
        product.world().faults.add(Fault::once("github", "GET", "/files", effect));
        let ended = product.run_for(event.clone(), GATE).await;
        assert_eq!((ended.code(), ended.output("merged")), (code, "false"), "{}", ended.log);
    }
    assert_eq!(calls(&product, "PUT", "/merge"), 0);
}

#[tokio::test]
async fn the_workflows_own_token_is_not_tried_on_workflow_files() {
    let (product, event) = approved(".github/workflows/ci.yml").await;
    let ended = product.run_for(event.clone(), ALLOWING).await;
    assert_eq!(ended.output("reason"), "workflows-permission", "{}", ended.log);
    assert!(ended.log.contains(".github/workflows/ci.yml"), "{}", ended.log);
    assert_eq!(calls(&product, "PUT", "/merge"), 0);
    // A person's token may.
    let ended = product.run_with_token_of("maria", event, ALLOWING).await;
    assert_eq!(ended.output("result"), "merged", "{}", ended.log);
}

#[tokio::test]
async fn the_workflows_own_token_starts_nothing_and_says_so() {
    let (product, event) = approved("app.py").await;
    let ended = product.run_for(event, GATE).await;
    assert!(ended.log.contains("which starts no other workflow"), "{}", ended.log);
}

#[tokio::test]
async fn who_puts_the_label_is_in_a_team() {
    let (product, event) = approved("app.py").await;
    let github = &product.world().github;
    github.add_team_member("org", "release", "alice", true);
    // An invitation that was not accepted is no membership.
    github.add_team_member("org", "sre", "maria", false);
    let gate = [GATE, &["--labeller-teams=org/release,org/sre"]].concat();
    let of_app = [OF_APP, &[("members", "read")]].concat();

    let ended = as_app(&product, event.clone(), &gate, &of_app).await;
    assert_eq!(ended.code(), "labeller-team", "{}", ended.log);
    let typo = [GATE, &["--labeller-teams=org/relaese"]].concat();
    let ended = as_app(&product, event.clone(), &typo, &of_app).await;
    assert_eq!(ended.code(), "teams-unreadable", "{}", ended.log);

    github.add_team_member("org", "sre", "maria", true);
    let ended = as_app(&product, event, &gate, &of_app).await;
    assert_eq!((ended.output("result"), ended.output("approver")), ("merged", "maria"), "{}", ended.log);
}

#[tokio::test]
async fn teams_need_a_token_that_can_see_them() {
    let (product, event) = approved("app.py").await;
    product.world().github.add_team_member("org", "release", "maria", true);
    let gate = [GATE, &["--labeller-teams=org/release"]].concat();
    let ended = product.run_for(event.clone(), &gate).await;
    assert_eq!(ended.code(), "teams-unreadable", "{}", ended.log);
    assert!(ended.log.contains("the token is the workflow's own"), "{}", ended.log);
    // Nothing was tried.
    assert_eq!(calls(&product, "GET", "/pulls/") + calls(&product, "GET", "/orgs/"), 0);
    let ended = product.run_with_token_of("maria", event.clone(), &gate).await;
    assert_eq!(ended.code(), "teams-unreadable", "{}", ended.log);
    let ended = as_app(&product, event, &gate, OF_APP).await;
    assert_eq!(ended.code(), "app-permission-missing", "{}", ended.log);
}
