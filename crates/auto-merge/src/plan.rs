//! From request and facts to what is done. Pure.

use model::CommitSha;

use crate::{
    checklist::checklist,
    facts::Facts,
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
    /// The gate holds, and it was merged before: by an earlier attempt of this run, or by hand.
    AlreadyMerged {
        /// The commit that the base got.
        sha: CommitSha,
    },
    /// GitHub is still computing whether there is a conflict.
    Wait,
    /// These rules do not hold.
    Refuse(Vec<Rule>),
}

/// Decides. A merged pull request has to hold the gate too: its pipeline is going to deploy it.
pub(crate) fn plan(request: &Request, facts: &Facts) -> Plan {
    let pull = &facts.pull;
    let head = request.head_sha.as_ref().unwrap_or(&pull.head.sha);
    let method = request.method.of(&pull.base.branch);
    let unmet = checklist(request, facts).into_unmet();
    if !unmet.is_empty() {
        return Plan::Refuse(unmet);
    }
    match (&facts.merged_as, pull.mergeable) {
        (Some(sha), _) if pull.merged => Plan::AlreadyMerged { sha: sha.clone() },
        // A fast-forward has no conflicts, and says itself whether it is one.
        (_, None) if !pull.merged && method != Method::FastForward => Plan::Wait,
        // Merged, and the commit is not there yet: GitHub writes the two one after the other.
        _ if pull.merged => Plan::Wait,
        _ => Plan::Merge { head: head.clone(), method },
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
