//! How it ended, for one application and for several. Pure.

use model::{Exit, Failure};
use toolkit::Phases;

use crate::{
    aftermath::Aftermath,
    assess::Verdict,
    request::Request,
    wire::{Application, OperationState},
};

/// The end of one request.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) request: Request,
    /// What was seen of the application, if it could be read.
    pub(crate) seen: Option<Seen>,
    /// Why it is no success.
    pub(crate) failure: Option<Failure>,
    /// What followed a failure.
    pub(crate) aftermath: Aftermath,
}

/// The application at the end.
#[derive(Debug)]
pub(crate) struct Seen {
    /// The last state that was seen.
    pub(crate) app: Application,
    /// The last judgement.
    pub(crate) verdict: Verdict,
    /// What the operation synced, at the place of our revision; empty if it synced nothing yet.
    pub(crate) revision: String,
    /// How long each phase took.
    pub(crate) phases: Phases,
}

impl Outcome {
    /// What was refused before anything was followed.
    pub(crate) fn refused(request: Request, failure: Failure) -> Self {
        Self { request, seen: None, failure: Some(failure), aftermath: Aftermath::default() }
    }
}

impl Seen {
    /// The operation that was followed: as it ended, else as it was last seen.
    pub(crate) fn operation(&self) -> Option<&OperationState> {
        self.verdict.ended.as_deref().or(self.app.status.operation_state.as_ref())
    }
}

/// Makes one failure of those of several applications: its code is that of the gravest, the first of its kind by the
/// application's name, and each application that failed has its lines.
pub(crate) fn failure_of_several(outcomes: &[Outcome]) -> Option<Failure> {
    let failed: Vec<(&Outcome, &Failure)> =
        outcomes.iter().filter_map(|outcome| Some((outcome, outcome.failure.as_ref()?))).collect();
    let gravest = failed.iter().min_by_key(|(_, failure)| rank(failure.code.exit))?.1;
    let names: Vec<String> =
        failed.iter().map(|(outcome, _)| outcome.request.application.to_string()).collect();
    let cause = format!("{} of {} applications failed: {}", failed.len(), outcomes.len(), names.join(", "));
    let mut all = Failure::new(gravest.code, cause).with_remedy(gravest.remedy.clone());
    for (outcome, failure) in failed {
        all.notes.push(format!("{}: {failure}", outcome.request.application));
        all.notes.extend(failure.notes.iter().map(|note| format!("  {note}")));
    }
    Some(all)
}

/// The less it helps to wait or to run again, the graver.
fn rank(exit: Exit) -> u8 {
    match exit {
        Exit::Bug => 0,
        Exit::Input => 1,
        Exit::Refused => 2,
        Exit::Remote => 3,
        Exit::Deadline => 4,
        Exit::Done => 5,
    }
}

#[cfg(test)]
mod tests {
    use model::codes as general;

    use super::*;
    use crate::{codes, fixtures::request};

    fn outcome(name: &str, failure: Option<Failure>) -> Outcome {
        let mut request = request();
        name.clone_into(&mut request.application.name);
        Outcome { request, seen: None, failure, aftermath: Aftermath::default() }
    }

    #[test]
    fn the_gravest_failure_speaks_for_all_and_each_is_told() {
        let late = Failure::new(&general::DEADLINE_PASSED, "after 60 s 1 of 7 conditions does not hold");
        let bad = Failure::new(&codes::DEGRADED, "for 10 s: x").with_note("pod web-1: CrashLoopBackOff");
        let worse = Failure::new(&codes::DEGRADED, "for 10 s: y");
        let outcomes = [
            outcome("a", Some(late)),
            outcome("b", None),
            outcome("c", Some(bad)),
            outcome("d", Some(worse)),
        ];
        let failure = failure_of_several(&outcomes).unwrap();
        insta::assert_snapshot!(format!("{failure}\n{}", failure.notes.join("\n")), @r"
        3 of 4 applications failed: a, c, d (degraded)
        a: after 60 s 1 of 7 conditions does not hold (deadline-passed)
        c: for 10 s: x (degraded)
          pod web-1: CrashLoopBackOff
        d: for 10 s: y (degraded)
        ");
        assert_eq!(failure.remedy, codes::DEGRADED.remedy);
        assert!(failure_of_several(&outcomes[1..2]).is_none());
    }
}
