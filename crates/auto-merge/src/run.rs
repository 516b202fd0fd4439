//! Gathers facts, plans, merges, and starts over when the world moved meanwhile.

use clap::{ArgMatches, FromArgMatches as _};
use github::{GitHub, issues, pulls::PullRequest};
use model::{CommitSha, Deadline, Failure, codes::DEADLINE_PASSED};
use toolkit::{Annotation, Host, Level, Phases, event};

use crate::{
    apply::{self, Verdict},
    args::Args,
    clean, codes,
    event::Event,
    facts::Facts,
    gather::gather,
    outcome::{Done, Landed, Outcome},
    plan::{Plan, approver, plan},
    report,
    request::{Method, Request},
    rule::{self, Rule},
};

/// So often is a merge tried again after an answer that says so. Missing checks may take the whole time.
const MAX_RETRIES: u32 = 6;

/// Runs the action with parsed arguments.
pub async fn run(matches: &ArgMatches, host: &Host) -> Result<(), Failure> {
    let args = Args::from_arg_matches(matches)
        .map_err(|error| Failure::new(&model::codes::INVALID_INPUT, error.to_string()))?;
    let event = event::load(host.env())?.as_ref().and_then(Event::read);
    let request = args.into_request(host.env(), event)?;
    host.mask(&request.token);
    warn(&request, host);
    let github = GitHub::new(request.endpoints.clone(), &request.token, Deadline::after(request.budget))?;
    let run = Run { github, request, host, phases: Phases::new() };
    match Box::pin(run.merge()).await {
        Ok(outcome) => host.publish(&report::done(&outcome, &run.phases.rows())),
        // Outputs that cannot be written must not hide why there is no merge.
        Err(Stop::Refused(pull, rules)) => {
            let _ = host.publish(&report::refused(&run.request, &pull, &rules));
            Err(rule::failure(&pull, &rules))
        }
        Err(Stop::Failed(failure)) => {
            let _ = host.publish(&report::failed(&run.request, failure.code));
            Err(failure)
        }
    }
}

/// Says what is weaker than it looks.
fn warn(request: &Request, host: &Host) {
    let gates = !request.labels.required.is_empty() || request.needs_reviews();
    if gates && host.env().get("GITHUB_EVENT_NAME") == Some("pull_request") {
        let message = "A run of `pull_request` takes its workflow file from the pull request, which can change this \
                       gate. Start the workflow by `pull_request_target` and check out nothing before the merge.";
        host.annotate(&Annotation::new(Level::Warning, "auto-merge: the gate can be edited", message));
    }
    if request.head_sha.is_none() {
        host.info("note: no event and no `head-sha`, so that whatever the head is now is merged");
    }
}

/// Why the pull request is not merged.
enum Stop {
    /// Rules do not hold.
    Refused(Box<PullRequest>, Vec<Rule>),
    /// Something failed.
    Failed(Failure),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

struct Run<'a> {
    github: GitHub,
    request: Request,
    host: &'a Host,
    phases: Phases,
}

impl Run<'_> {
    async fn merge(&self) -> Result<Outcome, Stop> {
        let (mut attempt, mut retries) = (0, 0);
        loop {
            // Everything is read anew each time: while we waited, a label may have gone or the head have moved.
            let facts = self.phases.time("read", Box::pin(gather(&self.github, &self.request))).await?;
            let waiting_for = match plan(&self.request, &facts) {
                Plan::Refuse(rules) => return Err(self.refuse(facts, rules).await),
                Plan::AlreadyMerged { sha } => return self.continue_from(facts, sha).await,
                Plan::Wait if self.request.dry_run => return Ok(self.outcome(facts, Done::WouldWait)),
                Plan::Merge { .. } if self.request.dry_run => {
                    return Ok(self.outcome(facts, Done::WouldMerge));
                }
                Plan::Wait => {
                    let cause = "GitHub has not computed yet whether there is a conflict";
                    Rule::new(&DEADLINE_PASSED, cause)
                }
                Plan::Merge { head, method } => match self.try_merge(&facts, &head, method).await {
                    Ok(landed) => return Ok(self.finish(facts, landed, Done::Merged).await),
                    Err(Verdict::Failed(failure)) => return Err(failure.into()),
                    Err(Verdict::Refused(rule)) => {
                        return Err(Stop::Refused(Box::new(facts.pull), vec![rule]));
                    }
                    Err(Verdict::Again(rule)) => {
                        retries += u32::from(rule.code != &codes::CHECKS_MISSING);
                        rule
                    }
                },
            };
            self.host.info(&format!("not merged yet: {}", waiting_for.cause));
            if retries > MAX_RETRIES || !apply::pause(self.github.deadline(), attempt).await {
                return Err(Stop::Refused(Box::new(facts.pull), vec![waiting_for]));
            }
            attempt += 1;
        }
    }

    async fn try_merge(&self, facts: &Facts, head: &CommitSha, method: Method) -> Result<Landed, Verdict> {
        let (github, request, pull) = (&self.github, &self.request, &facts.pull);
        let merging = apply::merge(github, request, pull, head, method);
        let sha = self.phases.time("merge", merging).await?;
        let landing = apply::land(github, request, pull, method, sha, true);
        self.phases.time("verify", landing).await.map_err(Verdict::Failed)
    }

    /// Goes on from a merge that an earlier attempt or a person made. Two events of one pull request start two runs:
    /// the one that merged goes on, and the other one is done.
    async fn continue_from(&self, facts: Facts, sha: CommitSha) -> Result<Outcome, Stop> {
        let method = self.request.method.of(&facts.pull.base.branch);
        let other = apply::other_run(&self.github, &self.request, &facts.pull, method, &sha).await?;
        if let Some(run) = other {
            return Ok(self.outcome(facts, Done::MergedByAnotherRun { run, sha }));
        }
        let landed = apply::land(&self.github, &self.request, &facts.pull, method, sha, false).await?;
        Ok(self.finish(facts, landed, Done::AlreadyMerged).await)
    }

    async fn finish(&self, facts: Facts, mut landed: Landed, done: fn(Landed) -> Done) -> Outcome {
        if !self.request.dry_run {
            match clean::delete_head(&self.github, &self.request, &facts.pull).await {
                Ok(deleted) => landed.deleted_head = deleted,
                // The merge is what counts; a branch that stays is no reason to stop the pipeline.
                Err(failure) => {
                    let title = format!("auto-merge: {}", failure.code.id);
                    self.host.annotate(&Annotation::new(Level::Warning, title, failure.cause));
                }
            }
        }
        self.outcome(facts, done(landed))
    }

    fn outcome(&self, facts: Facts, done: Done) -> Outcome {
        let approver = approver(&self.request, &facts);
        let method = self.request.method.of(&facts.pull.base.branch);
        let head = self.request.head_sha.clone().unwrap_or_else(|| facts.pull.head.sha.clone());
        Outcome { pull: facts.pull, method, head, approver, done }
    }

    /// Takes stale labels off when the run is the push's own, so that the page shows what the gate thinks.
    async fn refuse(&self, facts: Facts, mut rules: Vec<Rule>) -> Stop {
        let is_push = self.request.event.as_ref().is_some_and(Event::is_push);
        if !is_push || self.request.dry_run {
            return Stop::Refused(Box::new(facts.pull), rules);
        }
        for rule in rules.iter_mut().filter(|rule| rule.code == &codes::LABEL_BEFORE_PUSH) {
            let Some(label) = &rule.label else { continue };
            let (repository, number) = (&self.request.repository, self.request.number);
            rule.remedy = match issues::remove_label(&self.github, repository, number, label).await {
                Ok(()) => format!("Look at the new commits, then put `{label}` again: it was taken off."),
                Err(error) => {
                    let failure = error.into_failure(&format!("take the label `{label}` off"));
                    format!(
                        "Take `{label}` off by hand ({}), look at the new commits, put it again.",
                        failure.cause
                    )
                }
            };
        }
        Stop::Refused(Box::new(facts.pull), rules)
    }
}
