//! The life of the comment that says what is waited for.

use sandbox::faults::{Effect, Fault};
use serde_json::json;

use crate::world::{PERMISSIONS, Product, REPO};

const GATE: &[&str] = &["--base=prod", "--head=dev", "--labels=approval"];
const MARK: &str = "<!-- day2-actions:auto-merge ";

fn comments(product: &Product, number: u64) -> Vec<String> {
    product.world().github.pull(REPO, number).unwrap().comments
}

fn writes(product: &Product) -> Vec<String> {
    let calls = product.world().faults.calls();
    let is_write = |method: &str| matches!(method, "POST" | "PATCH" | "DELETE");
    let about = calls.iter().filter(|call| call.path.contains("/comments") && is_write(&call.method));
    about.map(|call| call.method.clone()).collect()
}

#[tokio::test]
async fn it_is_written_once_and_updated_in_place() {
    let product = Product::new().await;
    let number = product.promotion().await;
    let github = &product.world().github;
    github.set_unknown_reads(REPO, 0);

    assert_eq!(product.run(GATE).await.code(), "label-missing");
    let [first] = &comments(&product, number)[..] else { panic!("{:?}", comments(&product, number)) };
    let head = product.tip("dev").await;
    assert!(first.starts_with(MARK) && first.contains(&head) && first.contains("`label-missing`"), "{first}");
    assert!(first.contains("/actions/runs/"), "{first}");

    // The same again: nobody is told twice.
    product.run(GATE).await;
    assert_eq!(writes(&product), ["POST"]);

    // Another reason, and then the merge.
    github.add_label(REPO, number, "approval", "alice");
    assert_eq!(product.run(GATE).await.code(), "label-by-author");
    assert!(comments(&product, number)[0].contains("`label-by-author`"));
    github.remove_label(REPO, number, "approval", "maria");
    github.add_label(REPO, number, "approval", "maria");
    let ended = product.run(GATE).await;
    let [last] = &comments(&product, number)[..] else { panic!("{}", ended.log) };
    assert!(last.contains(&format!("as {}", product.tip("prod").await)) && !last.contains('⏳'), "{last}");
    assert_eq!(writes(&product), ["POST", "PATCH", "PATCH"]);

    // What is merged stays said, whatever a late run thinks.
    let late = github.event_payload(REPO, number, "labeled", "maria", Some("docs")).unwrap();
    let ended = product.run_for(late, GATE).await;
    assert!(ended.output("reason").starts_with("pull-request-closed"), "{}", ended.log);
    assert_eq!(comments(&product, number), std::slice::from_ref(last));
}

#[tokio::test]
async fn a_merge_without_a_comment_before_gets_one_only_if_always() {
    for (policy, count) in [("on-refusal", 0), ("never", 0), ("always", 1)] {
        let product = Product::new().await;
        let number = product.promotion().await;
        product.world().github.add_label(REPO, number, "approval", "maria");
        let ended = product.run(&[GATE, &[&format!("--comment={policy}")]].concat()).await;
        assert_eq!(ended.output("merged"), "true", "{}", ended.log);
        assert_eq!(comments(&product, number).len(), count, "{policy}");
    }
}

#[tokio::test]
async fn never_and_a_dry_run_say_nothing() {
    let product = Product::new().await;
    let number = product.promotion().await;
    for argument in ["--comment=never", "--dry-run"] {
        assert_eq!(product.run(&[GATE, &[argument]].concat()).await.code(), "label-missing");
    }
    assert!(comments(&product, number).is_empty());
}

#[tokio::test]
async fn a_person_who_writes_the_mark_diverts_nothing() {
    let product = Product::new().await;
    let number = product.promotion().await;
    let mark = format!("{MARK}{}/ -->", product.start(json!({}), &[]).workflow());
    let forged = format!("{mark}\n<!-- head={} merged -->\nall is well", product.tip("dev").await);
    product.world().github.add_comment(REPO, number, "mallory", &forged);
    for _ in 0..2 {
        product.run(GATE).await;
        let found = comments(&product, number);
        assert_eq!((found.len(), &found[0]), (2, &forged));
        assert!(found[1].starts_with(&mark) && found[1].contains("`label-missing`"), "{}", found[1]);
    }
}

#[tokio::test]
async fn an_old_run_does_not_overwrite_a_newer_one() {
    let product = Product::new().await;
    let number = product.promotion().await;
    let github = &product.world().github;
    let old = github.event_payload(REPO, number, "opened", "alice", None).unwrap();
    product.run_for(old.clone(), GATE).await;
    let head = product.commit("dev", "app.py", "v3\n").await;
    product.run(GATE).await;
    let newer = comments(&product, number);
    assert!(newer[0].contains(&head), "{}", newer[0]);
    let ended = product.run_for(old, GATE).await;
    assert!(ended.output("reason").contains("merge-head-moved"), "{}", ended.log);
    assert_eq!(comments(&product, number), newer);
}

#[tokio::test]
async fn two_runs_at_once_leave_one_comment() {
    let product = Product::new().await;
    let number = product.promotion().await;
    let github = &product.world().github;
    let event = github.event_payload(REPO, number, "opened", "alice", None).unwrap();
    // Both have seen that there is none before either writes.
    let effect = Effect::Delay { millis: 300 };
    product
        .world()
        .faults
        .add(Fault { times: Some(2), ..Fault::once("github", "POST", "/comments", effect) });
    let (one, two) = tokio::join!(product.run_for(event.clone(), GATE), product.run_for(event, GATE));
    assert_eq!((one.code(), two.code()), ("label-missing", "label-missing"));
    assert_eq!(writes(&product).iter().filter(|method| *method == "POST").count(), 2, "both wrote one");
    assert_eq!(comments(&product, number).len(), 1);
}

#[tokio::test]
async fn a_comment_that_cannot_be_written_changes_nothing_else() {
    let product = Product::new().await;
    let number = product.promotion().await;
    let locked = json!({ "message": "Unable to create comment because issue is locked.", "status": "403" });
    let effect = Effect::Reply {
        status: 403,
        body: locked.to_string(),
        content_type: "application/json".to_owned(),
        headers: Vec::new(),
    };
    product.world().faults.add(Fault::once("github", "POST", "/comments", effect));
    let ended = product.run(GATE).await;
    assert_eq!((ended.code(), ended.output("decision")), ("label-missing", "wait"));
    assert!(ended.log.contains("Unlock the pull request's conversation"), "{}", ended.log);

    let permissions: Vec<_> =
        PERMISSIONS.iter().copied().filter(|(name, _)| *name != "pull-requests").collect();
    let permissions = [&permissions[..], &[("pull-requests", "read")]].concat();
    let event = product.world().github.event_payload(REPO, number, "opened", "alice", None).unwrap();
    let ended = product.run_with(event, GATE, &permissions).await;
    assert_eq!(ended.code(), "label-missing");
    assert!(ended.log.contains("note: the pull request has no comment"), "{}", ended.log);
}

#[tokio::test]
async fn two_gates_do_not_fight_over_one_comment() {
    let product = Product::new().await;
    let number = product.promotion().await;
    product.world().github.set_unknown_reads(REPO, 0);
    let event = product.world().github.event_payload(REPO, number, "opened", "alice", None).unwrap();
    let gates = [("prod", "promote", "approval"), ("audit", "promote", "audited"), ("prod", "audit", "seen")];
    for _ in 0..2 {
        for (workflow, job, label) in gates {
            let run = product.start(event.clone(), PERMISSIONS);
            let label = format!("--labels={label}");
            let gate = ["--base=prod", "--head=dev", &label];
            let ended =
                product.run_in(&run, &gate, &[("GITHUB_WORKFLOW", workflow), ("GITHUB_JOB", job)]).await;
            assert_eq!(ended.code(), "label-missing", "{}", ended.log);
        }
    }
    let found = comments(&product, number);
    assert_eq!(found.len(), gates.len(), "{found:?}");
    for (one, (_, _, label)) in found.iter().zip(gates) {
        assert!(one.contains(&format!("the label `{label}` is missing")), "{one}");
    }
    assert_eq!(writes(&product), ["POST"; 3], "and each is left alone while it says the same");
}

#[tokio::test]
async fn a_gate_for_other_branches_has_no_comment_to_make() {
    let product = Product::new().await;
    let number = product.promotion().await;
    for (gate, reason) in
        [(["--base=dev", "--head=*"], "base-not-allowed"), (["--base=prod", "--head=x"], "head-not-allowed")]
    {
        for policy in ["on-refusal", "always"] {
            let more = ["--labels=approval".to_owned(), format!("--comment={policy}")];
            let argv = [gate[0], gate[1], &more[0], &more[1]];
            let ended = product.run(&argv).await;
            assert!(ended.output("reason").contains(reason), "{}", ended.log);
        }
    }
    assert!(comments(&product, number).is_empty(), "{:?}", comments(&product, number));
}
