use super::*;

const ACTIONS: u64 = 15368;
const OWN_RUN: u64 = 42;

fn check(name: &str, state: CheckState) -> Check {
    let source = Source::App { id: ACTIONS, slug: "github-actions".to_owned(), run: Some(1) };
    Check { name: name.to_owned(), source, state, url: None }
}

fn passed(name: &str) -> Check {
    check(name, CheckState::Passed)
}

fn pending(name: &str) -> Check {
    check(name, CheckState::Pending)
}

fn failed(name: &str) -> Check {
    check(name, CheckState::Failed("failure".to_owned()))
}

fn ours(mut check: Check) -> Check {
    check.source = Source::App { id: ACTIONS, slug: "github-actions".to_owned(), run: Some(OWN_RUN) };
    check
}

fn by_app(app: u64, mut check: Check) -> Check {
    check.source = Source::App { id: app, slug: format!("app-{app}"), run: None };
    check
}

fn status(mut check: Check) -> Check {
    check.source = Source::Status;
    check
}

fn own() -> Own {
    Own { run: OWN_RUN, job: Some("merge".to_owned()) }
}

fn required(names: &[&str]) -> Vec<RequiredCheck> {
    names.iter().map(|name| RequiredCheck { context: (*name).to_owned(), app_id: None }).collect()
}

fn named(names: &[&str]) -> Demand {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    Demand::parse(&names).unwrap()
}

fn standing(reported: &[Check]) -> Standing {
    evaluate(&required(&["ci"]), &Demand::Required, reported, Some(&own()))[0].standing
}

fn standings(lines: &[Line]) -> Vec<(&str, Standing)> {
    lines.iter().map(|line| (line.name.as_str(), line.standing)).collect()
}

#[test]
fn every_state_of_a_required_check() {
    for (state, expected) in [
        (CheckState::Passed, Standing::Passed),
        (CheckState::Neutral, Standing::Passed),
        (CheckState::Skipped, Standing::Passed),
        (CheckState::Pending, Standing::Pending),
        (CheckState::Failed("timed_out".to_owned()), Standing::Failed),
    ] {
        assert_eq!(standing(&[check("ci", state.clone())]), expected, "{state:?}");
    }
    assert_eq!(standing(&[]), Standing::Missing);
    assert_eq!(standing(&[passed("other"), failed("CI")]), Standing::Missing, "names are exact");
}

#[test]
fn several_of_one_name_have_to_agree() {
    let skipped = || check("ci", CheckState::Skipped);
    for (reported, expected) in [
        ([passed("ci"), skipped()], Standing::Passed),
        ([passed("ci"), pending("ci")], Standing::Pending),
        ([failed("ci"), pending("ci")], Standing::Pending),
        ([passed("ci"), failed("ci")], Standing::Ambiguous),
        ([failed("ci"), failed("ci")], Standing::Failed),
        ([status(failed("ci")), passed("ci")], Standing::Ambiguous),
    ] {
        assert_eq!(standing(&reported), expected, "{reported:?}");
    }
}

#[test]
fn what_the_input_asks_for_fails_with_the_first_of_its_name() {
    let lines = evaluate(&[], &named(&["ci"]), &[failed("ci"), pending("ci"), passed("ci")], None);
    assert_eq!(standings(&lines), [("ci", Standing::Failed)]);
}

#[test]
fn a_check_of_another_app_does_not_count() {
    let required = [RequiredCheck { context: "ci".to_owned(), app_id: Some(7) }];
    let of = |reported: &[Check]| evaluate(&required, &Demand::Required, reported, None)[0].standing;
    assert_eq!(of(&[by_app(8, passed("ci"))]), Standing::Missing);
    assert_eq!(of(&[by_app(8, failed("ci")), by_app(7, passed("ci"))]), Standing::Passed);
    assert_eq!(of(&[by_app(8, passed("ci")), by_app(7, failed("ci"))]), Standing::Failed);
    assert_eq!(of(&[status(passed("ci"))]), Standing::Passed, "a status does not say whose it is");
}

#[test]
fn this_very_job_is_found_and_never_waited_for() {
    let of = |names: &[&str], reported: &[Check]| {
        let lines = evaluate(&required(names), &Demand::Required, reported, Some(&own()));
        (verdict(&lines), lines.iter().map(|line| line.standing).collect::<Vec<_>>())
    };
    // Alone unfinished in its run, whatever it is called.
    let named_otherwise = [ours(pending("Merge it")), ours(passed("test"))];
    assert_eq!(of(&["Merge it"], &named_otherwise), (Verdict::Own, vec![Standing::Own]));
    assert_eq!(of(&["test"], &named_otherwise), (Verdict::Passed, vec![Standing::Passed]));
    // Beside another job of its run, the job's key decides.
    let beside = [ours(pending("merge")), ours(pending("test"))];
    assert_eq!(of(&["test"], &beside), (Verdict::Waiting, vec![Standing::Pending]));
    assert_eq!(of(&["merge"], &beside), (Verdict::Own, vec![Standing::Own]));
    // An earlier run's result of the same name does not help: GitHub counts the latest.
    let again = [passed("merge"), ours(pending("merge"))];
    assert_eq!(of(&["merge"], &again), (Verdict::Own, vec![Standing::Own]));
    // Another run's job of that name is none of ours.
    assert_eq!(of(&["merge"], &[pending("merge")]), (Verdict::Waiting, vec![Standing::Pending]));
}

#[test]
fn jobs_are_named_by_key_matrix_and_caller() {
    for (name, is_it) in [
        ("merge", true),
        ("merge (dev, 1)", true),
        ("prod / merge", true),
        ("a / b / merge (x)", true),
        ("merge it", false),
        ("automerge", false),
        ("merge / test", false),
    ] {
        assert_eq!(is_named_after(name, "merge"), is_it, "{name}");
    }
}

#[test]
fn all_are_the_heads_checks_without_this_run() {
    let reported = [passed("ci"), pending("lint"), ours(pending("merge")), ours(pending("x")), passed("ci")];
    let lines = evaluate(&[], &Demand::All, &reported, Some(&own()));
    assert_eq!(standings(&lines), [("ci", Standing::Passed), ("lint", Standing::Pending)]);
    assert!(lines.iter().all(|line| line.by == By::Input));
}

#[test]
fn an_earlier_run_of_this_job_that_was_refused_does_not_count() {
    let reported = [failed("merge"), ours(pending("merge")), passed("test")];
    let lines = evaluate(&[], &Demand::All, &reported, Some(&own()));
    assert_eq!(standings(&lines), [("test", Standing::Passed)]);
    // What others report under the name does, and so does another job of an earlier run.
    let others = [by_app(7, failed("merge")), failed("test"), ours(pending("merge"))];
    let lines = evaluate(&[], &Demand::All, &others, Some(&own()));
    assert_eq!(standings(&lines), [("merge", Standing::Failed), ("test", Standing::Failed)]);
    // Nor is it taken for a success where it is the only one.
    let lines = evaluate(&[], &Demand::All, &[failed("merge"), ours(pending("merge"))], Some(&own()));
    assert_eq!(standings(&lines), [("*", Standing::Missing)]);
}

#[test]
fn a_head_without_checks_has_not_passed_all() {
    for reported in [&[][..], &[ours(pending("merge"))]] {
        let lines = evaluate(&[], &Demand::All, reported, Some(&own()));
        assert_eq!((standings(&lines), verdict(&lines)), (vec![("*", Standing::Missing)], Verdict::Waiting));
    }
}

#[test]
fn patterns_stand_for_what_they_match_and_else_for_themselves() {
    let reported = [passed("test (a)"), pending("test / b"), passed("lint"), ours(pending("test (merge)"))];
    let lines = evaluate(&required(&["lint"]), &named(&["test*", "docs", "lint"]), &reported, Some(&own()));
    let expected = [
        ("lint", Standing::Passed),
        ("test (a)", Standing::Passed),
        ("test / b", Standing::Pending),
        ("docs", Standing::Missing),
    ];
    assert_eq!(standings(&lines), expected);
    assert_eq!(lines[0].by, By::GitHub, "what GitHub requires too is listed once");
}

#[test]
fn this_job_asked_for_by_name_can_never_pass() {
    let lines = evaluate(&[], &named(&["merge"]), &[ours(pending("merge"))], Some(&own()));
    assert_eq!(verdict(&lines), Verdict::Own);
}

#[test]
fn the_worst_line_decides() {
    let of = |reported: &[Check]| {
        verdict(&evaluate(&required(&["a", "b"]), &Demand::Required, reported, Some(&own())))
    };
    assert_eq!(of(&[passed("a"), passed("b")]), Verdict::Passed);
    assert_eq!(of(&[passed("a")]), Verdict::Waiting);
    assert_eq!(of(&[pending("a"), failed("b")]), Verdict::Failed);
    assert_eq!(of(&[failed("a"), ours(pending("b"))]), Verdict::Own);
    // One that GitHub may count as passed is left to it, until nothing else is unfinished.
    let ambiguous = [passed("a"), failed("a")];
    assert_eq!(of(&ambiguous), Verdict::Waiting);
    assert_eq!(of(&[&ambiguous[..], &[passed("b")]].concat()), Verdict::Failed);
}

#[test]
fn the_inputs_words_stand_alone() {
    let parse = |values: &[&str]| {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        Demand::parse(&values).map(|demand| format!("{demand:?}").split('(').next().unwrap().to_owned())
    };
    assert_eq!(parse(&[]).unwrap(), "Required");
    assert_eq!(parse(&["  "]).unwrap(), "Required");
    assert_eq!(parse(&["required"]).unwrap(), "Required");
    assert_eq!(parse(&["all"]).unwrap(), "All");
    assert_eq!(parse(&["none"]).unwrap(), "None");
    assert_eq!(parse(&["ci", "test (*)"]).unwrap(), "Named");
    assert!(parse(&["ci", "all"]).unwrap_err().contains("`all` stands alone"));
    assert!(parse(&["[a"]).unwrap_err().contains("`[a`"));
}

#[test]
fn each_line_says_what_is_the_matter() {
    let head = "a".repeat(40).parse().unwrap();
    let mut red = failed("ci");
    red.url = Some("https://ci.example/1".to_owned());
    let twice = [passed("twice"), check("twice", CheckState::Skipped)];
    let reported =
        [red, twice[0].clone(), twice[1].clone(), by_app(8, passed("pinned")), ours(pending("merge"))];
    let mut required = required(&["ci", "twice", "gone", "merge"]);
    required.push(RequiredCheck { context: "pinned".to_owned(), app_id: Some(7) });
    let lines = evaluate(&required, &named(&["docs"]), &reported, Some(&own()));
    insta::assert_snapshot!(tell_all(&lines, &reported, &head).join("\n"), @"
    required check `ci`: failure by `github-actions`, https://ci.example/1
    required check `twice`: reported 2 times under one name (passed by `github-actions`; skipped by `github-actions`), and GitHub may count the one that did not succeed: give each job a name of its own
    required check `gone`: no check of that name exists on aaaaaaa; see whether its workflow runs for this base and these files
    required check `merge`: it is the very job that does this merge, so that each would wait for the other
    required check `pinned`: reported on aaaaaaa by `app-8`, and the rule counts the App with number 7 only
    check `docs` (asked for by `checks`): no check of that name exists on aaaaaaa; see whether its workflow runs for this base and these files
    ");
    assert_eq!(names(&lines, &[Standing::Missing]), "`gone`, `pinned`, `docs`");
}
