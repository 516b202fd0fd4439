use github::{
    checks::{Check, CheckState, Source},
    rules::{RequiredCheck, Rule as BranchRule},
};
use serde_json::json;

use super::*;
use crate::checks::{Own, evaluate};

fn pull(state: &str) -> PullRequest {
    let sha = "a".repeat(40);
    serde_json::from_value(json!({
        "number": 7, "state": "open", "mergeable": true, "mergeable_state": state,
        "head": { "ref": "dev", "sha": sha }, "base": { "ref": "prod", "sha": sha },
    }))
    .unwrap()
}

/// What is found out when `ci` is required and reported so; nothing if the checks could not be read.
fn look(states: &[CheckState]) -> Look {
    let source = Source::App { id: 1, slug: "github-actions".to_owned(), run: Some(1) };
    let url = Some("https://ci.example/1".to_owned());
    let check = |state: &CheckState| Check {
        name: "ci".to_owned(),
        source: source.clone(),
        state: state.clone(),
        url: url.clone(),
    };
    let reported: Vec<Check> = states.iter().map(check).collect();
    let required = vec![RequiredCheck { context: "ci".to_owned(), app_id: None }];
    let own = Own { run: 2, job: None };
    let lines = evaluate(&required, &Demand::Required, &reported, Some(&own));
    let head = "a".repeat(40).parse().unwrap();
    Look {
        head,
        rules: Vec::new(),
        required,
        lines,
        told: vec!["told".to_owned()],
        extra: vec!["extra".to_owned()],
    }
}

fn failed() -> CheckState {
    CheckState::Failed("failure".to_owned())
}

const SAID: &str = "GitHub says: no";

fn of(block: Block, states: &[CheckState]) -> Diagnosis {
    of_block(
        block,
        Rule::new(&codes::MERGE_BLOCKED, SAID),
        &look(states),
        &pull("blocked"),
        &Demand::Required,
    )
}

fn code(diagnosis: &Diagnosis) -> (&'static str, &'static str) {
    let word = match diagnosis {
        Diagnosis::Refuse(_) => "refuse",
        Diagnosis::NotNow(_) => "not now",
        Diagnosis::Watch(_) => "watch",
        Diagnosis::Again(_) => "again",
        Diagnosis::Behind(_) => "behind",
        Diagnosis::Queue(_) => "queue",
    };
    (word, diagnosis.clone().into_rule().code.id)
}

#[test]
fn every_refusal_with_every_state_of_the_checks() {
    use CheckState::{Passed, Pending};
    let ambiguous = [Passed, failed()];
    for (block, states, expected) in [
        (Block::Checks, &[Pending][..], ("watch", "checks-missing")),
        (Block::Checks, &[], ("watch", "checks-missing")),
        (Block::Checks, &[failed()], ("refuse", "checks-failed")),
        (Block::Checks, &ambiguous, ("refuse", "checks-failed")),
        (Block::Checks, &[Passed], ("again", "merge-blocked")),
        (Block::Unnamed, &[Pending], ("watch", "checks-missing")),
        (Block::Unnamed, &[failed()], ("refuse", "checks-failed")),
        // GitHub may count the one that passed, and have another reason.
        (Block::Unnamed, &ambiguous, ("again", "merge-blocked")),
        (Block::Unnamed, &[Passed], ("again", "merge-blocked")),
        (Block::Reviews, &[Pending], ("not now", "merge-blocked")),
        (Block::Reviews, &[failed()], ("refuse", "checks-failed")),
        (Block::Rule, &[Passed], ("refuse", "merge-blocked")),
        (Block::Rule, &[Pending], ("refuse", "merge-blocked")),
        (Block::Behind, &[Passed], ("behind", "branch-behind")),
        (Block::Behind, &[Pending], ("behind", "branch-behind")),
        (Block::Queue, &[Passed], ("queue", "merge-queue-required")),
        (Block::Queue, &[failed()], ("refuse", "checks-failed")),
    ] {
        assert_eq!(code(&of(block, states)), expected, "{block:?} {states:?}");
    }
}

#[test]
fn checks_that_passed_on_a_head_that_is_behind_are_expected_all_the_same() {
    let rule = Rule::new(&codes::CHECKS_MISSING, SAID);
    let diagnosis =
        of_block(Block::Checks, rule, &look(&[CheckState::Passed]), &pull("behind"), &Demand::Required);
    assert_eq!(code(&diagnosis), ("behind", "branch-behind"));
    let rule = diagnosis.into_rule();
    assert!(rule.cause.contains("`dev` lacks commits of `prod`"), "{}", rule.cause);
    assert!(rule.remedy.contains("update-branch: true"), "{}", rule.remedy);
}

#[test]
fn a_queue_is_found_by_its_rule_too() {
    let mut look = look(&[CheckState::Passed]);
    look.rules = serde_json::from_value::<Vec<BranchRule>>(json!([{ "type": "merge_queue" }])).unwrap();
    let rule = Rule::new(&codes::MERGE_BLOCKED, SAID);
    let diagnosis = of_block(Block::Unnamed, rule, &look, &pull("blocked"), &Demand::Required);
    assert_eq!(code(&diagnosis), ("queue", "merge-queue-required"));
}

#[test]
fn without_waiting_missing_checks_refuse_at_once() {
    for states in [&[CheckState::Pending][..], &[CheckState::Passed]] {
        let rule = Rule::new(&codes::CHECKS_MISSING, SAID);
        let diagnosis = of_block(Block::Checks, rule, &look(states), &pull("blocked"), &Demand::None);
        assert_eq!(code(&diagnosis), ("not now", "checks-missing"));
    }
}

#[test]
fn the_own_job_comes_before_everything_else() {
    let mut look = look(&[CheckState::Pending]);
    look.lines[0].standing = Standing::Own;
    for block in [Block::Checks, Block::Unnamed, Block::Reviews, Block::Behind, Block::Queue, Block::Rule] {
        let rule = Rule::new(&codes::MERGE_BLOCKED, SAID);
        let diagnosis = of_block(block, rule, &look, &pull("blocked"), &Demand::Required);
        assert_eq!(code(&diagnosis), ("refuse", "checks-own-run"), "{block:?}");
        assert!(diagnosis.into_rule().remedy.contains("off the checks that `prod` requires"));
    }
    look.lines[0].by = By::Input;
    let rule = of_demand(&look, &pull("clean")).unwrap().into_rule();
    assert_eq!(rule.remedy, "Take `ci` out of `checks`.");
}

#[test]
fn what_the_input_asks_for_decides_before_anything_is_tried() {
    let of = |states: &[CheckState]| of_demand(&look(states), &pull("clean")).as_ref().map(code);
    assert_eq!(of(&[CheckState::Passed]), None);
    assert_eq!(of(&[CheckState::Pending]), Some(("watch", "checks-missing")));
    assert_eq!(of(&[]), Some(("watch", "checks-missing")));
    assert_eq!(of(&[failed()]), Some(("refuse", "checks-failed")));
}

#[test]
fn every_rule_says_what_was_found_out() {
    for block in [Block::Checks, Block::Unnamed, Block::Reviews, Block::Behind, Block::Queue, Block::Rule] {
        for state in [CheckState::Passed, CheckState::Pending, failed()] {
            let rule = of(block, std::slice::from_ref(&state)).into_rule();
            assert_eq!(rule.notes, ["told", "extra"], "{block:?} {state:?}");
        }
    }
    let rule = of(Block::Checks, &[failed()]).into_rule();
    assert_eq!(rule.cause, "the check `ci` did not succeed");
    assert_eq!(rule.remedy, "See https://ci.example/1; mend it and push, or run the check again.");
    let rule = of(Block::Checks, &[]).into_rule();
    assert_eq!(rule.cause, "checks are missing: `ci` not reported by anybody; GitHub says: no");
}
