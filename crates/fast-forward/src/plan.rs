//! From how branch and target lie to each other to what is done. Pure.

use github::compare::Relation;

use crate::{obstacles::Move, request::OnDiverged};

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plan {
    /// The branch has the commit: nothing. One that is further on got a newer promotion, which stays.
    Nothing,
    /// Move the branch.
    Move(Move),
    /// See that there is a pull request.
    PullRequest,
    /// Say that they diverged.
    Fail,
}

/// Decides. `relation` is the target's, seen from the branch.
pub(crate) fn plan(relation: Relation, on_diverged: OnDiverged) -> Plan {
    match (relation, on_diverged) {
        (Relation::Identical | Relation::Behind, _) => Plan::Nothing,
        (Relation::Ahead, _) => Plan::Move(Move::FastForward),
        (Relation::Diverged, OnDiverged::BackMerge) => Plan::Move(Move::BackMerge),
        (Relation::Diverged, OnDiverged::PullRequest) => Plan::PullRequest,
        (Relation::Diverged, OnDiverged::Fail) => Plan::Fail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_is_never_moved_back_or_aside() {
        for policy in [OnDiverged::BackMerge, OnDiverged::PullRequest, OnDiverged::Fail] {
            assert_eq!(plan(Relation::Identical, policy), Plan::Nothing);
            assert_eq!(plan(Relation::Behind, policy), Plan::Nothing);
            assert_eq!(plan(Relation::Ahead, policy), Plan::Move(Move::FastForward));
            assert_ne!(plan(Relation::Diverged, policy), Plan::Move(Move::FastForward));
        }
    }

    #[test]
    fn the_policy_decides_when_they_diverged() {
        assert_eq!(plan(Relation::Diverged, OnDiverged::BackMerge), Plan::Move(Move::BackMerge));
        assert_eq!(plan(Relation::Diverged, OnDiverged::PullRequest), Plan::PullRequest);
        assert_eq!(plan(Relation::Diverged, OnDiverged::Fail), Plan::Fail);
    }
}
