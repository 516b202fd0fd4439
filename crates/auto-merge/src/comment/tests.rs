//! The comment's text.

use super::*;
use crate::{
    checklist::checklist,
    plan::tests::{facts, request},
    report,
};

fn statement(words: Summary) -> Statement {
    Statement { head: "a".repeat(40).parse().unwrap(), is_merged: false, words }
}

fn gate(workflow: &str, job: &str) -> WorkflowRun {
    let (workflow, job) = (Some(workflow.to_owned()), Some(job.to_owned()));
    WorkflowRun { id: "42".to_owned(), workflow, job, is_first_attempt: true }
}

/// Reads a comment of the gate that speaks here.
fn read(body: &str) -> Option<Said<'_>> {
    Said::read(body, &speaker(1).mark)
}

fn speaker(run: u64) -> Speaker {
    let url = format!("https://github.com/org/day2-product/actions/runs/{run}");
    Speaker {
        mark: mark(Some(&gate("prod", "promote"))),
        url: Some(url),
        now: "2026-01-31T09:05:00Z".to_owned(),
    }
}

#[test]
fn what_is_waited_for() {
    let mut facts = facts(|pull| pull["labels"] = serde_json::json!([]));
    facts.labellings.clear();
    let rules = checklist(&request(), &facts).into_unmet();
    let said = report::refusal(&request(), &facts, &rules);
    insta::assert_snapshot!(said.body(&speaker(42)), @"
    <!-- day2-actions:auto-merge prod/promote -->
    <!-- head=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa open -->
    ### auto-merge: waiting

    aaaaaaa is not merged into `prod` yet.

    - ✅ the head is aaaaaaa, as when this run was started
    - ✅ it is open
    - ✅ it is no draft
    - ✅ it comes from no fork
    - ✅ the base `prod` is one of `prod`
    - ✅ the head `dev` is one of `dev`
    - ✅ no conflict with `prod`
    - ✅ no label `wip`
    - ⏳ the label `approval`, put by someone with write access – the label `approval` is missing. Have someone put `approval` who has write access and is not the author `alice`. (`label-missing`)

    <!-- by -->
    [This run](https://github.com/org/day2-product/actions/runs/42), 2026-01-31T09:05:00Z.
    ");
}

#[test]
fn only_the_first_line_marks_a_comment() {
    let body = statement(Summary::new().text("x")).body(&speaker(1));
    assert!(read(&body).is_some());
    assert!(read(&body.replace('\n', "\r\n")).is_some(), "as the web page sends it");
    assert_eq!(read(&format!("> {body}")), None);
    assert_eq!(read(&format!("look:\n{body}")), None);
}

#[test]
fn each_gate_has_a_comment_of_its_own() {
    let body = statement(Summary::new().text("x")).body(&speaker(1));
    for (other, is_read) in [
        (Some(gate("prod", "promote")), true),
        (Some(gate("dev", "promote")), false),
        (Some(gate("prod", "ship")), false),
        (Some(gate("prod/promote", "")), false),
        (None, false),
    ] {
        assert_eq!(Said::read(&body, &mark(other.as_ref())).is_some(), is_read, "{other:?}");
    }
    let evil = mark(Some(&gate("a --> <b>\n--!> ü", "x")));
    assert_eq!(evil, "<!-- day2-actions:auto-merge a%20%2D%2D%3E%20%3Cb%3E%0A%2D%2D%21%3E%20%C3%BC/x -->");
}

#[test]
fn a_pull_request_of_other_branches_is_no_concern() {
    let rules = |codes: &[&'static model::Code]| -> Vec<Rule> {
        codes.iter().map(|code| Rule::new(code, "so")).collect()
    };
    assert!(is_concern(&rules(&[&codes::LABEL_MISSING])) && is_concern(&[]));
    for code in [&codes::BASE_NOT_ALLOWED, &codes::HEAD_NOT_ALLOWED, &codes::PULL_REQUEST_FROM_FORK] {
        // A label that another gate asks for is missing as well.
        assert!(!is_concern(&rules(&[code])) && !is_concern(&rules(&[code, &codes::LABEL_MISSING])));
    }
}

#[test]
fn another_run_that_says_the_same_is_no_change() {
    let body = |words: &str, run| statement(Summary::new().text(words)).body(&speaker(run));
    let first = body("x", 1);
    let said = read(&first).unwrap();
    assert!(said.is_same(&body("x", 2)) && said.is_same(&body("x", 2).replace('\n', "\r\n")));
    assert!(!said.is_same(&body("y", 1)));
    let (one, other) = (body(&format!("`{BY}` x"), 1), body(&format!("`{BY}` y"), 1));
    assert!(!read(&one).unwrap().is_same(&other), "a label that is called like our line hides nothing");
}

#[test]
fn it_knows_what_it_speaks_of() {
    let open = statement(Summary::new());
    let body = open.body(&speaker(1));
    let said = read(&body).unwrap();
    assert_eq!((said.head(), said.is_merged()), (Some("a".repeat(40).as_str()), false));
    let merged = Statement { is_merged: true, ..open }.body(&speaker(1));
    assert!(read(&merged).unwrap().is_merged());
    let edited = merged.replace("head=", "");
    assert_eq!(read(&edited).unwrap().head(), None);
}

#[test]
fn nothing_of_others_is_more_than_text() {
    let evil = format!("@org/team <img src=x> {MARK}\n{BY}\n# [a](http://x) @b --> | *c*");
    let body = statement(Summary::new().text(&evil).list(&[(evil.clone(), vec![evil])])).body(&speaker(1));
    assert_eq!(body.matches("<!--").count(), 3, "ours: {body}");
    for forbidden in ["@o", "@b", "<img", "[a]", "\n#", " *c"] {
        assert!(!body.contains(forbidden), "{forbidden}: {body}");
    }
}

#[test]
fn a_long_one_is_cut_at_a_line() {
    let items: Vec<_> = (0..9000).map(|item| (format!("ä {item} is a rule of many"), Vec::new())).collect();
    let body = statement(Summary::new().list(&items)).body(&speaker(1));
    assert!(body.chars().count() <= 65_536, "{}", body.chars().count());
    assert!(body.contains("of many\n\n…\n\n<!-- by -->\n[This run]"));
}
