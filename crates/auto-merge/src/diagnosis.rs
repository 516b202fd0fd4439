//! What follows from a refusal and from what was found out about it. Pure.

use github::{pulls::PullRequest, rules};

use crate::{
    answer::Block,
    checks::{By, Demand, Line, Standing, Verdict, names, verdict},
    codes,
    readiness::Look,
    rule::Rule,
};

/// What to do about a merge that the base's rules are against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Diagnosis {
    /// It will not change by itself.
    Refuse(Rule),
    /// Others can mend it at any time, and this run does not wait for them.
    NotNow(Rule),
    /// Checks are not finished: look at them until they are.
    Watch(Rule),
    /// GitHub does not know yet what it is going to know: try again.
    Again(Rule),
    /// The head has to get the base's commits first.
    Behind(Rule),
    /// The base takes changes from its queue only.
    Queue(Rule),
}

impl Diagnosis {
    /// Returns the rule that does not hold.
    pub(crate) fn into_rule(self) -> Rule {
        match self {
            Self::Refuse(rule)
            | Self::NotNow(rule)
            | Self::Watch(rule)
            | Self::Again(rule)
            | Self::Behind(rule)
            | Self::Queue(rule) => rule,
        }
    }
}

/// Judges the checks that the input asks for, before anything is tried; none if they have succeeded.
pub(crate) fn of_demand(look: &Look, pull: &PullRequest) -> Option<Diagnosis> {
    match verdict(&look.lines) {
        Verdict::Passed => None,
        Verdict::Own => Some(Diagnosis::Refuse(own(look, pull))),
        Verdict::Failed => Some(Diagnosis::Refuse(failed(look))),
        Verdict::Waiting => Some(Diagnosis::Watch(unfinished(look, None))),
    }
}

/// Judges a refusal. `rule` is what GitHub said.
pub(crate) fn of_block(
    block: Block,
    rule: Rule,
    look: &Look,
    pull: &PullRequest,
    demand: &Demand,
) -> Diagnosis {
    let verdict = verdict(&look.lines);
    // Which of several under one name counts, GitHub alone knows: only if it complains of checks, it is that one.
    let surely_failed = look.lines.iter().any(|line| line.standing == Standing::Failed);
    let has_failed = verdict == Verdict::Failed && (surely_failed || block == Block::Checks);
    let noted = |rule: Rule| rule.with_notes(look.notes());
    if verdict == Verdict::Own {
        return Diagnosis::Refuse(own(look, pull));
    }
    if has_failed {
        return Diagnosis::Refuse(failed(look));
    }
    if block == Block::Queue || rules::has(&look.rules, "merge_queue") {
        let cause = rule.cause.clone();
        return Diagnosis::Queue(noted(Rule::new(&codes::MERGE_QUEUE_REQUIRED, cause)));
    }
    if block == Block::Reviews {
        return Diagnosis::NotNow(noted(rule));
    }
    // GitHub calls checks that passed on a head without the base's commits expected, as it does those that are missing.
    let is_behind = block == Block::Checks && pull.mergeable_state == "behind";
    if block == Block::Behind || is_behind {
        return Diagnosis::Behind(behind(&rule, pull).with_notes(look.notes()));
    }
    match (verdict, block) {
        (Verdict::Waiting, Block::Checks | Block::Unnamed) => {
            let rule = unfinished(look, Some(&rule.cause));
            if matches!(demand, Demand::None) { Diagnosis::NotNow(rule) } else { Diagnosis::Watch(rule) }
        }
        (_, Block::Rule) => Diagnosis::Refuse(noted(rule)),
        (_, Block::Checks) if matches!(demand, Demand::None) => Diagnosis::NotNow(noted(rule)),
        _ => Diagnosis::Again(noted(rule)),
    }
}

fn own(look: &Look, pull: &PullRequest) -> Rule {
    let names = names(&look.lines, &[Standing::Own]);
    let by_input = look.lines.iter().any(|line| line.standing == Standing::Own && line.by == By::Input);
    let base = &pull.base.branch;
    let cause =
        format!("{names} is this very run's job: it waits for the merge, and the merge would wait for it");
    let remedy = if by_input {
        format!("Take {names} out of `checks`.")
    } else {
        format!(
            "Take {names} off the checks that `{base}` requires, or merge in a job that it does not require."
        )
    };
    Rule::new(&codes::CHECKS_OWN_RUN, cause).with_remedy(remedy).with_notes(look.notes())
}

fn failed(look: &Look) -> Rule {
    let surely = names(&look.lines, &[Standing::Failed]);
    let cause = if surely.is_empty() {
        let names = names(&look.lines, &[Standing::Ambiguous]);
        format!("the check {names} is reported several times, and not each time with success")
    } else {
        format!("the check {surely} did not succeed")
    };
    let rule = Rule::new(&codes::CHECKS_FAILED, cause).with_notes(look.notes());
    match page(&look.lines) {
        Some(url) => rule.with_remedy(format!("See {url}; mend it and push, or run the check again.")),
        None => rule,
    }
}

fn page(lines: &[Line]) -> Option<&str> {
    let bad = |line: &&Line| matches!(line.standing, Standing::Failed | Standing::Ambiguous);
    lines.iter().filter(bad).flat_map(|line| &line.reported).find_map(|check| check.url.as_deref())
}

/// What is missing when there is no time left; `said` is what GitHub said.
pub(crate) fn unfinished(look: &Look, said: Option<&str>) -> Rule {
    let pending = names(&look.lines, &[Standing::Pending]);
    let missing = names(&look.lines, &[Standing::Missing]);
    let mut causes = Vec::new();
    if !pending.is_empty() {
        causes.push(format!("{pending} not finished"));
    }
    if !missing.is_empty() {
        causes.push(format!("{missing} not reported by anybody"));
    }
    causes.extend(said.map(str::to_owned));
    let cause = format!("checks are missing: {}", causes.join("; "));
    Rule::new(&codes::CHECKS_MISSING, cause).with_notes(look.notes())
}

fn behind(rule: &Rule, pull: &PullRequest) -> Rule {
    let (head, base) = (&pull.head.branch, &pull.base.branch);
    let cause = format!("`{head}` lacks commits of `{base}`, whose rules want them in it; {}", rule.cause);
    Rule::new(&codes::BRANCH_BEHIND, cause).with_remedy(format!(
        "Merge `{base}` into `{head}` and have that approved, or set `update-branch: true`."
    ))
}

#[cfg(test)]
mod tests;
