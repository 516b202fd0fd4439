//! How long a state must last before it decides: success settles, errors get their grace.

use std::time::{Duration, Instant};

use model::Failure;

use crate::{
    assess::Verdict,
    clause::Clause,
    codes,
    request::{Request, WaitFor},
};

/// Since when states last.
#[derive(Debug, Clone)]
pub(crate) struct Patience {
    settle: Lasting,
    degraded: Lasting,
    wrong_image: Lasting,
    stuck: Lasting,
}

/// The controller clears an operation in the moment in which it ends.
const CLEARING: Duration = Duration::from_secs(30);

/// What is to be done now.
#[derive(Debug, Clone)]
pub(crate) enum Judgement {
    /// Everything held long enough.
    Success,
    /// It cannot become a success, or looked bad for too long.
    Failure(Failure),
    /// Look again when something changes, or at this moment.
    Wait(Option<Instant>),
}

impl Patience {
    /// Starts with nothing seen.
    pub(crate) fn new(request: &Request) -> Self {
        // The controller's own operation is an event of the past: only what pods do can regress.
        let settle = if request.wait_for >= WaitFor::Healthy { request.settle } else { Duration::ZERO };
        Self {
            settle: Lasting::of(settle),
            degraded: Lasting::of(request.degraded_grace),
            wrong_image: Lasting::of(request.degraded_grace),
            stuck: Lasting::of(CLEARING),
        }
    }

    /// Judges what holds at `now`.
    pub(crate) fn judge(&mut self, verdict: &Verdict, now: Instant) -> Judgement {
        if let Some(failure) = &verdict.failure {
            return Judgement::Failure(failure.clone());
        }
        // Healthy and Synced, and still no pod with the image: then the manifests do not name it.
        let is_wrong_image = verdict.ended.is_some()
            && verdict.clauses.iter().any(|(clause, holds)| *clause == Clause::ImagesLive && !holds.is_yes())
            && verdict.holds_before(Clause::ImagesLive);
        let settles = self.settle.see(verdict.is_success(), now);
        let is_degraded = verdict.degraded.is_some() && !verdict.is_success();
        let degrades = self.degraded.see(is_degraded, now);
        let misses = self.wrong_image.see(is_wrong_image, now);
        let sticks = self.stuck.see(verdict.stuck.is_some(), now);
        if settles == Due::Now {
            return Judgement::Success;
        }
        if let (Due::Now, Some(why)) = (sticks, verdict.stuck) {
            let cause = format!("for {} s Argo CD has not cleared the operation: {why}", CLEARING.as_secs());
            return Judgement::Failure(Failure::new(&codes::OPERATION_STUCK, cause));
        }
        if degrades == Due::Now {
            let grace = self.degraded.needed.as_secs_f32();
            let cause = verdict.degraded.clone().unwrap_or_default();
            return Judgement::Failure(Failure::new(&codes::DEGRADED, format!("for {grace} s: {cause}")));
        }
        if misses == Due::Now {
            let reason = verdict.unmet().into_iter().next().unwrap_or_default();
            return Judgement::Failure(match &verdict.later {
                Some(later) => {
                    let cause = format!("revision {later}, which contains ours, was synced: {reason}");
                    Failure::new(&codes::SUPERSEDED, cause)
                }
                None => Failure::new(&codes::IMAGE_NOT_LIVE, reason),
            });
        }
        Judgement::Wait([settles, degrades, misses, sticks].into_iter().filter_map(Due::at).min())
    }
}

/// A condition that must last.
#[derive(Debug, Clone)]
struct Lasting {
    needed: Duration,
    since: Option<Instant>,
}

/// When a condition will have lasted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    Now,
    At(Instant),
    Never,
}

impl Due {
    fn at(self) -> Option<Instant> {
        match self {
            Self::At(at) => Some(at),
            Self::Now | Self::Never => None,
        }
    }
}

impl Lasting {
    fn of(needed: Duration) -> Self {
        Self { needed, since: None }
    }

    fn see(&mut self, holds: bool, now: Instant) -> Due {
        if !holds {
            self.since = None;
            return Due::Never;
        }
        let since = *self.since.get_or_insert(now);
        if now.duration_since(since) >= self.needed { Due::Now } else { Due::At(since + self.needed) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        assess::{Progress, assess},
        fixtures::{MARK, request, with},
        pods::Pods,
    };

    fn verdict(changes: &[(&str, Value)]) -> Verdict {
        let progress = Progress { mark: MARK.into(), pods: Some(Pods::default()), ..Progress::default() };
        assess(&with(changes), &request(), &progress)
    }

    fn degraded() -> Verdict {
        verdict(&[("/status/health", json!({"status": "Degraded", "message": "x"}))])
    }

    #[test]
    fn success_settles_and_a_regress_starts_it_anew() {
        let (good, bad) = (verdict(&[]), verdict(&[("/status/health/status", json!("Progressing"))]));
        let mut patience = Patience::new(&request());
        let start = Instant::now();
        let second = |n: u64| start + Duration::from_secs(n);
        assert!(matches!(patience.judge(&good, second(0)), Judgement::Wait(Some(at)) if at == second(2)));
        assert!(matches!(patience.judge(&bad, second(1)), Judgement::Wait(None)));
        assert!(matches!(patience.judge(&good, second(2)), Judgement::Wait(Some(at)) if at == second(4)));
        assert!(matches!(patience.judge(&good, second(4)), Judgement::Success));
    }

    #[test]
    fn degraded_gets_its_grace() {
        let mut patience = Patience::new(&request());
        let start = Instant::now();
        let second = |n: u64| start + Duration::from_secs(n);
        assert!(
            matches!(patience.judge(&degraded(), second(0)), Judgement::Wait(Some(at)) if at == second(10))
        );
        // It recovers, and degrades again: the grace is whole again.
        assert!(matches!(patience.judge(&verdict(&[]), second(9)), Judgement::Wait(Some(_))));
        assert!(
            matches!(patience.judge(&degraded(), second(10)), Judgement::Wait(Some(at)) if at == second(20))
        );
        let Judgement::Failure(failure) = patience.judge(&degraded(), second(20)) else {
            panic!("no failure")
        };
        assert_eq!(failure.to_string(), "for 10 s: the application is Degraded: x (degraded)");
    }

    #[test]
    fn a_healthy_application_without_the_image_fails_in_time() {
        let wrong = verdict(&[("/status/summary/images", json!(["a.b/product/dev:other"]))]);
        let mut patience = Patience::new(&request());
        let start = Instant::now();
        assert!(matches!(patience.judge(&wrong, start), Judgement::Wait(Some(_))));
        let late = start + Duration::from_secs(10);
        let Judgement::Failure(failure) = patience.judge(&wrong, late) else { panic!("no failure") };
        assert_eq!(failure.code.id, "image-not-live");
    }

    #[test]
    fn an_operation_that_is_never_cleared_is_given_up() {
        for (field, value, issue) in [
            ("/operation", json!({"sync": {}}), "#29741"),
            ("/status/operationState/finishedAt", Value::Null, "#29636"),
        ] {
            let stuck = verdict(&[(field, value)]);
            let mut patience = Patience::new(&request());
            let start = Instant::now();
            assert!(matches!(patience.judge(&stuck, start), Judgement::Wait(Some(_))));
            let Judgement::Failure(failure) = patience.judge(&stuck, start + CLEARING) else {
                panic!("no failure")
            };
            assert_eq!(failure.code.id, "operation-stuck");
            assert!(failure.cause.contains(issue), "{failure}");
        }
    }

    #[test]
    fn a_later_revision_with_other_images_supersedes_ours() {
        let mut wrong = verdict(&[("/status/summary/images", json!(["a.b/product/dev:other"]))]);
        wrong.later = Some("abc".into());
        let mut patience = Patience::new(&request());
        let start = Instant::now();
        assert!(matches!(patience.judge(&wrong, start), Judgement::Wait(Some(_))));
        let Judgement::Failure(failure) = patience.judge(&wrong, start + Duration::from_secs(10)) else {
            panic!("no failure")
        };
        assert_eq!(failure.code.id, "revision-superseded");
        assert!(failure.cause.contains("revision abc, which contains ours"), "{failure}");
    }

    #[test]
    fn an_operation_alone_does_not_settle() {
        let mut request = request();
        request.wait_for = WaitFor::Op;
        let verdict = assess(&with(&[]), &request, &Progress { mark: MARK.into(), ..Progress::default() });
        assert!(matches!(Patience::new(&request).judge(&verdict, Instant::now()), Judgement::Success));
    }
}
