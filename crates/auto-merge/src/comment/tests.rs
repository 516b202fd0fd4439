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

fn speaker(run: u64) -> Speaker {
    let url = format!("https://github.com/org/day2-product/actions/runs/{run}");
    Speaker { url: Some(url), now: "2026-01-31T09:05:00Z".to_owned() }
}

#[test]
fn what_is_waited_for() {
    let mut facts = facts(|pull| pull["labels"] = serde_json::json!([]));
    facts.labellings.clear();
    let rules = checklist(&request(), &facts).into_unmet();
    let said = report::refusal(&request(), &facts, &rules);
    insta::assert_snapshot!(said.body(&speaker(42)), @"
    <!-- day2-actions:auto-merge -->
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
    assert!(Said::read(&body).is_some());
    assert!(Said::read(&body.replace('\n', "\r\n")).is_some(), "as the web page sends it");
    assert_eq!(Said::read(&format!("> {body}")), None);
    assert_eq!(Said::read(&format!("look:\n{body}")), None);
}

#[test]
fn another_run_that_says_the_same_is_no_change() {
    let body = |words: &str, run| statement(Summary::new().text(words)).body(&speaker(run));
    let first = body("x", 1);
    let said = Said::read(&first).unwrap();
    assert!(said.is_same(&body("x", 2)) && said.is_same(&body("x", 2).replace('\n', "\r\n")));
    assert!(!said.is_same(&body("y", 1)));
}

#[test]
fn it_knows_what_it_speaks_of() {
    let open = statement(Summary::new());
    let body = open.body(&speaker(1));
    let said = Said::read(&body).unwrap();
    assert_eq!((said.head(), said.is_merged()), (Some("a".repeat(40).as_str()), false));
    let merged = Statement { is_merged: true, ..open }.body(&speaker(1));
    assert!(Said::read(&merged).unwrap().is_merged());
    let edited = merged.replace("head=", "");
    assert_eq!(Said::read(&edited).unwrap().head(), None);
}

#[test]
fn nothing_of_others_is_more_than_text() {
    let evil = format!("@org/team <img src=x> {MARK}\n{BY}\n# [a](http://x) `@b` --> | *c*");
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
