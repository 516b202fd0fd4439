//! The pull requests that GitHub closes because the branch has their commits now.
//!
//! GitHub marks them as merged some moments after the branch was moved
//! (<https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/incorporating-changes-from-a-pull-request/about-pull-request-merges#indirect-merges>).

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use github::{
    GitHub,
    pulls::{self, PullRequest},
};

use crate::{look::Place, look::Survey, request::Request};

/// So long it may take GitHub. It never makes the step fail.
const PATIENCE: Duration = Duration::from_secs(10);
const FIRST: Duration = Duration::from_millis(250);
const CAP: Duration = Duration::from_secs(2);

/// What has become of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Closed {
    /// These are closed as merged.
    pub(crate) merged: BTreeSet<u64>,
    /// These somebody closed without a merge.
    pub(crate) unmerged: BTreeSet<u64>,
    /// Of these neither was seen when the time was up.
    pub(crate) open: BTreeSet<u64>,
    /// How long it was waited.
    pub(crate) waited: Duration,
}

/// Those whose head is among the commits that the branch gains.
pub(crate) fn candidates(survey: &Survey, place: &Place) -> impl Iterator<Item = u64> {
    let gained = |pull: &&PullRequest| place.gain.commits.contains(&pull.head.sha);
    survey.open.iter().flatten().filter(gained).map(|pull| pull.number)
}

/// Waits until GitHub has closed them.
pub(crate) async fn wait(github: &GitHub, request: &Request, candidates: &BTreeSet<u64>) -> Closed {
    let begin = Instant::now();
    let mut state = Closed { open: candidates.clone(), ..Closed::default() };
    let watching = async {
        let mut pause = FIRST;
        while !state.open.is_empty() {
            let base = request.branch.as_str();
            if let Ok(open) = pulls::list_open(github, &request.repository, base, None).await {
                let is_open = |number: &u64| open.iter().any(|pull| pull.number == *number);
                let gone: Vec<u64> = state.open.iter().copied().filter(|number| !is_open(number)).collect();
                for number in gone {
                    state.sort(pulls::get(github, &request.repository, number).await.ok());
                }
                if state.open.is_empty() {
                    break;
                }
            }
            tokio::time::sleep(pause).await;
            pause = CAP.min(pause * 2);
        }
    };
    // What was seen by then counts.
    let _ = tokio::time::timeout(github.deadline().cap(PATIENCE), watching).await;
    state.waited = begin.elapsed();
    state
}

impl Closed {
    /// Notes down what has become of one, if it could be read.
    fn sort(&mut self, pull: Option<PullRequest>) {
        let Some(PullRequest { number, state, merged, .. }) = pull else { return };
        if !merged && state == "open" {
            return;
        }
        self.open.remove(&number);
        if merged { &mut self.merged } else { &mut self.unmerged }.insert(number);
    }
}
