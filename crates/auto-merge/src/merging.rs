//! The way from the facts to an end: plans, tries, and starts over when the world moved meanwhile.

mod step;

use github::{GitHub, issues, pulls::PullRequest};
use model::{CommitSha, Failure, codes::DEADLINE_PASSED};
use toolkit::{Host, Phases};

use crate::{
    apply,
    checklist::{Checklist, checklist},
    clean, codes,
    decision::Decision,
    diagnosis,
    event::Event,
    facts::Facts,
    fallback::{self, Enabled},
    gather::{Known, gather},
    merger::{self, Merger},
    outcome::{Done, Landed, Outcome},
    pace::{Pace, wait},
    plan::{Plan, approver, plan},
    readiness::{self, Look},
    request::Request,
    rule::{self, Rule},
};
use step::{Past, Step};

/// Why the pull request is not merged.
pub(crate) enum Stop {
    /// Rules do not hold.
    Refused(Box<Facts>, Vec<Rule>),
    /// Something failed.
    Failed(Failure),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// One run of the action.
pub(crate) struct Run<'a> {
    /// GitHub.
    pub github: GitHub,
    /// What is asked for.
    pub request: Request,
    /// The runner.
    pub host: &'a Host,
    /// How long each part took.
    pub phases: Phases,
    /// What is found out once.
    pub known: Known,
}

impl Run<'_> {
    /// Merges, or finds out why not.
    pub(crate) async fn merge(&self) -> Result<Outcome, Stop> {
        let mut past = Past::default();
        loop {
            // Everything is read anew each time: while we waited, a label may have gone or the head have moved.
            let reading = Box::pin(gather(&self.github, &self.request, &self.known));
            let mut facts = match self.phases.time("read", reading).await {
                Ok(facts) => facts,
                Err(failure) => return Err(past.or_reason(failure)),
            };
            if let Some(sha) = &facts.merged_as {
                let finding = merger::find(&self.github, &self.request, &facts.pull, sha, past.in_doubt);
                facts.merger = self.phases.time("read", finding).await?;
            }
            let (head, method, step) = match plan(&self.request, &facts) {
                Plan::Refuse(rules) => return Err(self.refuse(facts, rules).await),
                Plan::AlreadyMerged { sha } => return self.continue_from(facts, sha, past.in_doubt).await,
                Plan::MergedByAnotherRun { run, sha } => {
                    return Ok(self.outcome(facts, Done::MergedByAnotherRun { run, sha }));
                }
                Plan::MergedElsewhere { sha } => {
                    return Ok(self.outcome(facts, Done::MergedElsewhere { sha }));
                }
                Plan::Wait if self.request.dry_run => {
                    let why = "GitHub does not know yet whether there is a conflict".to_owned();
                    let code = &codes::MERGEABILITY_UNKNOWN;
                    return Ok(self.outcome(facts, Done::WouldWait { code, why }));
                }
                Plan::Wait => {
                    let method = self.request.method.of(&facts.pull.base.branch);
                    let step = Step::Again(Pace::Computing, not_computed(&facts.pull));
                    (facts.pull.head.sha.clone(), method, step)
                }
                Plan::Merge { head, method } => {
                    let step = Box::pin(self.step(&facts, &head, method, &mut past)).await?;
                    (head, method, step)
                }
            };
            let (goes_on, rule) = match step {
                Step::Landed(landed) => return Ok(self.finish(facts, landed, Done::Merged).await),
                Step::Elsewhere(now, sha) => {
                    let facts = Facts { pull: *now, ..facts };
                    return Ok(self.outcome(facts, Done::MergedElsewhere { sha }));
                }
                Step::Ended(done) => return Ok(self.outcome(facts, done)),
                Step::Refused(rule) => {
                    let rule = fallback::noted(&self.request, method, rule);
                    return Err(Stop::Refused(Box::new(facts), vec![rule]));
                }
                Step::TimeUp(rule) => (false, rule),
                Step::Again(pace, rule) => (self.pause(pace, &rule, &mut past).await, rule),
                Step::Watch(look, said) => self.watch(&facts.pull, *look, said.as_deref()).await,
            };
            if goes_on {
                past.waited_for(facts, rule);
            } else if past.is_clean || !fallback::is_for(&self.request, method, &rule) {
                return Err(gave_up(facts, fallback::noted(&self.request, method, rule)));
            } else {
                match self.enable(&facts.pull, &head, method).await? {
                    Enabled::Yes => {
                        return Ok(self.outcome(facts, Done::AutoMergeEnabled { code: rule.code }));
                    }
                    Enabled::NothingToWaitFor => past.is_clean = true,
                    Enabled::No(why) => return Err(Stop::Refused(Box::new(facts), vec![rule, why])),
                }
            }
        }
    }

    /// Waits before everything is read again; `false` if there is no time for that, or were enough tries.
    async fn pause(&self, pace: Pace, rule: &Rule, past: &mut Past) -> bool {
        self.host.info(&format!("not merged yet: {}", rule.cause));
        let Some(delay) = past.tries.next(pace) else { return false };
        wait(self.github.deadline(), delay, self.reserve()).await
    }

    /// Looks at the checks until there is a reason to read everything again, or no time for that.
    async fn watch(&self, pull: &PullRequest, mut look: Look, said: Option<&str>) -> (bool, Rule) {
        let reserve = self.reserve();
        let watching = readiness::watch(&self.github, &self.request, self.host, pull, &mut look, reserve);
        let goes_on = self.phases.time("wait for checks", Box::pin(watching)).await;
        (goes_on, diagnosis::unfinished(&look, said))
    }

    /// The time that is kept back for what is done when it is up.
    fn reserve(&self) -> std::time::Duration {
        if self.request.fallback.auto_merge {
            (self.request.budget / 4).min(std::time::Duration::from_secs(5))
        } else {
            std::time::Duration::ZERO
        }
    }

    /// Goes on from a merge that an earlier attempt or a person made. `in_doubt` if a merge of this very process was
    /// left without an answer: its mark then says that it took effect. A method without a message leaves no mark, so
    /// that nothing but "it is merged" can be said.
    async fn continue_from(&self, facts: Facts, sha: CommitSha, in_doubt: bool) -> Result<Outcome, Stop> {
        let method = self.request.method.of(&facts.pull.base.branch);
        let is_merged_now = in_doubt && facts.merger == Merger::Us;
        let done = if is_merged_now { Done::Merged } else { Done::AlreadyMerged };
        let landed = apply::find(&self.github, &self.request, &facts.pull, method, sha).await?;
        Ok(self.finish(facts, landed, done).await)
    }

    async fn finish(&self, facts: Facts, mut landed: Landed, done: fn(Landed) -> Done) -> Outcome {
        if !self.request.dry_run {
            match clean::delete_head(&self.github, &self.request, &facts.pull).await {
                Ok(deleted) => landed.deleted_head = deleted,
                Err(reason) => {
                    let branch = &facts.pull.head.branch;
                    self.host.info(&format!("note: the branch `{branch}` is not deleted: {reason}"));
                }
            }
        }
        self.outcome(facts, done(landed))
    }

    fn outcome(&self, facts: Facts, done: Done) -> Outcome {
        let approver = approver(&self.request, &facts);
        let method = self.request.method.of(&facts.pull.base.branch);
        let head = self.request.head_sha.clone().unwrap_or_else(|| facts.pull.head.sha.clone());
        // A gate that was not asked again says nothing about a merge that a run made.
        let is_asked = facts.merger == Merger::Unknown;
        let checklist = if is_asked { checklist(&self.request, &facts) } else { Checklist::default() };
        let is_dry_run = self.request.dry_run;
        Outcome { pull: facts.pull, method, head, approver, checklist, is_dry_run, done }
    }

    /// Takes stale labels off when the run is the push's own, so that the page shows what the gate thinks.
    async fn refuse(&self, facts: Facts, mut rules: Vec<Rule>) -> Stop {
        let is_push = self.request.event.as_ref().is_some_and(Event::is_push);
        if !is_push || self.request.dry_run {
            return Stop::Refused(Box::new(facts), rules);
        }
        for rule in rules.iter_mut().filter(|rule| rule.code == &codes::LABEL_BEFORE_PUSH) {
            let Some(label) = &rule.label else { continue };
            let (repository, number) = (&self.request.repository, self.request.number);
            rule.remedy = match issues::remove_label(&self.github, repository, number, label).await {
                Ok(()) => format!("Look at the new commits, then put `{label}` again: it was taken off."),
                Err(error) => {
                    let failure = error.into_failure(&format!("take the label `{label}` off"));
                    format!(
                        "Take `{label}` off by hand ({}. {}), look at the new commits, put it again.",
                        failure.cause, failure.remedy
                    )
                }
            };
        }
        Stop::Refused(Box::new(facts), rules)
    }
}

/// Why there is no way to go on yet.
fn not_computed(pull: &PullRequest) -> Rule {
    if pull.merged {
        let cause = "it is merged, and GitHub does not say yet as which commit";
        return Rule::new(&DEADLINE_PASSED, cause);
    }
    let cause = "GitHub has not computed yet whether there is a conflict";
    Rule::new(&codes::MERGEABILITY_UNKNOWN, cause)
}

/// Calls that failed decide nothing, so that there is nothing to say about it on the pull request's page.
fn gave_up(facts: Facts, rule: Rule) -> Stop {
    match Decision::of(rule.code) {
        Decision::Failed => rule::failure(&facts.pull, &[rule]).into(),
        _ => Stop::Refused(Box::new(facts), vec![rule]),
    }
}
