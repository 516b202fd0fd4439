//! From request and facts to what is done. Pure.

use model::CommitSha;

use crate::{
    checklist::checklist,
    codes,
    facts::Facts,
    merger::Merger,
    request::{Method, Request},
    rule::Rule,
    rules,
};

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Plan {
    /// The gate holds: merge this head.
    Merge {
        /// The head.
        head: CommitSha,
        /// How.
        method: Method,
    },
    /// It was merged before: by an earlier attempt of this run, or the gate holds and somebody else merged it.
    AlreadyMerged {
        /// The commit that the base got.
        sha: CommitSha,
    },
    /// Another run merged it.
    MergedByAnotherRun {
        /// Its id, where it is known.
        run: Option<String>,
        /// The commit that the base got.
        sha: CommitSha,
    },
    /// An earlier attempt of this run merged it, into another base than it was for.
    MergedElsewhere {
        /// The commit that the base got.
        sha: CommitSha,
    },
    /// GitHub is still computing whether there is a conflict.
    Wait,
    /// These rules do not hold.
    Refuse(Vec<Rule>),
}

/// Decides.
pub(crate) fn plan(request: &Request, facts: &Facts) -> Plan {
    let pull = &facts.pull;
    if pull.merged {
        return of_merged(request, facts);
    }
    let head = request.head_sha.as_ref().unwrap_or(&pull.head.sha);
    let method = request.method.of(&pull.base.branch);
    let unmet = checklist(request, facts).into_unmet();
    if !unmet.is_empty() {
        return Plan::Refuse(unmet);
    }
    match pull.mergeable {
        // A fast-forward has no conflicts, and says itself whether it is one.
        None if method != Method::FastForward => Plan::Wait,
        _ => Plan::Merge { head: head.clone(), method },
    }
}

/// The gate held when this run merged, whatever became of the labels since. What somebody else merged has to hold it
/// now: its pipeline is going to deploy it.
fn of_merged(request: &Request, facts: &Facts) -> Plan {
    if let Some(late) = rules::is_open(request, &facts.pull) {
        return Plan::Refuse(vec![late]);
    }
    // GitHub lists the commit some moments after the merge.
    let Some(sha) = facts.merged_as.clone() else { return Plan::Wait };
    match &facts.merger {
        Merger::AnotherRun(run) => Plan::MergedByAnotherRun { run: run.clone(), sha },
        Merger::Us => {
            let base = rules::base_is_expected(request, &facts.pull);
            match base.or_else(|| rules::base_is_allowed(request, &facts.pull)) {
                None => Plan::AlreadyMerged { sha },
                Some(_) => Plan::MergedElsewhere { sha },
            }
        }
        Merger::Unknown => {
            let unmet = checklist(request, facts).into_unmet();
            if unmet.is_empty() {
                return Plan::AlreadyMerged { sha };
            }
            let causes: Vec<&str> = unmet.iter().map(|rule| rule.cause.as_str()).collect();
            let cause =
                format!("it is merged, without the gate, and nothing goes on from it: {}", causes.join("; "));
            Plan::Refuse(vec![Rule::new(&codes::MERGED_WITHOUT_GATE, cause)])
        }
    }
}

/// Returns who approved: who put the first required label, else the first reviewer who counts.
pub(crate) fn approver(request: &Request, facts: &Facts) -> Option<String> {
    let head = request.head_sha.as_ref().unwrap_or(&facts.pull.head.sha);
    let labeller = facts.labellings.first().and_then(|labelling| labelling.by.clone());
    labeller.or_else(|| rules::counting(request, facts, head).next().map(str::to_owned))
}

#[cfg(test)]
pub(crate) mod tests;
