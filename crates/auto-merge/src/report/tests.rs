//! Outputs, log and summary.

use serde_json::json;

use super::*;
use crate::{
    codes,
    outcome::Landed,
    plan::tests::{facts, request},
    request::Method,
};

fn outcome(done: Done) -> Outcome {
    let pull = serde_json::from_value(json!({
        "number": 7, "state": "open", "title": "Promote",
        "head": { "ref": "dev", "sha": "a".repeat(40) },
        "base": { "ref": "prod", "sha": "b".repeat(40) },
        "user": { "login": "alice" },
    }))
    .unwrap();
    let head = "a".repeat(40).parse().unwrap();
    let checklist = checklist(&request(), &facts(|_| ()));
    Outcome {
        pull,
        method: Method::Merge,
        head,
        approver: Some("maria".to_owned()),
        checklist,
        is_dry_run: false,
        done,
    }
}

fn landed() -> Landed {
    let sha = |digit: &str| digit.repeat(40).parse().unwrap();
    Landed { sha: sha("c"), base: sha("d"), deleted_head: true }
}

fn outputs(report: &Report) -> String {
    report.outputs.iter().map(|(name, value)| format!("{name}={value}\n")).collect()
}

#[test]
fn a_merge() {
    let report = done(&outcome(Done::Merged(landed())), &Course::default());
    assert_eq!(report.lines, ["merged #7 (dev → prod) at aaaaaaa as ccccccc by merge; deleted `dev`"]);
    insta::assert_snapshot!(outputs(&report), @"
    merged=true
    sha=cccccccccccccccccccccccccccccccccccccccc
    base-sha=dddddddddddddddddddddddddddddddddddddddd
    head-sha=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    pull-request=7
    author=alice
    approver=maria
    method=merge
    result=merged
    decision=done
    reason=
    ");
    let names: Vec<&str> = crate::spec().outputs.iter().map(|output| output.name).collect();
    assert!(report.outputs.iter().map(|(name, _)| *name).eq(names), "outputs are as declared");
}

#[test]
fn a_merge_from_before_counts_as_merged() {
    let report = done(&outcome(Done::AlreadyMerged(landed())), &Course::default());
    assert_eq!(report.lines, ["#7 (dev → prod) at aaaaaaa is merged already, as ccccccc"]);
    assert!(
        outputs(&report).contains("merged=true\n") && outputs(&report).contains("result=already-merged\n")
    );
}

#[test]
fn what_another_run_merged_is_left_to_it() {
    let merge = landed();
    let report = done(
        &outcome(Done::MergedByAnotherRun { run: Some("42".to_owned()), sha: merge.sha }),
        &Course::default(),
    );
    assert_eq!(
        report.lines,
        [
            "#7 (dev → prod) at aaaaaaa: run 42 merged it as ccccccc and goes on from there; if that run did not finish, re-run that one"
        ]
    );
    assert!(outputs(&report).starts_with("merged=false\nsha=\n"));
    assert!(outputs(&report).contains("result=merged-by-another-run\n"));
}

#[test]
fn a_dry_run_goes_on_from_nothing() {
    let outcome = Outcome { is_dry_run: true, ..outcome(Done::AlreadyMerged(landed())) };
    let report = done(&outcome, &Course::default());
    assert!(outputs(&report).starts_with("merged=false\nsha=\n"), "{}", outputs(&report));
    assert!(outputs(&report).contains("result=already-merged\n"));
}

#[test]
fn what_stood_in_the_way_is_the_reason() {
    let reason = |what: Done| {
        let report = done(&outcome(what), &Course::default());
        report.outputs.iter().find(|(name, _)| *name == "reason").unwrap().1.clone()
    };
    let code = &codes::CHECKS_MISSING;
    let queued = github::queue::Enqueued { position: None, url: None };
    let sha = landed().sha;
    for (what, expected) in [
        (Done::Merged(landed()), ""),
        (Done::WouldMerge, ""),
        (Done::BranchUpdated, "branch-behind"),
        (Done::Enqueued(queued), "merge-queue-required"),
        (Done::AutoMergeEnabled { code }, "checks-missing"),
        (Done::WouldWait { code, why: String::new() }, "checks-missing"),
        (Done::MergedByAnotherRun { run: None, sha: sha.clone() }, "merged-by-another-run"),
        (Done::MergedElsewhere { sha }, "merged-elsewhere"),
    ] {
        assert_eq!(reason(what), expected);
    }
}

#[test]
fn a_dry_run_merges_nothing() {
    let report = done(&outcome(Done::WouldMerge), &Course::default());
    let last = "#7 (dev → prod) at aaaaaaa: the gate holds; would merge by merge";
    assert_eq!((report.lines.len(), report.lines.last().unwrap().as_str()), (10, last));
    assert!(outputs(&report).starts_with("merged=false\nsha=\n"));
}

#[test]
fn reasons_are_ids() {
    let rules = [Rule::new(&codes::LABEL_MISSING, "x"), Rule::new(&codes::PULL_REQUEST_DRAFT, "y")];
    assert_eq!(rule::ids(&rules), "label-missing,pull-request-draft");
}

#[test]
fn a_refusal_lists_all_rules_and_calls() {
    let mut facts = facts(|pull| pull["labels"] = json!([]));
    facts.labellings.clear();
    let rules = checklist(&request(), &facts).into_unmet();
    let cells = ["`GET …/pulls/7`", "200", "0 ms", "21 ms"];
    let course = Course { calls: vec![cells.map(str::to_owned).to_vec()], ..Course::default() };
    let report = refused(&request(), &facts, &rules, &course);
    assert_eq!(report.lines.last().unwrap().split(' ').next(), Some("⏳"));
    insta::assert_snapshot!(report.summary.as_str(), @"
    ### auto-merge: waiting

    - ✅ the head is aaaaaaa, as when this run was started
    - ✅ it is open
    - ✅ it is no draft
    - ✅ it comes from no fork
    - ✅ the base `prod` is one of `prod`
    - ✅ the head `dev` is one of `dev`
    - ✅ no conflict with `prod`
    - ✅ no label `wip`
    - ⏳ the label `approval`, put by someone with write access – the label `approval` is missing. Have someone put `approval` who has write access and is not the author `alice`. (`label-missing`)

    <details><summary>1 call</summary>

    | call | status | began at | took |
    | --- | --- | --- | --- |
    | `GET …/pulls/7` | 200 | 0 ms | 21 ms |

    </details>
    ");
}

#[test]
fn the_word_follows_the_decision() {
    let word = |code| {
        let rules = [Rule::new(code, "x")];
        let report = refused(&request(), &facts(|_| ()), &rules, &Course::default());
        let output = |name| report.outputs.iter().find(|(known, _)| *known == name).unwrap().1.clone();
        format!("{} {}", output("result"), output("decision"))
    };
    assert_eq!(word(&codes::LABEL_MISSING), "waiting wait");
    assert_eq!(word(&codes::MERGE_CONFLICT), "refused refuse");
    assert_eq!(word(&codes::METHOD_DISABLED), "failed configuration");
}

#[test]
fn a_merge_is_one_line_on_the_page() {
    let said = ending(&outcome(Done::Merged(landed()))).unwrap();
    assert!(said.is_merged);
    assert_eq!(said.words.as_str().trim(), format!("aaaaaaa was merged into `prod` as {}.", "c".repeat(40)));
    let other = Done::MergedByAnotherRun { run: Some("42".to_owned()), sha: landed().sha };
    assert_eq!(ending(&outcome(other)), None);
}
