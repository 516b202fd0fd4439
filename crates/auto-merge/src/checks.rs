//! Which checks have to succeed before the merge, and how each stands. Pure.

mod demand;
mod tell;

use github::{
    checks::{Check, CheckState, Source},
    rules::RequiredCheck,
};

pub(crate) use demand::Demand;
pub(crate) use tell::{names, tell_all};

/// The workflow run that this is a part of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Own {
    /// Its number.
    pub run: u64,
    /// The key of this job in the workflow file, by which its check is named unless it has a `name:`.
    pub job: Option<String>,
}

/// Who wants a check to succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// A rule of the base.
    GitHub,
    /// The input `checks`.
    Input,
}

/// A check that has to succeed, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Its name.
    pub name: String,
    /// Who wants it.
    pub by: By,
    /// The App whose check it has to be; anybody's if none.
    pub app: Option<u64>,
    /// How it stands.
    pub standing: Standing,
    /// What is reported under the name and counts.
    pub reported: Vec<Check>,
}

/// How a check stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// Everything that is reported under its name has succeeded.
    Passed,
    /// Some of what is reported under its name has succeeded and some failed: GitHub alone knows which one counts.
    Ambiguous,
    /// It is not finished.
    Pending,
    /// Nothing of its name is reported.
    Missing,
    /// It failed.
    Failed,
    /// It is the job that does this merge, so that each of the two would wait for the other.
    Own,
}

/// What the lines come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// All have succeeded.
    Passed,
    /// Some can still succeed, and none has failed.
    Waiting,
    /// One failed.
    Failed,
    /// One can never succeed.
    Own,
}

/// Judges all lines together. One that is ambiguous is left to GitHub while others are not finished; after that,
/// nothing is going to change it.
pub(crate) fn verdict(lines: &[Line]) -> Verdict {
    let has = |standing| lines.iter().any(|line| line.standing == standing);
    if has(Standing::Own) {
        Verdict::Own
    } else if has(Standing::Failed) {
        Verdict::Failed
    } else if has(Standing::Pending) || has(Standing::Missing) {
        Verdict::Waiting
    } else if has(Standing::Ambiguous) {
        Verdict::Failed
    } else {
        Verdict::Passed
    }
}

/// Finds out how each check stands that GitHub requires, and each that `demand` asks for.
pub(crate) fn evaluate(
    required: &[RequiredCheck],
    demand: &Demand,
    reported: &[Check],
    own: Option<&Own>,
) -> Vec<Line> {
    let all = Judge { reported, own };
    // An earlier run of this very job has another number and the same name; that it was refused stays on the head.
    let newest = all.without_earlier_runs();
    let mut lines: Vec<Line> =
        required.iter().map(|check| all.line(By::GitHub, &check.context, check.app_id)).collect();
    let judge = Judge { reported: &newest, own };
    for name in demand.names(&newest, own) {
        if !lines.iter().any(|line| line.name == name && line.app.is_none()) {
            lines.push(judge.line(By::Input, &name, None));
        }
    }
    lines
}

/// Whether a check is a job of this run.
fn is_of(check: &Check, own: Option<&Own>) -> bool {
    own.is_some_and(|own| matches!(check.source, Source::App { run: Some(run), .. } if run == own.run))
}

struct Judge<'a> {
    reported: &'a [Check],
    own: Option<&'a Own>,
}

impl Judge<'_> {
    fn line(&self, by: By, name: &str, app: Option<u64>) -> Line {
        let counts = |check: &&Check| check.name == name && is_from(check, app);
        let mut reported: Vec<Check> = self.reported.iter().filter(counts).cloned().collect();
        // What GitHub does not require was asked for by a pattern: this run's part in it is not meant.
        if by == By::Input && reported.iter().any(|check| !is_of(check, self.own)) {
            reported.retain(|check| !is_of(check, self.own));
        }
        let standing = self.standing(by, &reported);
        Line { name: name.to_owned(), by, app, standing, reported }
    }

    fn standing(&self, by: By, reported: &[Check]) -> Standing {
        let count = |is: fn(&CheckState) -> bool| reported.iter().filter(|check| is(&check.state)).count();
        let failed = count(|state| matches!(state, CheckState::Failed(_)));
        let pending = count(|state| matches!(state, CheckState::Pending));
        if reported.iter().any(|check| self.is_this_job(check)) {
            Standing::Own
        } else if reported.is_empty() {
            Standing::Missing
        } else if failed == reported.len() || failed > 0 && by == By::Input {
            Standing::Failed
        } else if pending > 0 {
            Standing::Pending
        } else if failed > 0 {
            Standing::Ambiguous
        } else {
            Standing::Passed
        }
    }

    /// Everything but what earlier runs of this very job came to.
    fn without_earlier_runs(&self) -> Vec<Check> {
        let is_earlier = |check: &Check| {
            !is_of(check, self.own)
                && matches!(check.source, Source::App { run: Some(_), .. })
                && self
                    .reported
                    .iter()
                    .any(|job| self.is_this_job(job) && job.name == check.name && is_same_app(job, check))
        };
        self.reported.iter().filter(|check| !is_earlier(check)).cloned().collect()
    }

    /// Whether a check is the very job that runs this. A check has the run's number and not the job's key: of several
    /// unfinished jobs of this run, the name decides, and one of another name is a job beside this one.
    fn is_this_job(&self, check: &Check) -> bool {
        let unfinished = |check: &Check| check.state == CheckState::Pending && is_of(check, self.own);
        if !unfinished(check) {
            return false;
        }
        let beside = self.reported.iter().filter(|other| unfinished(other)).count() > 1;
        let job = self.own.and_then(|own| own.job.as_deref());
        !beside || job.is_some_and(|job| is_named_after(&check.name, job))
    }
}

/// `merge`, `merge (a, b)` of a matrix, `caller / merge` of a reusable workflow.
fn is_named_after(name: &str, job: &str) -> bool {
    let last = name.rsplit(" / ").next().unwrap_or(name);
    last == job || last.strip_prefix(job).is_some_and(|rest| rest.starts_with(" ("))
}

fn is_same_app(one: &Check, other: &Check) -> bool {
    let id = |check: &Check| match check.source {
        Source::App { id, .. } => Some(id),
        Source::Status => None,
    };
    id(one).is_some() && id(one) == id(other)
}

/// Whether a check is of the App that a rule names. Statuses do not say whose they are.
fn is_from(check: &Check, app: Option<u64>) -> bool {
    match (&check.source, app) {
        (Source::App { id, .. }, Some(app)) => *id == app,
        (Source::Status, _) | (_, None) => true,
    }
}

#[cfg(test)]
mod tests;
