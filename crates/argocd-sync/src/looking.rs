//! When the pods are listed.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    assess::Verdict,
    clause::Clause,
    observer::Observer,
    request::{Request, WaitFor},
};

/// How often pods are listed while they start.
const LOOK: Duration = Duration::from_secs(1);
/// How often they are listed while live pods run another image of ours: old ones mostly, for as long as the scale-down
/// delay, and the stream tells when they are gone; but they may be of another kind.
const SLOW_LOOK: Duration = Duration::from_secs(5);
/// How often they are listed when only they can tell that the old ones are gone.
const LAST_LOOK: Duration = Duration::from_millis(250);

/// The looks at the pods, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Looking {
    started: u32,
    accepted: u32,
    last: Option<Instant>,
}

impl Looking {
    /// Lists the pods if that is due, and returns when the next time is.
    ///
    /// Two things need them: errors of new pods, long before their workload is Degraded, and the proof that no old
    /// one is left, which is wanted as soon as the images of live pods say so.
    pub(crate) fn next(
        &mut self,
        verdict: &Verdict,
        request: &Request,
        observer: &mut Observer,
    ) -> Option<Instant> {
        let interval = interval(verdict, request)?;
        let now = Instant::now();
        let mut due = self.last.map_or(now, |last| last + interval);
        if now >= due {
            self.started = observer.look();
            self.last = Some(now);
            due = now + interval;
        }
        Some(due)
    }

    /// Whether what a look found is newer than what is known.
    pub(crate) fn accept(&mut self, number: u32) -> bool {
        let is_newer = number > self.accepted;
        self.accepted = self.accepted.max(number);
        is_newer
    }

    /// Makes every look so far one of the past, and the next one due.
    pub(crate) fn forget(&mut self) {
        self.accepted = self.started;
        self.last = None;
    }
}

/// How often pods are wanted in this state, if at all.
fn interval(verdict: &Verdict, request: &Request) -> Option<Duration> {
    if verdict.ended.is_none() || request.wait_for < WaitFor::Healthy || verdict.is_success() {
        return None;
    }
    if !verdict.holds_before(Clause::OldPodsGone) {
        return Some(LOOK);
    }
    let interval = match (request.images.is_empty(), verdict.images_left) {
        (_, true) => SLOW_LOOK,
        // The list is all that tells, maybe for as long as the scale-down delay.
        (true, false) => LOOK,
        (false, false) => LAST_LOOK,
    };
    verdict.pods_decide.then_some(interval)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        assess::{Progress, assess},
        fixtures::{MARK, request, with},
        pods::Pods,
    };

    #[test]
    fn pods_are_listed_only_while_they_matter() {
        let progress = |pods| Progress { mark: MARK.into(), pods, ..Progress::default() };
        let interval_of = |app: &crate::wire::Application, request: &Request, pods| {
            interval(&assess(app, request, &progress(pods)), request)
        };
        let mut request = request();
        let (done, starting) = (with(&[]), with(&[("/status/health/status", json!("Progressing"))]));
        let running = with(&[("/status/operationState/phase", json!("Running"))]);
        assert_eq!(interval_of(&running, &request, None), None);
        assert_eq!(interval_of(&starting, &request, None), Some(LOOK));
        assert_eq!(interval_of(&done, &request, None), Some(LAST_LOOK));
        assert_eq!(interval_of(&done, &request, Some(Pods::default())), None);
        let both = with(&[("/status/summary/images", json!(["a.b/product/dev:new", "a.b/product/dev:old"]))]);
        assert_eq!(interval_of(&both, &request, None), Some(SLOW_LOOK));
        request.wait_for = WaitFor::Synced;
        assert_eq!(interval_of(&starting, &request, None), None);
    }

    #[test]
    fn a_look_from_before_the_assessment_is_not_taken() {
        let mut looking = Looking { started: 3, accepted: 1, last: Some(Instant::now()) };
        looking.forget();
        assert!(!looking.accept(3) && looking.accept(5) && !looking.accept(4));
    }
}
