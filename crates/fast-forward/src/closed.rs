//! The pull requests that GitHub closes because the branch has their commits now.
//!
//! GitHub marks them as merged some moments after the branch was moved
//! (<https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/incorporating-changes-from-a-pull-request/about-pull-request-merges#indirect-merges>).

use std::{collections::BTreeSet, time::Duration};

use github::{GitHub, pulls};

use crate::{look::Place, look::Survey, request::Request};

/// So long it may take GitHub. It never makes the step fail.
const PATIENCE: Duration = Duration::from_secs(10);
const FIRST: Duration = Duration::from_millis(250);
const CAP: Duration = Duration::from_secs(2);

/// What has become of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Closed {
    /// These are closed.
    pub(crate) closed: BTreeSet<u64>,
    /// These were still open when the time was up.
    pub(crate) open: BTreeSet<u64>,
}

/// Those whose head is among the commits that the branch gains.
pub(crate) fn candidates(survey: &Survey, place: &Place) -> impl Iterator<Item = u64> {
    let gained = |pull: &&pulls::PullRequest| place.gain.commits.contains(&pull.head.sha);
    survey.open.iter().flatten().filter(gained).map(|pull| pull.number)
}

/// Waits until GitHub has closed them.
pub(crate) async fn wait(github: &GitHub, request: &Request, candidates: &BTreeSet<u64>) -> Closed {
    let mut state = Closed { closed: BTreeSet::new(), open: candidates.clone() };
    let watching = async {
        let mut pause = FIRST;
        while !state.open.is_empty() {
            let base = request.branch.as_str();
            if let Ok(open) = pulls::list_open(github, &request.repository, base, None).await {
                state.open.retain(|number| open.iter().any(|pull| pull.number == *number));
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
    state.closed = candidates.difference(&state.open).copied().collect();
    state
}
