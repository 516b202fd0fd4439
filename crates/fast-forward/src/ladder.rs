//! Nothing, a fast-forward, a back-merge, a pull request: the first that will do, decided anew when the world moved.

use std::{collections::BTreeSet, time::Duration};

use github::{GitHub, compare};
use model::{CommitSha, Failure};
use toolkit::{Backoff, Host, Phases};

use crate::{
    apply::{self, Step},
    closed::{self, Closed},
    codes,
    connect::Connection,
    look::{self, Place, Survey},
    obstacles::{self, Move},
    outcome::{Done, Outcome, Why, Would},
    plan::{Plan, plan},
    request::{OnProtected, Request},
    standing,
};

const MAX_ATTEMPTS: u32 = 8;

/// How it ended.
pub(crate) enum Ended {
    /// As far as it goes.
    Done(Box<Outcome>),
    /// It changes workflow files, and a token that may do that can be asked for.
    NeedsWorkflows(Failure),
}

/// Reads, plans and moves until the branch has the target. `may_ask` tells whether a token with more permissions can be
/// had; `from` gets where the branch is at first.
pub(crate) async fn climb(
    connection: &Connection,
    request: &Request,
    host: &Host,
    phases: &Phases,
    may_ask: bool,
    from: &mut Option<CommitSha>,
) -> Result<Ended, Failure> {
    let github = &connection.github;
    // The futures are large: each holds a request and its retries.
    let first = Box::pin(async {
        tokio::join!(
            look::place(github, request, &request.branch),
            look::source(github, request),
            look::survey(github, request, connection.is_app()),
        )
    });
    let (place, source, survey) = phases.time("look", first).await;
    let place = place?;
    let from = from.get_or_insert_with(|| place.branch.sha.clone()).clone();
    source?;
    if let Some(why) = &survey.unlisted {
        host.info(&format!(
            "The open pull requests into `{}` could not be listed, which needs `pull-requests: read`, so that none is \
             reported as closed: {why}",
            request.branch
        ));
    }
    let candidates = BTreeSet::new();
    let ladder = Ladder { github, request, host, phases, survey, may_ask, from, candidates, lost: None };
    Box::pin(ladder.climb(place)).await
}

struct Ladder<'a> {
    github: &'a GitHub,
    request: &'a Request,
    host: &'a Host,
    phases: &'a Phases,
    survey: Survey,
    may_ask: bool,
    /// Where the branch was at first.
    from: CommitSha,
    /// Pull requests that GitHub closes once the branch has the target.
    candidates: BTreeSet<u64>,
    /// Our last write without a clear answer.
    lost: Option<Lost>,
}

/// A write that may have taken effect.
struct Lost {
    way: Move,
    /// Where the branch was before it.
    tip: CommitSha,
}

/// What follows from an attempt to move the branch.
enum Next {
    /// This has become of it; for a dry run, would become.
    Ended(CommitSha, Done),
    /// Look again. If there was no clear answer, the branch may have been moved.
    Again { in_doubt: bool },
    /// It takes a pull request.
    Propose(Why),
    /// It takes another token.
    NeedsWorkflows(Failure),
}

impl Ladder<'_> {
    async fn climb(mut self, place: Place) -> Result<Ended, Failure> {
        let ended = Box::pin(self.rounds(place)).await;
        ended.map_err(|failure| match self.lost {
            Some(_) => failure.with_note(apply::in_doubt(self.request)),
            None => failure,
        })
    }

    async fn rounds(&mut self, mut place: Place) -> Result<Ended, Failure> {
        let (github, request) = (self.github, self.request);
        // Runs that collide once would collide again if they all waited as long.
        let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(4));
        for attempt in 0..MAX_ATTEMPTS {
            if attempt > 0 {
                // Most of the time that is left belongs to the look.
                tokio::time::sleep(backoff.next_delay().min(github.deadline().remaining() / 4)).await;
                place = self.phases.time("look", look::place(github, request, &request.branch)).await?;
            }
            self.candidates.extend(closed::candidates(&self.survey, &place));
            let tip = place.branch.sha.clone();
            let why = match plan(place.gain.relation, request.on_diverged) {
                Plan::Nothing => {
                    let done = if self.was_ours(&tip).await { self.lost.as_ref() } else { None };
                    let done = done.map_or(Done::UpToDate, |lost| done_by(lost.way));
                    return Ok(self.ended(tip, done, None).await);
                }
                Plan::Fail => return Err(diverged(request, &tip)),
                Plan::PullRequest => Why::Diverged,
                Plan::Move(way) => match self.step(&place, way).await? {
                    Next::Ended(sha, done) => return Ok(self.ended(sha, done, None).await),
                    Next::NeedsWorkflows(failure) => return Ok(Ended::NeedsWorkflows(failure)),
                    Next::Propose(why) => why,
                    Next::Again { in_doubt } => {
                        if in_doubt {
                            self.lost = Some(Lost { way, tip });
                        }
                        continue;
                    }
                },
            };
            if let Some(done) = self.propose(&why).await? {
                return Ok(self.ended(tip, done, Some(&why)).await);
            }
        }
        let (branch, to) = (&request.branch, request.to.short());
        let cause = format!("cannot bring `{branch}` to {to} in {MAX_ATTEMPTS} attempts");
        Err(Failure::new(&codes::BRANCH_CONTENDED, cause))
    }

    /// Whether our write without an answer is what brought the branch to `tip`. Another run that brought the target, or
    /// more, has moved it then, and we have not.
    async fn was_ours(&self, tip: &CommitSha) -> bool {
        let Some(lost) = &self.lost else { return false };
        let to = &self.request.to;
        match lost.way {
            Move::FastForward => tip == to,
            Move::BackMerge => {
                let repository = &self.request.repository;
                let gain = compare::gain(self.github, repository, lost.tip.as_str(), tip).await;
                gain.is_ok_and(|gain| gain.merges.contains(&vec![lost.tip.clone(), to.clone()]))
            }
        }
    }

    /// Moves the branch, once, unless that is sure to be refused.
    async fn step(&self, place: &Place, way: Move) -> Result<Next, Failure> {
        let (request, host) = (self.request, self.host);
        let doing = apply::doing(request, way);
        let obstacles = obstacles::obstacles(&self.survey, place, &request.to, way);
        let failure = |said: Option<&str>| obstacles::failure(request, &doing, said, place, &obstacles);
        if obstacles::forbids(&self.survey, &obstacles) {
            return self.refused(failure(None));
        }
        if request.dry_run {
            for obstacle in &obstacles {
                host.info(&format!("A rule of `{}` may refuse it: {obstacle}", request.branch));
            }
            let would = match way {
                Move::FastForward => Would::FastForward,
                Move::BackMerge => Would::BackMerge,
            };
            return Ok(Next::Ended(place.branch.sha.clone(), Done::Would(would)));
        }
        let phase = match way {
            Move::FastForward => "move",
            Move::BackMerge => "merge",
        };
        match self.phases.time(phase, apply::make(self.github, request, way)).await? {
            Step::Moved(sha) => Ok(Next::Ended(sha, done_by(way))),
            Step::Again(why) => {
                host.info(&format!("looking again: {why}"));
                Ok(Next::Again { in_doubt: false })
            }
            Step::InDoubt(why) => {
                host.info(&format!("looking whether it took effect: {why}"));
                Ok(Next::Again { in_doubt: true })
            }
            Step::Wait(wait) => {
                host.info(&format!("GitHub's rate limit: waiting {} s", wait.as_secs()));
                tokio::time::sleep(wait).await;
                Ok(Next::Again { in_doubt: false })
            }
            Step::Conflict => Ok(Next::Propose(Why::Conflict)),
            Step::Forbidden(said) => self.refused(failure(Some(&said))),
            Step::Workflows(failure) if self.may_ask => Ok(Next::NeedsWorkflows(failure)),
            Step::Workflows(failure) => self.refused(obstacles::workflows(failure, place)),
        }
    }

    /// GitHub does not let the branch be moved directly.
    fn refused(&self, failure: Failure) -> Result<Next, Failure> {
        match self.request.on_protected {
            OnProtected::Fail => Err(failure),
            OnProtected::PullRequest => Ok(Next::Propose(Why::Refused(failure))),
        }
    }

    /// Sees to the pull request; none if the branch has the target meanwhile.
    async fn propose(&self, why: &Why) -> Result<Option<Done>, Failure> {
        let (github, request) = (self.github, self.request);
        if let Why::Refused(failure) = why {
            self.host.info(&failure.to_string());
        }
        if request.dry_run {
            let standing =
                self.survey.open.iter().flatten().find(|pull| standing::is_standing(request, pull));
            return Ok(Some(Done::Would(Would::PullRequest(standing.map(|pull| pull.number)))));
        }
        let ensuring = Box::pin(standing::ensure(github, request, why));
        self.phases.time("pull-request", ensuring).await
    }

    async fn ended(&self, sha: CommitSha, done: Done, why: Option<&Why>) -> Ended {
        let (github, request) = (self.github, self.request);
        let mut outcome = Outcome {
            from: self.from.clone(),
            reason: why.map_or_else(|| reason(&done, sha == request.to), Why::reason),
            sha,
            done,
            closed: Closed::default(),
            is_workflow_token: self.survey.is_workflow_token,
        };
        if outcome.is_updated() && !self.candidates.is_empty() {
            let waiting = closed::wait(github, request, &self.candidates);
            outcome.closed = self.phases.time("closing", waiting).await;
        }
        Ended::Done(Box::new(outcome))
    }
}

fn done_by(way: Move) -> Done {
    match way {
        Move::FastForward => Done::FastForwarded,
        Move::BackMerge => Done::BackMerged,
    }
}

/// How branch and target lay to each other, in one word.
fn reason(done: &Done, is_at_target: bool) -> &'static str {
    match done {
        Done::UpToDate if is_at_target => "identical",
        Done::UpToDate => "newer",
        Done::FastForwarded | Done::Would(Would::FastForward) => "behind",
        _ => "diverged",
    }
}

fn diverged(request: &Request, tip: &CommitSha) -> Failure {
    let (branch, to) = (&request.branch, &request.to);
    let cause = format!("`{branch}` ({}) has commits that {} lacks", tip.short(), to.short());
    Failure::new(&codes::BRANCH_DIVERGED, cause)
        .with_remedy(format!("Merge {to} into `{branch}` by hand, or set `on-diverged: back-merge`."))
}
