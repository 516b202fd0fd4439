//! Many pull requests that are ready at once, each with a run of its own.

use std::{collections::BTreeSet, time::Instant};

use sandbox::{chance::Chance, faults::Effect};

use crate::world::{Ended, PERMISSIONS, Product, REPO};

/// Of every run of the tests.
const FEW: usize = 10;
/// Of the long tier.
const MANY: usize = 30;
const GATE: &[&str] = &["--base=dev", "--head=feature/*", "--timeout=5m"];

#[tokio::test]
async fn pull_requests_that_are_ready_at_once_are_all_merged() {
    storm(FEW, false).await;
}

#[tokio::test]
async fn each_is_merged_once_while_one_call_in_five_goes_wrong() {
    storm(FEW, true).await;
}

#[tokio::test]
#[ignore = "takes half a minute; `cargo xtask test --long` runs it"]
async fn thirty_that_are_ready_at_once_are_all_merged() {
    storm(MANY, false).await;
}

#[tokio::test]
#[ignore = "takes half a minute; `cargo xtask test --long` runs it"]
async fn each_of_thirty_is_merged_once_while_one_call_in_five_goes_wrong() {
    storm(MANY, true).await;
}

/// Opens pull requests, runs the action for all of them at once, and counts.
async fn storm(count: usize, is_rough: bool) {
    let product = Product::new().await;
    let (github, before) = (&product.world().github, product.tip("dev").await);
    let (mut runs, mut heads) = (Vec::new(), Vec::new());
    for n in 0..count {
        let branch = format!("feature/{n}");
        heads.push(product.commit(&branch, &format!("{n}.txt"), "x\n").await);
        let number = github.open_pull(REPO, &branch, "dev", "alice", "Feature").await.unwrap();
        let event = github.event_payload(REPO, number, "opened", "alice", None).unwrap();
        runs.push((number, product.start(event, PERMISSIONS)));
    }
    if is_rough {
        github.set_unknown_reads(REPO, 3);
        add_faults(&product);
    }
    product.world().faults.forget_calls();
    let start = Instant::now();
    let ended = together(&product, runs).await;
    let took = start.elapsed();
    product.world().faults.clear();
    check(&product, &before, &heads, &ended).await;
    print_figures(&product, count, is_rough, took.as_secs_f64());
}

/// One merge in five takes effect and loses its answer, or is told that the base moved.
fn add_faults(product: &Product) {
    let moved = Effect::Reply {
        status: 405,
        body: r#"{"message":"Base branch was modified. Review and try the merge again."}"#.to_owned(),
        content_type: "application/json".to_owned(),
        headers: Vec::new(),
    };
    product.world().faults.add_chance(Chance {
        service: "github".to_owned(),
        method: "PUT".to_owned(),
        path: "/merge".to_owned(),
        body: String::new(),
        percent: 20,
        seed: 7,
        effects: vec![Effect::ReplyAfter { status: 502 }, moved],
    });
}

async fn together(product: &Product, runs: Vec<(u64, sandbox::github::Run)>) -> Vec<Ended> {
    // All of them in one task: they wait for the network most of the time.
    let mut pending: Vec<_> = runs.iter().map(|(_, run)| Some(Box::pin(product.run_as(run, GATE)))).collect();
    let mut ended: Vec<Option<Ended>> = runs.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (run, result) in pending.iter_mut().zip(&mut ended) {
            if let Some(future) = run
                && let std::task::Poll::Ready(one) = future.as_mut().poll(context)
            {
                *result = Some(one);
                *run = None;
            }
        }
        if pending.iter().all(Option::is_none) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    ended.into_iter().flatten().collect()
}

/// The base has each head once, and each run says which commit brought its own.
async fn check(product: &Product, before: &str, heads: &[String], ended: &[Ended]) {
    let github = &product.world().github;
    let (mut tip, mut merges) = (product.tip("dev").await, Vec::new());
    while tip != before {
        let parents = github.parents(REPO, &tip).await.unwrap();
        assert_eq!(parents.len(), 2, "only merges came: {tip}");
        merges.push((tip, parents[1].clone()));
        tip = parents[0].clone();
    }
    let merged: Vec<&String> = merges.iter().map(|(_, head)| head).collect();
    assert_eq!(merged.len(), heads.len());
    assert_eq!(merged.into_iter().collect::<BTreeSet<_>>(), heads.iter().collect());
    for (ended, head) in ended.iter().zip(heads) {
        assert_eq!((ended.code(), ended.output("merged")), ("", "true"), "{}", ended.log);
        let own = (ended.output("sha").to_owned(), head.clone());
        assert!(merges.contains(&own), "{own:?}: {}", ended.log);
        assert_eq!(ended.output("head-sha"), head);
    }
    assert!(github.pulls(REPO).iter().all(|pull| pull.merged && !pull.open));
}

/// GitHub's secondary limits (docs, "Rate limits for the REST API"): no more than 100 requests at once, 900 points a
/// minute, of which a read costs 1 and a write 5, and 80 requests a minute that make content.
fn print_figures(product: &Product, count: usize, is_rough: bool, seconds: f64) {
    let calls = product.world().faults.calls();
    let writes = calls.iter().filter(|call| call.method != "GET").count();
    let points = calls.len() - writes + 5 * writes;
    // What takes longer than a minute is counted by its average minute.
    let minutes = (seconds / 60.0).max(1.0);
    let at_once = product.world().faults.most_at_once();
    println!(
        "figures: {count} pull requests at once{}: {seconds:.1} s, {} requests ({writes} writes), at most {at_once} \
         at a time, {points} points, {} a run",
        if is_rough { " with 20 % faults" } else { "" },
        calls.len(),
        points / count
    );
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let a_minute = |count: usize| count as f64 / minutes;
    assert!(
        at_once <= 100 && a_minute(writes) <= 80.0 && a_minute(points) <= 900.0,
        "{at_once} {writes} {points}"
    );
}
