//! Follows one operation until everything is proven, or cannot be any more.

use std::{collections::BTreeSet, time::Duration};

use model::{Deadline, Failure, codes as general};
use tokio::time::Instant;

use crate::{
    aftermath::Aftermath,
    api::{ArgoCd, persist},
    assess::{Progress, Verdict, assess},
    assessed::{self, Asking},
    baseline::Baseline,
    clause::Clause,
    codes,
    looking::Looking,
    observer::{News, Observer},
    ours::Ours,
    outcome::{Outcome, Seen},
    patience::{Judgement, Patience},
    paused::{self, PROMOTE},
    pods::Pods,
    progress::Lines,
    request::{Request, WaitFor},
    rollback::followed,
    timeline::Timeline,
    trouble::trouble,
    wire::{Application, OperationState, ResourceStatus},
};

/// How the following ended.
#[derive(Debug)]
pub(crate) enum End {
    /// All is proven.
    Success,
    /// It is not, and this is why.
    Failure(Failure),
    /// The operation was somebody else's and came to nothing: plan again.
    Lost,
}

/// What is known of the application while it is followed.
#[derive(Debug)]
pub(crate) struct Following<'a> {
    request: &'a Request,
    app: Application,
    progress: Progress,
    verdict: Verdict,
    timeline: Timeline,
    /// The Rollouts that were asked to go on, which is done once for each.
    promoted: BTreeSet<String>,
}

impl<'a> Following<'a> {
    /// Begins with a state of the application.
    pub(crate) fn new(
        request: &'a Request,
        app: Application,
        progress: Progress,
        deadline: Deadline,
        signed_in: Duration,
    ) -> Self {
        let verdict = assess(&app, request, &progress);
        let timeline = Timeline::new(deadline, signed_in);
        Self { request, app, progress, verdict, timeline, promoted: BTreeSet::new() }
    }

    /// Follows until the end.
    pub(crate) async fn run(&mut self, argocd: &ArgoCd, lines: &Lines<'_>) -> End {
        let mut observer = Observer::start(argocd, &self.app.metadata.resource_version);
        let mut patience = Patience::new(self.request);
        let (mut looking, mut asking) = (Looking::default(), Asking::default());
        let deadline = Instant::from_std(argocd.deadline().instant());
        loop {
            let was_last = self.verdict.pods_decide;
            self.judge(argocd.deadline()).await;
            let is_last = self.verdict.pods_decide && !was_last;
            if self.has_ended_anew(&mut asking, &mut observer) || is_last {
                // What was listed before may lack the pods of that operation, or those that make everything else hold.
                self.forget_pods(&mut looking);
                self.judge_once();
            }
            self.say(lines);
            if self.verdict.lost.is_some() {
                return End::Lost;
            }
            let wake = match patience.judge(&self.verdict, std::time::Instant::now()) {
                Judgement::Success => return End::Success,
                Judgement::Failure(failure) => return End::Failure(failure),
                Judgement::Wait(wake) => wake.map_or(deadline, Instant::from_std),
            };
            if Instant::now() >= deadline {
                return End::Failure(self.too_late());
            }
            if let Err(failure) = self.promote(argocd, lines).await {
                return End::Failure(failure);
            }
            let look = looking.next(&self.verdict, self.request, &mut observer);
            let until = look.unwrap_or(deadline).min(wake).min(deadline);
            match observer.next(until).await {
                Some(News::Deleted) => {
                    let cause = format!("application {} was deleted", self.request.application);
                    return End::Failure(Failure::new(&codes::APPLICATION_DELETED, cause));
                }
                Some(News::Error(error)) => return End::Failure(argocd.explain(error, "get").await),
                Some(News::Application(app)) => self.take(*app),
                Some(News::Refreshed(number, app)) => {
                    let newest = assessed::newest(&app, self.progress.ended.as_deref());
                    if let Some(newest) = newest
                        && let Some(end) = asking.hear((number, &app), newest, &mut observer)
                    {
                        self.progress.refreshed = Some(end);
                        // What was listed before the assessment may lack its pods.
                        self.forget_pods(&mut looking);
                    }
                    self.take(*app);
                }
                Some(News::Pods(number, pods)) if looking.accept(number) => self.progress.pods = Some(pods),
                Some(News::Pods(..)) | None => {}
            }
        }
    }

    /// Promotes paused Rollouts of this deployment whose new pods are ready, if that was asked for. A call that failed with
    /// something that passes is repeated: it says how the Rollout shall be, not what shall be done to it.
    async fn promote(&mut self, argocd: &ArgoCd, lines: &Lines<'_>) -> Result<(), Failure> {
        let due = paused::to_promote(&self.app, self.request, &self.progress);
        let due: Vec<ResourceStatus> =
            due.into_iter().filter(|rollout| !self.promoted.contains(&rollout.title())).cloned().collect();
        for rollout in due {
            lines.say(&self.request.application.to_string(), &format!("promote {}", rollout.title()));
            if let Err(error) = persist(argocd.deadline(), || argocd.act(&rollout, PROMOTE)).await {
                return Err(argocd.explain(error, "promote a Rollout of").await);
            }
            self.promoted.insert(rollout.title());
        }
        Ok(())
    }

    /// Takes a state unless a newer one is known: reads and the stream overtake each other.
    fn take(&mut self, app: Application) {
        if app.is_not_older_than(&self.app.metadata.resource_version) {
            self.app = app.with_spec_of(&self.app);
            self.progress.baseline.forget_recovered(&self.app);
        }
    }

    /// Judges the state.
    async fn judge(&mut self, deadline: Deadline) {
        self.judge_once();
        while !self.verdict.strangers.is_empty() {
            self.learn(deadline).await;
            self.judge_once();
        }
        if self.progress.ended.is_none() {
            self.progress.ended.clone_from(&self.verdict.ended);
        }
    }

    /// Asks for an assessment if an operation has ended since the last one: ours, or a later one.
    fn has_ended_anew(&mut self, asking: &mut Asking, observer: &mut Observer) -> bool {
        let newest = assessed::newest(&self.app, self.progress.ended.as_deref());
        let is_needed = self.request.wait_for > WaitFor::Op;
        newest.filter(|_| is_needed).is_some_and(|newest| asking.ask(newest, observer))
    }

    /// Finds out how the other revisions lie to ours.
    async fn learn(&mut self, deadline: Deadline) {
        for stranger in std::mem::take(&mut self.verdict.strangers) {
            let lineage = self.ours().ask(&self.app, &stranger, deadline).await;
            self.progress.known.lineages.insert(stranger, lineage);
        }
    }

    /// What was listed of pods counts no more.
    fn forget_pods(&mut self, looking: &mut Looking) {
        self.progress.pods = None;
        looking.forget();
    }

    fn judge_once(&mut self) {
        self.verdict = assess(&self.app, self.request, &self.progress);
        self.timeline.see(&self.verdict);
    }

    /// Ends before it began: everything holds already, with these pods.
    pub(crate) fn nothing_to_do(mut self, pods: Option<Pods>) -> Outcome {
        self.progress.pods = pods;
        self.judge_once();
        self.outcome(None)
    }

    /// Ends the following.
    pub(crate) fn outcome(self, failure: Option<Failure>) -> Outcome {
        let state = self.verdict.ended.as_deref().or(self.app.status.operation_state.as_ref());
        let ours = self.ours();
        let revision = state.map(|state| ours.at(state.synced()).to_owned()).unwrap_or_default();
        let phases = self.timeline.phases();
        let seen = Seen { app: self.app, verdict: self.verdict, revision, phases };
        Outcome { request: self.request.clone(), seen: Some(seen), failure, aftermath: Aftermath::default() }
    }

    /// Our revision in the application as it was seen last.
    fn ours(&self) -> Ours<'_> {
        Ours::of(&self.app, self.request, &self.progress.mark, &self.progress.known)
    }

    /// The application as it was seen last.
    pub(crate) fn app(&self) -> &Application {
        &self.app
    }

    /// How it was before.
    pub(crate) fn baseline(&self) -> &Baseline {
        &self.progress.baseline
    }

    /// Whether the operation that is followed has begun.
    pub(crate) fn has_begun(&self) -> bool {
        self.verdict.began
    }

    /// Whether the new pods serve, whatever else does not hold.
    pub(crate) fn serves(&self) -> bool {
        self.request.wait_for >= WaitFor::Healthy
            && (self.verdict.holds_before(Clause::OldPodsGone) || self.verdict.is_rest_well)
    }

    /// Whether a workload is among what looks bad; of nothing that is known, every one may be.
    pub(crate) fn blames(&self, workload: &ResourceStatus) -> bool {
        let failing = trouble(&self.app, &self.progress).failing;
        failing.is_empty() || failing.contains(&workload.title())
    }

    /// The operation that is followed, as it ended or as it is.
    pub(crate) fn operation(&self) -> Option<&OperationState> {
        self.progress.ended.as_deref().or_else(|| followed(&self.app, &self.ours()))
    }

    /// Whether the branch is known to have gone on since our revision.
    pub(crate) fn is_overtaken(&self) -> bool {
        let is_reassessed =
            self.verdict.requires(Clause::Reassessed) && self.verdict.holds(Clause::Reassessed);
        self.verdict.later.is_some()
            || is_reassessed && self.ours().are_overtaken_by(self.app.status.sync.revisions())
    }

    /// The reasons of the new pods that are in error, each once.
    fn errors(&self) -> Vec<&str> {
        let pods = self.progress.pods.iter().filter(|_| self.verdict.degraded.is_some());
        let errors: BTreeSet<&str> = pods.flat_map(Pods::in_error).map(|pod| pod.reason.as_str()).collect();
        errors.into_iter().collect()
    }

    /// Says what is waited for.
    fn say(&self, lines: &Lines<'_>) {
        let settle = self.request.settle;
        let text = match self.verdict.waits_for() {
            Some(reason) => match self.errors().as_slice() {
                [] => reason.to_owned(),
                errors => format!("{reason}; new pods in error: {}", errors.join(", ")),
            },
            None if settle.is_zero() || self.request.wait_for < WaitFor::Healthy => "all holds".to_owned(),
            None => format!("all holds; it has to for {} s", settle.as_secs_f32()),
        };
        lines.say(&self.request.application.to_string(), &text);
    }

    /// The deadline has passed: every clause that does not hold is named.
    fn too_late(&self) -> Failure {
        let app = &self.request.application;
        let unmet = self.verdict.unmet();
        let budget = self.request.timeout.as_secs_f32();
        let cause = if unmet.is_empty() {
            format!("after {budget} s all held on application {app}, but not yet for `settle`")
        } else {
            format!(
                "after {budget} s {} of {} conditions do not hold on application {app}",
                unmet.len(),
                self.verdict.clauses.len()
            )
        };
        let mut failure = Failure::new(&general::DEADLINE_PASSED, cause);
        failure.notes = unmet;
        match &self.verdict.degraded {
            Some(degraded) => failure.notes.push(degraded.clone()),
            None => failure.notes.extend(self.verdict.bad_before.iter().cloned()),
        }
        let waiting = self.progress.pods.iter().flat_map(Pods::waiting).filter(|pod| !pod.is_in_error);
        failure.notes.extend(waiting.map(|pod| format!("pod {}", pod.describe())));
        failure
    }
}
