//! Many histories at once, one thread for each core.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

use crate::{figures::Figures, play, shrink, world::Home};

/// Of every run of the tests.
const FEW: u64 = 500;
/// Of the long tier.
const MANY: u64 = 10_000;
/// So many histories share a sandbox.
const OF_ONE_HOME: u64 = 50;

#[test]
fn no_history_merges_what_nobody_approved() {
    play_all(FEW);
}

#[test]
#[ignore = "takes minutes; `cargo xtask test --long` runs it"]
fn ten_thousand_histories() {
    play_all(MANY);
}

fn play_all(count: u64) {
    if let Some(number) = chosen() {
        return alone(number);
    }
    let (next, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
    let (sum, failure) = (Mutex::new(Figures::default()), Mutex::new(None));
    let start = Instant::now();
    let worker = || {
        while !is_over.load(Ordering::Relaxed) {
            let first = next.fetch_add(OF_ONE_HOME, Ordering::Relaxed);
            if first >= count {
                break;
            }
            let (figures, failed) = in_a_home(async |home| {
                let mut figures = Figures::default();
                for number in first..count.min(first + OF_ONE_HOME) {
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    if let Err(text) = play::random(home, number, &mut figures).await {
                        return (figures, Some(shrink::report(home, number, &text).await));
                    }
                }
                (figures, None)
            });
            sum.lock().unwrap().add(&figures);
            if let Some(text) = failed {
                is_over.store(true, Ordering::Relaxed);
                failure.lock().unwrap().get_or_insert(text);
            }
        }
    };
    std::thread::scope(|scope| {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        (0..cores).for_each(|_| drop(scope.spawn(worker)));
    });
    let sum = sum.into_inner().unwrap();
    println!("figures: {}", sum.line(start.elapsed()));
    if let Some(text) = failure.into_inner().unwrap() {
        panic!("after {} histories: {text}", sum.histories);
    }
    sum.check(count);
}

/// Plays one history and tells what happens.
fn alone(number: u64) {
    let failed = in_a_home(async |home| {
        let mut figures = Figures::default();
        let result = play::random(home, number, &mut figures).await;
        (result.is_err(), shrink::report(home, number, &result.err().unwrap_or_default()).await)
    });
    assert!(!failed.0, "{}", failed.1);
    println!("{}", failed.1);
}

/// Runs with a sandbox on this very thread, whose time passes only when a history says so: neither the machine's pace
/// nor other threads have a say in what happens.
fn in_a_home<T>(work: impl AsyncFnOnce(&Home) -> T) -> T {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        // Paused time goes on by itself when nobody has anything to do but wait for the network, unless there is
        // blocking work: this is some.
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let _blocking = tokio::task::spawn_blocking(move || ended.recv().is_err());
        let home = Home::new().await;
        let result = work(&home).await;
        drop(home);
        drop(end);
        result
    })
}

#[expect(clippy::disallowed_methods, reason = "a test's own knob")]
fn chosen() -> Option<u64> {
    std::env::var("DAY2_HISTORY").ok().and_then(|text| text.parse().ok())
}
