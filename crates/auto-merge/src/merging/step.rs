//! One try, and where it leads.

use github::{pulls::PullRequest, queue::Enqueued};
use model::{CommitSha, Failure, codes::DEADLINE_PASSED};

use super::{Run, Stop};
use crate::{
    answer::Verdict,
    apply, behind, codes,
    diagnosis::{self, Diagnosis},
    facts::Facts,
    fallback::{self, Enabled},
    look,
    outcome::{Done, Landed},
    pace::{Pace, Tries},
    readiness::{self, Look},
    request::Method,
    rule::Rule,
    workflows,
};

/// Where a try leads.
pub(super) enum Step {
    /// The base has it.
    Landed(Landed),
    /// Another base has it.
    Elsewhere(Box<PullRequest>, CommitSha),
    /// It ends otherwise, as was asked for.
    Ended(Done),
    /// Read everything again after a while; if there is no time left for that, this is the reason.
    Again(Pace, Rule),
    /// Look at the checks until they are finished; if there is no time left for that, GitHub's words are a part of the
    /// reason.
    Watch(Box<Look>, Option<String>),
    /// This will not change while we wait.
    Refused(Rule),
    /// It would have to wait for somebody, who is not going to come within the time.
    TimeUp(Rule),
}

/// What the tries before have left.
#[derive(Default)]
pub(super) struct Past {
    pub(super) tries: Tries,
    /// A merge of ours may have taken effect without an answer.
    pub(super) in_doubt: bool,
    /// GitHub has said that nothing is left to wait for.
    pub(super) is_clean: bool,
    /// What was waited for last.
    reason: Option<(Box<Facts>, Rule)>,
}

impl Past {
    /// Keeps what was waited for.
    pub(super) fn waited_for(&mut self, facts: Facts, rule: Rule) {
        self.reason = Some((Box::new(facts), rule));
    }

    /// The end of the time is no news where the facts are read once more: what it was waiting for is. A failure of a
    /// read alone may be replaced so; a merge that has no answer is never.
    pub(super) fn or_reason(&mut self, failure: Failure) -> Stop {
        match self.reason.take() {
            Some((facts, rule)) if failure.code == &DEADLINE_PASSED && !self.in_doubt => {
                Stop::Refused(facts, vec![rule])
            }
            _ => failure.into(),
        }
    }
}

impl Run<'_> {
    /// Tries once. The merge comes first: what the base's rules want is read only when GitHub refuses it.
    pub(super) async fn step(
        &self,
        facts: &Facts,
        head: &CommitSha,
        method: Method,
        past: &mut Past,
    ) -> Result<Step, Stop> {
        let (github, request, pull) = (&self.github, &self.request, &facts.pull);
        if request.checks.is_ours() {
            let reading = readiness::demanded(github, request, head);
            let look = match self.phases.time("read checks", reading).await {
                Ok(look) => look,
                Err(failure) => return Err(past.or_reason(failure)),
            };
            match diagnosis::of_demand(&look, pull) {
                None => {}
                Some(Diagnosis::Watch(rule)) if request.dry_run => {
                    return Ok(Step::Ended(Done::WouldWait { code: rule.code, why: rule.cause }));
                }
                Some(Diagnosis::Watch(_)) => return Ok(Step::Watch(Box::new(look), None)),
                Some(diagnosis) => return Ok(Step::Refused(diagnosis.into_rule())),
            }
        }
        if request.dry_run {
            return Ok(Step::Ended(would(pull)));
        }
        match self.try_merge(facts, head, method, past.in_doubt).await {
            Ok(step) => Ok(step),
            Err(Verdict::Failed(failure)) => Err(failure.into()),
            Err(Verdict::Refused(rule)) => Ok(Step::Refused(rule)),
            Err(Verdict::Again(pace, rule)) => Ok(Step::Again(pace, rule)),
            Err(Verdict::InDoubt(rule)) => {
                past.in_doubt = true;
                Ok(Step::Again(Pace::Passing, rule))
            }
            Err(Verdict::Queued) => Ok(Step::Ended(Done::Enqueued(Enqueued { position: None, url: None }))),
            Err(Verdict::Blocked(block, rule)) => {
                let looking = readiness::look(github, request, pull, head, block);
                let look = Box::pin(self.phases.time("explain", looking)).await?;
                let said = rule.cause.clone();
                let pace = if rule.code == &codes::CHECKS_MISSING { Pace::Checks } else { Pace::Passing };
                match diagnosis::of_block(block, rule, &look, pull, &request.checks) {
                    Diagnosis::Refuse(rule) => Ok(Step::Refused(rule)),
                    Diagnosis::NotNow(rule) => Ok(Step::TimeUp(rule)),
                    Diagnosis::Watch(_) => Ok(Step::Watch(Box::new(look), Some(said))),
                    Diagnosis::Again(rule) => Ok(Step::Again(pace, rule)),
                    Diagnosis::Behind(rule) => self.update(pull, head, rule).await,
                    // The queue takes only what could be merged.
                    Diagnosis::Queue(_) if request.fallback.merge_queue && look.is_waiting() => {
                        Ok(Step::Watch(Box::new(look), Some(said)))
                    }
                    Diagnosis::Queue(rule) => self.enqueue(pull, head, method, rule).await,
                }
            }
        }
    }

    async fn update(&self, pull: &PullRequest, head: &CommitSha, rule: Rule) -> Result<Step, Stop> {
        if !self.request.update_branch {
            return Ok(Step::Refused(rule));
        }
        let updating = behind::update(&self.github, &self.request, pull, head);
        Ok(match self.phases.time("update branch", updating).await? {
            behind::Updated::Yes => Step::Ended(Done::BranchUpdated),
            behind::Updated::UpToDate => Step::Again(Pace::Passing, rule),
            behind::Updated::No(rule) => Step::Refused(rule),
        })
    }

    async fn enqueue(
        &self,
        pull: &PullRequest,
        head: &CommitSha,
        method: Method,
        rule: Rule,
    ) -> Result<Step, Stop> {
        // The queue merges in its own way, which moves the base to a commit that the head does not have.
        if !self.request.fallback.merge_queue || method == Method::FastForward {
            return Ok(Step::Refused(rule));
        }
        if let Some(changed) = look::before(&self.github, &self.request, pull).await? {
            return Ok(Step::Again(Pace::Passing, changed));
        }
        let queueing = fallback::merge_queue(&self.github, pull, head);
        Ok(match self.phases.time("enqueue", queueing).await? {
            Ok(enqueued) => Step::Ended(Done::Enqueued(enqueued)),
            Err(refused) => Step::Refused(refused.with_notes(rule.notes)),
        })
    }

    /// Lets GitHub merge later. This run does not go on from there, so that the merge must not bear its mark.
    pub(super) async fn enable(
        &self,
        pull: &PullRequest,
        head: &CommitSha,
        method: Method,
    ) -> Result<Enabled, Failure> {
        let message = apply::message(&self.github, &self.request, pull, method, None).await;
        let texts = (message.title.as_deref(), message.body.as_deref());
        let enabling = fallback::auto_merge(&self.github, pull, head, method, texts);
        self.phases.time("enable auto-merge", enabling).await
    }

    async fn try_merge(
        &self,
        facts: &Facts,
        head: &CommitSha,
        method: Method,
        in_doubt: bool,
    ) -> Result<Step, Verdict> {
        let (github, request, pull) = (&self.github, &self.request, &facts.pull);
        let merging = apply::merge(github, request, pull, (head, method), in_doubt);
        let merged = self.phases.time("merge", merging).await?;
        let sha = merged.sha.clone();
        let landing = async {
            tokio::join!(
                apply::land(github, request, pull, method, merged),
                look::after(github, request, pull, method)
            )
        };
        let (landed, shown) = self.phases.time("verify", landing).await;
        if let Some(shown) = shown {
            self.say(&shown);
            if let Some(now) = shown.elsewhere {
                return Ok(Step::Elsewhere(now, sha));
            }
        }
        Ok(Step::Landed(landed))
    }

    fn say(&self, shown: &look::Shown) {
        if !shown.is_merged {
            self.host.info("note: GitHub does not show the pull request as merged yet; it does so by itself");
        }
        if shown.merged_by.as_deref() == Some(workflows::RUNS_OWN) {
            self.host.info(
                "note: merged by the workflow's own token, which starts no other workflow: go on from the output `sha`, \
                 or use the token of a GitHub App",
            );
        }
    }
}

/// What a dry run says of a pull request whose gate holds. Whether the base's rules bind this token, only a merge
/// would show.
fn would(pull: &PullRequest) -> Done {
    match pull.mergeable_state.as_str() {
        state @ ("blocked" | "behind") => {
            let why =
                format!("its state is `{state}`, so that rules of `{}` may be against it", pull.base.branch);
            let code = if state == "behind" { &codes::BRANCH_BEHIND } else { &codes::MERGE_BLOCKED };
            Done::WouldWait { code, why }
        }
        _ => Done::WouldMerge,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::facts;

    #[test]
    fn the_end_of_the_time_hides_no_reason_and_no_doubt() {
        let waited = |in_doubt: bool| {
            let mut past = Past { in_doubt, ..Past::default() };
            past.waited_for(facts(|_| ()), Rule::new(&codes::CHECKS_MISSING, "x"));
            past
        };
        let code = |mut past: Past, failure: Failure| match past.or_reason(failure) {
            Stop::Refused(_, rules) => rules[0].code.id,
            Stop::Failed(failure) => failure.code.id,
        };
        let late = || Failure::new(&DEADLINE_PASSED, "x");
        assert_eq!(code(waited(false), late()), "checks-missing");
        assert_eq!(code(waited(true), late()), "deadline-passed");
        assert_eq!(code(Past::default(), late()), "deadline-passed");
        let other = Failure::new(&github::codes::RATE_LIMITED, "x");
        assert_eq!(code(waited(false), other), "rate-limited");
    }
}
