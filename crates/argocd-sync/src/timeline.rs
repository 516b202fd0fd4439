//! When each phase ended.

use std::time::Duration;

use model::Deadline;
use toolkit::Phases;

use crate::{assess::Verdict, clause::Clause};

/// The phases after the sign-in, in their order.
#[derive(Debug, Clone, Copy)]
enum Phase {
    /// From the sign-in until an operation for our revision began.
    Operation,
    /// Until it ended.
    Apply,
    /// Until the new pods were ready; with `wait-for: synced`, until the application was Synced.
    Ready,
    /// Until the application was Healthy with them, which a blue/green Rollout is after its cutover.
    Cutover,
    /// Until the old pods were gone.
    OldPodsGone,
}

impl Phase {
    const ALL: [Self; 5] = [Self::Operation, Self::Apply, Self::Ready, Self::Cutover, Self::OldPodsGone];

    fn name(self) -> &'static str {
        match self {
            Self::Operation => "operation",
            Self::Apply => "apply",
            Self::Ready => "ready",
            Self::Cutover => "cutover",
            Self::OldPodsGone => "old-pods-gone",
        }
    }

    /// The clause without which this phase is not waited for.
    fn needs(self) -> Clause {
        match self {
            Self::Operation | Self::Apply => Clause::Operation,
            Self::Ready => Clause::Synced,
            Self::Cutover => Clause::Healthy,
            Self::OldPodsGone => Clause::OldPodsGone,
        }
    }

    /// Whether it has ended in this state; none if that cannot be told from it.
    fn has_ended(self, verdict: &Verdict) -> Option<bool> {
        let holds = |clause| verdict.holds(clause);
        let is_live = holds(Clause::Healthy) && holds(Clause::ImagesLive);
        match self {
            Self::Operation => verdict.began.then_some(true),
            Self::Apply => verdict.ended.is_some().then_some(true),
            Self::Ready if !verdict.requires(Clause::Healthy) => Some(holds(Clause::Synced)),
            Self::Ready if is_live => Some(true),
            Self::Ready => verdict.ready,
            Self::Cutover => Some(is_live),
            Self::OldPodsGone => Some(holds(Clause::OldPodsGone)),
        }
    }
}

/// The moments, counted from the start of the action, at which phases ended for the last time.
#[derive(Debug)]
pub(crate) struct Timeline {
    clock: Deadline,
    signed_in: Duration,
    ended: [Option<Duration>; Phase::ALL.len()],
    waited_for: [bool; Phase::ALL.len()],
}

impl Timeline {
    /// Starts at any time; the sign-in took until `signed_in`.
    pub(crate) fn new(clock: Deadline, signed_in: Duration) -> Self {
        Self { clock, signed_in, ended: Default::default(), waited_for: Default::default() }
    }

    /// Notes what holds now. The end of a phase that does not hold any more is forgotten.
    pub(crate) fn see(&mut self, verdict: &Verdict) {
        let now = self.clock.elapsed();
        for ((phase, ended), waited_for) in Phase::ALL.iter().zip(&mut self.ended).zip(&mut self.waited_for) {
            *waited_for = verdict.requires(phase.needs());
            match phase.has_ended(verdict) {
                Some(true) => *ended = ended.or(Some(now)),
                Some(false) => *ended = None,
                None => {}
            }
        }
    }

    /// Returns the phases one after the other: each lasts from the end of the one before it, so that they add up to
    /// all the time until now. What is left belongs to the first one that has not ended, else to `settle`.
    pub(crate) fn phases(&self) -> Phases {
        let phases = Phases::new();
        phases.record("sign-in", self.signed_in);
        let mut before = self.signed_in;
        let mut going = "settle";
        for ((phase, ended), waited_for) in Phase::ALL.iter().zip(&self.ended).zip(&self.waited_for) {
            if !waited_for {
                continue;
            }
            let Some(at) = *ended else {
                going = phase.name();
                break;
            };
            phases.record(phase.name(), at.saturating_sub(before));
            before = before.max(at);
        }
        phases.record(going, self.clock.elapsed().saturating_sub(before));
        phases
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        assess::{Progress, assess},
        fixtures::{MARK, request, with},
        pods::Pods,
        request::WaitFor,
    };

    fn names(timeline: &Timeline) -> Vec<&'static str> {
        timeline.phases().list().into_iter().map(|(name, _)| name).collect()
    }

    fn timeline() -> Timeline {
        Timeline::new(Deadline::after(Duration::from_secs(60)), Duration::ZERO)
    }

    fn progress() -> Progress {
        Progress { mark: MARK.into(), pods: Some(Pods::default()), ..Progress::default() }
    }

    #[test]
    fn phases_stand_in_their_order() {
        let mut timeline = timeline();
        timeline.see(&assess(&with(&[]), &request(), &progress()));
        assert_eq!(
            names(&timeline),
            ["sign-in", "operation", "apply", "ready", "cutover", "old-pods-gone", "settle"]
        );
    }

    #[test]
    fn the_phase_that_does_not_end_has_the_rest() {
        let mut timeline = timeline();
        assert_eq!(names(&timeline), ["sign-in", "settle"]);
        let begun = with(&[("/status/operationState/phase", json!("Running"))]);
        timeline.see(&assess(&begun, &request(), &progress()));
        assert_eq!(names(&timeline), ["sign-in", "operation", "apply"]);
        timeline.see(&assess(&with(&[]), &request(), &progress()));
        // What does not hold any more has not ended.
        let images = ("/status/summary/images", json!([]));
        timeline.see(&assess(&with(&[images]), &request(), &progress()));
        assert_eq!(names(&timeline), ["sign-in", "operation", "apply", "ready", "cutover"]);
    }

    #[test]
    fn what_is_not_waited_for_has_no_phase() {
        let mut request = request();
        for (goal, expected) in [
            (WaitFor::Op, &["sign-in", "operation", "apply", "settle"][..]),
            (WaitFor::Synced, &["sign-in", "operation", "apply", "ready", "settle"]),
            (WaitFor::Promoted, &["sign-in", "operation", "apply", "ready", "cutover", "settle"]),
        ] {
            request.wait_for = goal;
            let mut timeline = timeline();
            timeline.see(&assess(&with(&[]), &request, &progress()));
            assert_eq!(names(&timeline), expected, "{goal:?}");
        }
    }
}
