//! From an outcome to outputs, summary, comment and log. Pure.

use github::pulls::PullRequest;
use model::{Code, Failure};
use toolkit::{Annotation, Level, Report, Summary};

use crate::{
    checklist::{Checklist, checklist},
    comment::Statement,
    decision::Decision,
    facts::Facts,
    outcome::{Done, Outcome},
    request::Request,
    rule::{self, Rule},
};

/// What a run did on its way, for its page.
#[derive(Debug, Clone, Default)]
pub(crate) struct Course {
    /// Rows of a phase and how long it took.
    pub timings: Vec<Vec<String>>,
    /// Rows of the calls to GitHub.
    pub calls: Vec<Vec<String>>,
}

/// Reports a merge, or what a dry run would do.
pub(crate) fn done(outcome: &Outcome, course: &Course) -> Report {
    // A dry run merges nothing, so that nothing goes on from it, whatever was merged before.
    let landed = outcome.landed().filter(|_| !outcome.is_dry_run);
    let sha = match &outcome.done {
        Done::MergedElsewhere { sha } => sha.to_string(),
        _ => landed.map(|landed| landed.sha.to_string()).unwrap_or_default(),
    };
    let base = landed.map_or(&outcome.pull.base.sha, |landed| &landed.base).to_string();
    let rows = [
        ("pull request", format!("#{} {}", outcome.pull.number, outcome.pull.title)),
        ("branches", format!("{} → {}", outcome.pull.head.branch, outcome.pull.base.branch)),
        ("head", format!("`{}`", outcome.head)),
        ("commit", if sha.is_empty() { "–".to_owned() } else { format!("`{sha}`") }),
        ("method", outcome.method.to_string()),
        ("approved by", outcome.approver.clone().unwrap_or_else(|| "–".to_owned())),
    ];
    let rows: Vec<Vec<String>> = rows
        .into_iter()
        .map(|(name, value)| vec![name.to_owned(), value])
        .chain(course.timings.clone())
        .collect();
    let summary = Summary::new()
        .heading(&format!("auto-merge: {}", outcome.result()))
        .table(&["", ""], &rows)
        .append(&outcome.checklist.summary())
        .calls(&course.calls);
    let outputs = Outputs {
        merged: landed.is_some(),
        sha,
        base,
        head: outcome.head.to_string(),
        approver: outcome.approver.clone().unwrap_or_default(),
        method: outcome.method.as_str(),
        result: outcome.result(),
        decision: Decision::of_outcome(outcome),
        reason: outcome.reason().to_owned(),
    };
    let mut report = outputs.into_report(&outcome.pull).summary(summary);
    if outcome.landed().is_none() && !matches!(outcome.done, Done::MergedByAnotherRun { .. }) {
        report.lines = outcome.checklist.lines();
    }
    report.line(line(outcome))
}

/// Reports that rules do not hold: the outputs are set on refusal too, so that later steps can act on them.
pub(crate) fn refused(request: &Request, facts: &Facts, rules: &[Rule], course: &Course) -> Report {
    let pull = &facts.pull;
    let decision = Decision::of_rules(rules);
    let checklist = judged(request, facts, rules);
    let result = result(decision);
    let summary = Summary::new()
        .heading(&format!("auto-merge: {result}"))
        .append(&checklist.summary())
        .calls(&course.calls);
    let outputs = Outputs {
        merged: false,
        sha: String::new(),
        base: pull.base.sha.to_string(),
        head: request.head_sha.as_ref().unwrap_or(&pull.head.sha).to_string(),
        approver: String::new(),
        method: request.method.of(&pull.base.branch).as_str(),
        result,
        decision,
        reason: rule::ids(rules),
    };
    let mut report = outputs.into_report(pull).summary(summary);
    report.lines = checklist.lines();
    report
}

/// Returns the rules of the gate with what a run came to. What is merged needs no label any more.
fn judged(request: &Request, facts: &Facts, rules: &[Rule]) -> Checklist {
    let gate = if facts.pull.merged { Checklist::default() } else { checklist(request, facts) };
    gate.with(rules)
}

/// Says on the pull request's page what it waits for.
pub(crate) fn refusal(request: &Request, facts: &Facts, rules: &[Rule]) -> Statement {
    let pull = &facts.pull;
    let decision = Decision::of_rules(rules);
    let head = request.head_sha.as_ref().unwrap_or(&pull.head.sha).clone();
    let yet = if decision == Decision::Wait { " yet" } else { "" };
    let base = &pull.base.branch;
    let sentence = if pull.merged {
        format!("Nothing goes on from the merge into `{base}`.")
    } else {
        format!("{} is not merged into `{base}`{yet}.", head.short())
    };
    let words = Summary::new()
        .heading(&format!("auto-merge: {}", result(decision)))
        .text(&sentence)
        .append(&judged(request, facts, rules).summary());
    Statement { head, is_merged: false, words }
}

/// Says on the pull request's page how it ended; nothing if another run has more to say about it.
pub(crate) fn ending(outcome: &Outcome) -> Option<Statement> {
    let head = outcome.head.clone();
    let base = &outcome.pull.base.branch;
    let words = match (&outcome.done, outcome.landed()) {
        (Done::MergedByAnotherRun { .. }, _) => return None,
        (_, Some(landed)) => {
            let sentence = format!("{} was merged into `{base}` as {}.", head.short(), landed.sha);
            Summary::new().text(&sentence)
        }
        (_, None) => Summary::new()
            .heading(&format!("auto-merge: {}", outcome.result()))
            .text(&format!("{}.", line(outcome)))
            .append(&outcome.checklist.summary()),
    };
    Some(Statement { head, is_merged: outcome.landed().is_some(), words })
}

/// What a failure becomes that `fail-on` does not make the step fail for.
pub(crate) fn notice(failure: &Failure) -> Report {
    let text = format!("{}. {}", failure.cause, failure.remedy);
    let mut report = Report::new();
    report.lines.clone_from(&failure.notes);
    report.annotation(Annotation::new(Level::Notice, format!("auto-merge: {}", failure.code.id), text))
}

/// Reports that it is not known, or does not matter, whether the rules hold.
pub(crate) fn failed(request: &Request, code: &Code, course: &Course) -> Report {
    let head = request.head_sha.as_ref().map(ToString::to_string).unwrap_or_default();
    Report::new()
        .output("merged", "false")
        .output("head-sha", head)
        .output("pull-request", request.number.to_string())
        .output("result", "failed")
        .output("decision", Decision::of(code).as_str())
        .output("reason", code.id)
        .summary(Summary::new().calls(&course.calls))
}

/// The word of the output `result` when it is not merged.
fn result(decision: Decision) -> &'static str {
    match decision {
        Decision::Wait => "waiting",
        Decision::Done | Decision::Refuse => "refused",
        Decision::Configuration | Decision::Failed => "failed",
    }
}

struct Outputs {
    merged: bool,
    sha: String,
    base: String,
    head: String,
    approver: String,
    method: &'static str,
    result: &'static str,
    decision: Decision,
    reason: String,
}

impl Outputs {
    fn into_report(self, pull: &PullRequest) -> Report {
        let author = pull.user.as_ref().map(|user| user.login.clone()).unwrap_or_default();
        Report::new()
            .output("merged", self.merged.to_string())
            .output("sha", self.sha)
            .output("base-sha", self.base)
            .output("head-sha", self.head)
            .output("pull-request", pull.number.to_string())
            .output("author", author)
            .output("approver", self.approver)
            .output("method", self.method)
            .output("result", self.result)
            .output("decision", self.decision.as_str())
            .output("reason", self.reason)
    }
}

fn line(outcome: &Outcome) -> String {
    let Outcome { pull, method, head, .. } = outcome;
    let what = format!("#{} ({} → {}) at {}", pull.number, pull.head.branch, pull.base.branch, head.short());
    if let Done::MergedByAnotherRun { run, sha } = &outcome.done {
        return format!(
            "{what}: {} merged it as {} and goes on from there; if that run did not finish, re-run that one",
            run.as_ref().map_or_else(|| "another run".to_owned(), |run| format!("run {run}")),
            sha.short()
        );
    }
    let base = &pull.base.branch;
    match (&outcome.done, outcome.landed()) {
        (Done::Merged(_), Some(landed)) => {
            let deleted =
                if landed.deleted_head { format!("; deleted `{}`", pull.head.branch) } else { String::new() };
            format!("merged {what} as {} by {method}{deleted}", landed.sha.short())
        }
        (_, Some(landed)) => format!("{what} is merged already, as {}", landed.sha.short()),
        (Done::WouldWait { why, .. }, _) => format!("{what}: the gate holds; {why}"),
        (Done::MergedElsewhere { sha }, _) => format!(
            "{what}: its base became `{base}` in the moment of the merge, which went there as {sha} and not where it \
             was approved for"
        ),
        (Done::BranchUpdated, _) => format!(
            "{what}: `{}` gets the commits of `{base}`, and is another commit then, which needs its own approval and run; \
             a push by `GITHUB_TOKEN` starts no run, one by an App's token does",
            pull.head.branch
        ),
        (Done::Enqueued(place), _) => {
            let at = place.position.map(|at| format!(" at place {at}")).unwrap_or_default();
            let page = place.url.as_ref().map(|url| format!(", {url}")).unwrap_or_default();
            format!("{what}: the gate holds; it is in the merge queue of `{base}`{at}{page}")
        }
        (Done::AutoMergeEnabled { .. }, _) => {
            format!("{what}: GitHub merges it when the rules of `{base}` hold, by its own auto-merge")
        }
        (_, None) => format!("{what}: the gate holds; would merge by {method}"),
    }
}

#[cfg(test)]
mod tests;
