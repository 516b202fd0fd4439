//! Makes a history that fails shorter, and tells it.

use crate::{
    figures::Figures,
    play::{again, record},
    steps::Moment,
    world::Home,
};

/// Plays a history that failed again, with ever fewer steps, and returns the shortest story that fails; of one that
/// does not fail, its story.
pub(crate) async fn report(home: &Home, number: u64, text: &str) -> String {
    let ((setup, mut steps), result) = record(home, number, &mut Figures::default()).await;
    let all = steps.len();
    if result.is_err() {
        let mut size = steps.len().div_ceil(2);
        while size > 0 {
            steps = without(home, setup, steps, size).await;
            size = if size == 1 { 0 } else { size.div_ceil(2) };
        }
    }
    let (story, result) = again(home, setup, &steps).await;
    let why = result.err().unwrap_or_else(|| "it does not fail when it is played again".to_owned());
    let why = if text.is_empty() { String::new() } else { format!("{text}\nshortened: {why}\n") };
    format!(
        "history {number} (DAY2_HISTORY={number} plays it again), {} of its {all} steps, {setup:?}\n{why}{}",
        steps.len(),
        story.join("\n")
    )
}

/// Leaves out each part of that size without which it still fails.
async fn without(
    home: &Home,
    setup: crate::steps::Setup,
    mut steps: Vec<Moment>,
    size: usize,
) -> Vec<Moment> {
    let mut at = 0;
    while at < steps.len() {
        let mut fewer = steps.clone();
        fewer.drain(at..(at + size).min(steps.len()));
        if again(home, setup, &fewer).await.1.is_err() {
            steps = fewer;
        } else {
            at += size;
        }
    }
    steps
}
