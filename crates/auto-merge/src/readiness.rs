//! Finds out why the base's rules are against a merge, with what a workflow's own token may read: the rules of the base,
//! what everybody may know of its protection, the checks of the head, the reviews. Nothing here changes anything.

use std::time::Duration;

use github::{
    ApiError, GitHub, branches,
    checks::{self, Check},
    codes::PERMISSION_DENIED,
    pulls::{self, PullRequest},
    rules::{self, RequiredCheck, Rule as BranchRule},
};
use model::{CommitSha, Failure};
use toolkit::Host;

use crate::{
    answer::Block,
    apply::branch,
    base_rules,
    checks::{Line, Standing, Verdict, evaluate, names, tell_all, verdict},
    pace::{Pace, Tries, wait},
    request::Request,
};

/// What was found out.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    /// The head that it is about.
    pub head: CommitSha,
    /// The rules of the base, of rulesets.
    pub rules: Vec<BranchRule>,
    /// The checks that GitHub requires.
    pub required: Vec<RequiredCheck>,
    /// The checks that have to succeed, and how each stands; empty if that could not be read.
    pub lines: Vec<Line>,
    /// A line for each of them.
    pub told: Vec<String>,
    /// What the rules want besides, and what could not be read and by which permission it could.
    pub extra: Vec<String>,
}

impl Look {
    fn at(head: &CommitSha) -> Self {
        let (rules, required) = (Vec::new(), Vec::new());
        Self { head: head.clone(), rules, required, lines: Vec::new(), told: Vec::new(), extra: Vec::new() }
    }

    /// Judges the checks anew.
    fn judge(&mut self, request: &Request, reported: &[Check]) {
        self.lines = evaluate(&self.required, &request.checks, reported, request.own().as_ref());
        self.told = tell_all(&self.lines, reported, &self.head);
    }

    /// Whether checks are not finished, of which none has failed.
    pub(crate) fn is_waiting(&self) -> bool {
        verdict(&self.lines) == Verdict::Waiting
    }

    /// All lines for the log.
    pub(crate) fn notes(&self) -> impl Iterator<Item = String> {
        self.told.iter().chain(&self.extra).cloned()
    }
}

/// Reads the checks that the input `checks` asks for. Without the permission there is no merge: what was asked for
/// cannot be known.
pub(crate) async fn demanded(github: &GitHub, request: &Request, head: &CommitSha) -> Result<Look, Failure> {
    let doing = format!("read the checks of {}, which `checks` asks for", head.short());
    let reported = checks::of_commit(github, &request.repository, head).await;
    let mut look = Look::at(head);
    look.judge(request, &reported.map_err(|error| with_both(error.into_failure(&doing)))?);
    Ok(look)
}

/// Reads all that can explain a refusal. What cannot be read is a note: the merge itself needs none of it.
pub(crate) async fn look(
    github: &GitHub,
    request: &Request,
    pull: &PullRequest,
    head: &CommitSha,
    block: Block,
) -> Result<Look, Failure> {
    let (repository, base) = (&request.repository, branch(&pull.base.branch)?);
    let wants_reviews = matches!(block, Block::Reviews | Block::Rule | Block::Unnamed);
    let reviews = async {
        if !wants_reviews {
            return Ok(Vec::new());
        }
        pulls::reviews(github, repository, pull.number).await
    };
    let (rules, protection, reported, reviews) = tokio::join!(
        rules::of_branch(github, repository, &base),
        branches::get(github, repository, &base),
        checks::of_commit(github, repository, head),
        reviews,
    );
    let (mut look, mut unread) = (Look::at(head), Vec::new());
    let reported = reported.map_err(|error| with_both(error.into_failure("read the checks of the head")));
    look.rules = noted(failed(rules, "the rules of the base"), &mut unread).unwrap_or_default();
    look.required = rules::required_checks(&look.rules);
    let protection = noted(failed(protection, "the base's protection"), &mut unread).flatten();
    for check in protection.into_iter().flat_map(|branch| branch.required) {
        if !look.required.contains(&check) {
            look.required.push(check);
        }
    }
    if let Some(reported) = noted(reported, &mut unread) {
        look.judge(request, &reported);
    }
    if let Some(reviews) = noted(failed(reviews, "the reviews"), &mut unread).filter(|_| wants_reviews) {
        look.extra.extend(base_rules::tell(&look.rules, &reviews, pull));
    }
    look.extra.extend(unread);
    Ok(look)
}

/// So many looks, which take ten seconds, pass before it is said in the log that nothing reports a check.
const LOOKS_BEFORE_DOUBT: u32 = 4;

/// Looks at the checks until they are finished, or until the pull request is another one than it was: then everything
/// has to be read again. `false` when there is no time left but `reserve`.
pub(crate) async fn watch(
    github: &GitHub,
    request: &Request,
    host: &Host,
    pull: &PullRequest,
    look: &mut Look,
    reserve: Duration,
) -> bool {
    let (mut tries, mut looks) = (Tries::default(), 0);
    let mut shown = String::new();
    loop {
        let unfinished = names(&look.lines, &[Standing::Pending, Standing::Missing]);
        if unfinished != shown {
            host.info(&format!("not merged yet: waiting for {unfinished}"));
            shown = unfinished;
        }
        // By then, a check that is going to be reported mostly is.
        if looks == LOOKS_BEFORE_DOUBT {
            let missing =
                look.lines.iter().zip(&look.told).filter(|(line, _)| line.standing == Standing::Missing);
            missing.for_each(|(_, told)| host.info(&format!("note: {told}")));
        }
        looks += 1;
        let Some(delay) = tries.next(Pace::Checks) else { return false };
        if !wait(github.deadline(), delay, reserve).await {
            return false;
        }
        let (now, reported) = tokio::join!(
            pulls::get(github, &request.repository, pull.number),
            checks::of_commit(github, &request.repository, &look.head),
        );
        // What failed is asked for again by whoever goes on, and reported there.
        let (Ok(now), Ok(reported)) = (now, reported) else { return true };
        look.judge(request, &reported);
        let is_same =
            now.state == "open" && now.head.sha == pull.head.sha && now.base.branch == pull.base.branch;
        if !is_same || !look.is_waiting() {
            return true;
        }
    }
}

fn failed<T>(result: Result<T, ApiError>, what: &str) -> Result<T, Failure> {
    result.map_err(|error| error.into_failure(&format!("read {what}")))
}

/// Keeps what was read, and else notes why not.
fn noted<T>(result: Result<T, Failure>, notes: &mut Vec<String>) -> Option<T> {
    result.map_err(|failure| notes.push(format!("{}. {}", failure.cause, failure.remedy))).ok()
}

/// Checks take two permissions, and GitHub names the one that the first refused call wants.
fn with_both(failure: Failure) -> Failure {
    if failure.code != &PERMISSION_DENIED {
        return failure;
    }
    failure.with_remedy(
        "Add `checks: read` and `statuses: read` to the job's `permissions:`, or to the GitHub App.",
    )
}
