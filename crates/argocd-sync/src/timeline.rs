//! When each clause came true.

use std::{collections::BTreeMap, time::Duration};

use model::Deadline;
use toolkit::Phases;

use crate::{assess::Verdict, clause::Clause};

/// The phases of the timings, and the clause that ends each. A blue/green cutover comes after the new pods are live,
/// and makes the application Healthy.
const PHASES: [(&str, Clause); 5] = [
    ("operation", Clause::Operation),
    ("synced", Clause::Synced),
    ("images-live", Clause::ImagesLive),
    ("healthy", Clause::Healthy),
    ("old-pods-gone", Clause::OldPodsGone),
];

/// The moments, counted from the start of the action, at which clauses came true for the last time.
#[derive(Debug)]
pub(crate) struct Timeline {
    clock: Deadline,
    began: Duration,
    since: BTreeMap<Clause, Duration>,
}

impl Timeline {
    /// Starts; what was before is the phase `plan`.
    pub(crate) fn new(clock: Deadline) -> Self {
        Self { clock, began: clock.elapsed(), since: BTreeMap::new() }
    }

    /// Returns the time since the start of the action.
    pub(crate) fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    /// Notes what holds now. A clause that stopped to hold is forgotten.
    pub(crate) fn see(&mut self, verdict: &Verdict) {
        let now = self.clock.elapsed();
        for (clause, holds) in &verdict.clauses {
            if holds.is_yes() {
                self.since.entry(*clause).or_insert(now);
            } else {
                self.since.remove(clause);
            }
        }
    }

    /// Returns the phases one after the other: each lasts from the end of the one before it, so that they add up.
    pub(crate) fn phases(&self) -> Phases {
        let phases = Phases::new();
        phases.record("plan", self.began);
        let mut before = self.began;
        for (name, clause) in PHASES {
            let Some(&at) = self.since.get(&clause) else { continue };
            phases.record(name, at.saturating_sub(before));
            before = before.max(at);
        }
        phases.record("settle", self.clock.elapsed().saturating_sub(before));
        phases
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        assess::{Progress, assess},
        fixtures::{MARK, request, with},
        pods::Pods,
    };

    #[test]
    fn phases_stand_in_their_order() {
        let progress = Progress { mark: MARK.into(), pods: Some(Pods::default()), ..Progress::default() };
        let mut timeline = Timeline::new(Deadline::after(Duration::from_secs(60)));
        timeline.see(&assess(&with(&[]), &request(), &progress));
        let names: Vec<&str> = timeline.phases().list().into_iter().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            ["plan", "operation", "synced", "images-live", "healthy", "old-pods-gone", "settle"]
        );
        // What does not hold any more has no time.
        let images = ("/status/summary/images", serde_json::json!([]));
        timeline.see(&assess(&with(&[images]), &request(), &progress));
        assert!(!timeline.phases().list().iter().any(|(name, _)| *name == "images-live"));
    }
}
