use super::*;
use crate::{args::tests::request, plan::edit};

fn commit(text: &str) -> CommitNote {
    CommitNote { oid: "0".repeat(40), message: format!("x\n\n{text}") }
}

fn sources(theirs: &str, ours: &str) -> Sources {
    Sources { theirs: theirs.repeat(40).parse().unwrap(), ours: ours.repeat(40).parse().unwrap() }
}

/// What is found when `new` is to replace `old`, by run 7.
fn found(old: &str, new: &str, messages: &[&str], ancestry: &Ancestry) -> Option<Why> {
    let request = request(&["v.yaml"], &[&format!("tag={new}")]);
    let history: Vec<_> = messages.iter().map(|text| commit(text)).collect();
    let files = edit(&request, vec![format!("tag: {old}\n").into_bytes()]).unwrap();
    newer(rivals(&files, &history, &request.origin), ancestry).into_iter().next().map(|newer| newer.why)
}

fn by(run: u32, rest: &str) -> String {
    format!("Bump-Source: org/product@abc\nBump-Workflow: dev\nBump-Run: {run}\n{rest}")
}

#[test]
fn only_a_greater_run_of_the_same_workflow_and_value_counts() {
    let newer = |messages: &[&str]| found("v0", "v1", messages, &Ancestry::default());
    let (eight, six) = (by(8, "Bump-Path: v.yaml:tag"), by(6, "Bump-Path: v.yaml:tag"));
    assert_eq!(newer(&[&eight]), Some(Why::Run(8)));
    assert_eq!(newer(&["a person's", &eight]), Some(Why::Run(8)));
    assert_eq!(newer(&[&six, &eight]), None);
    assert_eq!(newer(&[&by(7, "Bump-Path: v.yaml:tag")]), None);
    assert_eq!(newer(&[&by(8, "Bump-Path: v.yaml:other")]), None);
    assert_eq!(newer(&[&by(8, "Bump-Path: v.yaml:other"), &eight]), Some(Why::Run(8)));
    assert_eq!(newer(&["Bump-Source: org/other@abc\nBump-Run: 8\nBump-Path: v.yaml:tag"]), None);
    assert_eq!(
        newer(&["Bump-Source: org/product@abc\nBump-Workflow: prod\nBump-Run: 8\nBump-Path: v.yaml:tag"]),
        None
    );
}

#[test]
fn the_commits_of_the_values_come_before_run_numbers() {
    let (old, new) = ("b".repeat(40), "c".repeat(40));
    let pair = sources("b", "c");
    let (eight, six) = (by(8, "Bump-Path: v.yaml:tag"), by(6, "Bump-Path: v.yaml:tag"));
    for (relation, message, expected) in [
        (Some(Relation::Ahead), &eight, None),
        (Some(Relation::Behind), &six, Some(Why::Contains(pair.clone()))),
        (Some(Relation::Diverged), &eight, Some(Why::Run(8))),
        (Some(Relation::Diverged), &six, None),
        (None, &eight, Some(Why::Run(8))),
        (None, &six, None),
    ] {
        let ancestry = Ancestry::from([(pair.clone(), relation)]);
        assert_eq!(found(&old, &new, &[message], &ancestry), expected, "{relation:?} {message}");
    }
    // A person's commit, or one that is long ago, is judged by the value alone.
    let behind = Ancestry::from([(pair.clone(), Some(Relation::Behind))]);
    assert_eq!(found(&old, &new, &[], &behind), Some(Why::Contains(pair)));
    let elsewhere = "Bump-Source: org/other@abc\nBump-Path: v.yaml:tag";
    assert_eq!(found(&old, &new, &[elsewhere], &behind), None);
}

#[test]
fn other_values_stand_for_the_commits_that_the_trailers_name() {
    let theirs = "b".repeat(40);
    let message =
        format!("Bump-Source: org/product@{theirs}\nBump-Workflow: dev\nBump-Run: 6\nBump-Path: v.yaml:tag");
    let ours = "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3".parse().unwrap();
    let pair = Sources { theirs: theirs.parse().unwrap(), ours };
    let behind = Ancestry::from([(pair.clone(), Some(Relation::Behind))]);
    assert_eq!(found("v2", "v1", &[&message], &behind), Some(Why::Contains(pair)));
    assert_eq!(found("v2", "v1", &["a person's"], &behind), None);
}

#[test]
fn each_reason_has_its_words() {
    let commit = Some("0".repeat(40));
    let newer = Newer { place: "v.yaml:tag".into(), commit, why: Why::Run(9) };
    insta::assert_snapshot!(newer, @"run 9 has set v.yaml:tag already (commit 0000000000000000000000000000000000000000)");
    let newer = Newer { commit: None, why: Why::Contains(sources("b", "c")), ..newer };
    insta::assert_snapshot!(newer, @"v.yaml:tag is for bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb already, which contains cccccccccccccccccccccccccccccccccccccccc");
}
