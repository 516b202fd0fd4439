//! Inputs as they are given, and what becomes of them.

use clap::{Args as _, Command, FromArgMatches as _};

use super::*;

fn parse(argv: &[&str], env: &[(&str, &str)], event: Option<Event>) -> Result<Request, Failure> {
    let command = Args::augment_args(Command::new("auto-merge"));
    let argv = std::iter::once("auto-merge").chain(argv.iter().copied());
    let args = Args::from_arg_matches(&command.try_get_matches_from(argv).unwrap()).unwrap();
    args.into_request(&Env::from_pairs(env.iter().copied()), event.into_iter().collect())
}

const WORKFLOW: &[(&str, &str)] = &[("GITHUB_REPOSITORY", "org/x"), ("GITHUB_TOKEN", "t")];

fn event(number: u64) -> Event {
    let head = "a".repeat(40).parse().unwrap();
    Event {
        number,
        head: Some(head),
        action: "labeled".to_owned(),
        label: Some("approval".to_owned()),
        base: None,
        sender: None,
        updated_at: None,
        was_closed: false,
    }
}

#[test]
fn a_workflow_needs_no_argument() {
    let request = parse(&[], WORKFLOW, Some(event(7))).unwrap();
    assert_eq!((request.number, request.repository.to_string().as_str()), (7, "org/x"));
    assert_eq!(request.head_sha.unwrap().short(), "aaaaaaa");
    assert_eq!(request.method.of("prod"), Method::Merge);
    assert_eq!((request.budget.as_secs(), request.labeller_access), (45, Access::Write));
    assert_eq!((request.required_approvals, request.on_new_commits), (0, OnNewCommits::RemoveLabel));
}

#[test]
fn another_pull_requests_event_does_not_count() {
    let request = parse(&["--pull-request=#8"], WORKFLOW, Some(event(7))).unwrap();
    assert_eq!((request.number, request.head_sha, request.event), (8, None, None));
}

#[test]
fn another_repositorys_event_does_not_count() {
    let argv = ["--repository=org/y", "--pull-request=7"];
    let request = parse(&argv, WORKFLOW, Some(event(7))).unwrap();
    assert_eq!((request.head_sha, request.event), (None, None));
    assert!(parse(&argv[..1], WORKFLOW, Some(event(7))).unwrap_err().cause.contains("`pull-request`"));
}

#[test]
fn the_workflows_repository_in_other_letters_has_its_event() {
    let request = parse(&["--repository=Org/X"], WORKFLOW, Some(event(7))).unwrap();
    assert_eq!((request.number, request.head_sha.unwrap().short()), (7, "aaaaaaa"));
}

#[test]
fn methods_can_differ_by_base() {
    let request =
        parse(&["--method=squash", "--method=prod=fast-forward"], WORKFLOW, Some(event(7))).unwrap();
    assert_eq!(request.method.of("prod"), Method::FastForward);
    assert_eq!(request.method.of("dev"), Method::Squash);
}

#[test]
fn lists_take_commas() {
    let request =
        parse(&["--labels=approval,!wip", "--head=dev,feature/*"], WORKFLOW, Some(event(7))).unwrap();
    assert_eq!(request.labels.required, ["approval"]);
    assert_eq!(request.labels.blocking, ["wip"]);
    assert!(request.head.has("feature/a") && request.head.has("dev"));
}

#[test]
fn all_problems_come_at_once() {
    let argv = [
        "--pull-request=x",
        "--head-sha=main",
        "--base=a[",
        "--labels=a,!a",
        "--labeller-permission=read",
        "--method=squish",
        "--required-approvals=-1",
        "--require-review-on-head=maybe",
        "--on-new-commits=x",
        "--commit-title={titel}",
        "--commit-body={",
        "--timeout=soon",
        "--token=ghp_x",
    ];
    let failure = parse(&argv, &[("GITHUB_REPOSITORY", "org/x")], None).unwrap_err();
    insta::assert_snapshot!(failure.notes.join("\n"), @"
    input `pull-request`: `x` is not the number of a pull request
    input `head-sha`: `main` is not a commit id: expected 40 hexadecimal digits, not a branch or an abbreviation
    input `labels`: `a` cannot be required and blocking at once
    input `labeller-permission`: `read` is not a level of access: expected `triage`, `write`, `maintain` or `admin`
    input `required-approvals`: `-1` is not a number of reviews
    input `method`: `squish` is not a merge method: expected `merge`, `fast-forward`, `squash` or `rebase`
    input `base`: `a[` is not a branch pattern: unclosed character class; missing ']'
    input `require-review-on-head`: `maybe` is neither `true` nor `false`
    input `on-new-commits`: `x` is not a policy for new commits: expected `remove-label` or `ignore`
    input `timeout`: `soon` is not a duration: expected a number with a unit, such as `90s`, `1m30s` or `500ms`
    input `token` takes no secret on the command line, where every process can read it: put it into an environment variable and pass `--token=env:NAME`
    input `commit-title`: `{titel}` is none of {number}, {title}, {head}, {base}, {author}, {body}, {commits}; a brace by itself is written `{{`
    input `commit-body`: `{` has no closing brace; a brace by itself is written `{{`
    ");
}

#[test]
fn outside_a_workflow_both_are_asked_for() {
    let failure = parse(&[], &[], None).unwrap_err();
    insta::assert_snapshot!(failure.notes.join("\n"), @"
    input `repository` is required outside a workflow
    input `pull-request` is required: the event that started this run has no pull request
    input `token` is required: pass it, or set `GITHUB_TOKEN`
    ");
}

#[test]
fn an_event_about_several_pull_requests_leaves_the_choice() {
    let args = |number: Option<&str>| Args { pull_request: number.map(str::to_owned), ..Args::default() };
    let resolve =
        |args: Args| args.into_request(&Env::from_pairs(WORKFLOW.iter().copied()), vec![event(7), event(8)]);
    assert_eq!(resolve(args(Some("8"))).unwrap().event.unwrap().number, 8);
    let failure = resolve(args(None)).unwrap_err();
    assert_eq!(failure.cause, "input `pull-request` is required: the event is about several, #7 and #8");
}

#[test]
fn an_event_without_a_commit_needs_one() {
    let comment = || Some(Event { head: None, ..event(7) });
    for argv in [&[][..], &["--pull-request=7"]] {
        let failure = parse(argv, WORKFLOW, comment()).unwrap_err();
        assert!(failure.cause.starts_with("input `head-sha` is required: this run's event"), "{failure:?}");
    }
    let request = parse(&[&format!("--head-sha={}", "b".repeat(40))], WORKFLOW, comment()).unwrap();
    assert_eq!((request.number, request.head_sha.unwrap().short()), (7, "bbbbbbb"));
}

#[test]
fn one_space_is_a_body() {
    let body = |text: &str| parse(&[text], WORKFLOW, Some(event(7))).unwrap().wording.body;
    assert_eq!((body("--commit-body= "), body("--commit-body=")), (Some(message::Body::Empty), None));
}
