//! Which ends of a run make the step fail.

use sandbox::faults::{Effect, Fault};

use crate::world::{Ended, Product, REPO};

const GATE: &[&str] = &["--base=prod", "--labels=approval,!wip"];

fn outputs(ended: &Ended) -> [&str; 3] {
    ["result", "decision", "reason"].map(|name| ended.output(name))
}

/// Runs until the gate, the policy or the settings stop it, or a call fails.
async fn ended(why: &str, argument: &str) -> Ended {
    let product = Product::new().await;
    let number = product.promotion().await;
    let github = &product.world().github;
    match why {
        "refuse" => github.add_label(REPO, number, "wip", "maria"),
        "configuration" => github.allow_merge_method(REPO, "merge", false),
        "failed" => {
            let broken = Effect::Reply {
                status: 200,
                body: "{}".to_owned(),
                content_type: "application/json".to_owned(),
                headers: Vec::new(),
            };
            let fault = Fault::once("github", "GET", &format!("/pulls/{number}"), broken);
            product.world().faults.add(Fault { times: None, ..fault });
        }
        _ => {}
    }
    // Last, since this event is then the proof that it is about this head.
    if why != "wait" {
        github.add_label(REPO, number, "approval", "maria");
    }
    product.run(&[GATE, &[argument]].concat()).await
}

#[tokio::test]
async fn a_green_run_says_the_same_as_a_red_one() {
    for (why, code, result) in [
        ("wait", "label-missing", "waiting"),
        ("refuse", "label-blocking", "refused"),
        ("configuration", "method-disabled", "failed"),
    ] {
        let red = ended(why, &format!("--fail-on={why}")).await;
        assert_eq!((red.code(), outputs(&red)), (code, [result, why, code]), "{}", red.log);
        let others: Vec<&str> =
            ["wait", "refuse", "configuration"].into_iter().filter(|other| *other != why).collect();
        for policy in [others.join(","), "none".to_owned()] {
            let green = ended(why, &format!("--fail-on={policy}")).await;
            assert_eq!((green.code(), outputs(&green)), ("", outputs(&red)), "{policy}: {}", green.log);
            assert_eq!(green.output("merged"), "false");
            assert!(green.log.contains(&format!("notice: auto-merge: {code}")), "{}", green.log);
        }
    }
}

#[tokio::test]
async fn what_failed_is_never_green() {
    let failed = ended("failed", "--fail-on=none").await;
    assert_eq!((failed.code(), failed.output("decision")), ("unexpected-reply", "failed"), "{}", failed.log);
}
