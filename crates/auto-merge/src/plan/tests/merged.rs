//! What is merged already, and by whom.

use super::*;

/// A merged one, whose label was taken off since.
fn merged_by(merger: Merger, base: &str) -> Facts {
    let mut facts = facts(|pull| {
        pull["merged"] = true.into();
        pull["state"] = "closed".into();
        pull["labels"] = json!([]);
        pull["base"]["ref"] = base.into();
    });
    facts.labellings.clear();
    Facts { merged_as: Some(sha('c')), merger, ..facts }
}

#[test]
fn a_merge_of_this_run_needs_no_label_any_more() {
    let sha = sha('c');
    assert_eq!(plan(&request(), &merged_by(Merger::Us, "prod")), Plan::AlreadyMerged { sha: sha.clone() });
    assert_eq!(plan(&request(), &merged_by(Merger::Us, "stage")), Plan::MergedElsewhere { sha });
}

#[test]
fn a_merge_of_another_run_is_its_own() {
    let run = Some("41".to_owned());
    let merged = merged_by(Merger::AnotherRun(run.clone()), "prod");
    assert_eq!(plan(&request(), &merged), Plan::MergedByAnotherRun { run, sha: sha('c') });
}

#[test]
fn a_merge_by_hand_without_the_gate() {
    insta::assert_snapshot!(refused(&request(), &merged_by(Merger::Unknown, "prod")), @"
    [merged-without-gate] pull request #7 (dev → prod): it is merged, without the gate, and nothing goes on from it: the label `approval` is missing
    See whether that merge may stay: revert it if not, and otherwise start by hand what is to go on from it.
    ");
}
