//! Each rule of the gate, and the texts of its refusal.

use github::{Endpoints, access::Access, pulls::PullRequest};
use model::Secret;
use serde_json::{Value, json};
use std::time::Duration;

use super::*;
use crate::{
    checks::Demand,
    comment::CommentPolicy,
    event::Event,
    facts::{Approval, Labelling, Void},
    fail_on::FailOn,
    globs::{Globs, glob},
    labels::Labels,
    merger::Merger,
    message::Wording,
    request::{Credentials, Fallback, Methods, OnNewCommits},
    rule,
    workflows::{Changed, WorkflowFiles},
};

mod workflows;

fn globs(patterns: &[&str]) -> Globs {
    Globs::new(patterns.iter().map(|pattern| glob(pattern).unwrap()).collect())
}

fn sha(digit: char) -> CommitSha {
    digit.to_string().repeat(40).parse().unwrap()
}

/// The gate of the prod pipeline.
pub(crate) fn request() -> Request {
    Request {
        repository: "org/day2-product".parse().unwrap(),
        number: 7,
        head_sha: Some(sha('a')),
        event: None::<Event>,
        base: globs(&["prod"]),
        head: globs(&["dev"]),
        labels: Labels { required: vec!["approval".to_owned()], blocking: vec!["wip".to_owned()] },
        labeller_access: Access::Write,
        labeller_teams: Vec::new(),
        method: Methods { by_base: Vec::new(), default: Method::Merge },
        required_approvals: 0,
        review_on_head: false,
        on_new_commits: OnNewCommits::RemoveLabel,
        workflow_files: WorkflowFiles::Refuse,
        delete_head: Globs::default(),
        wording: Wording::default(),
        checks: Demand::Required,
        update_branch: false,
        fallback: Fallback::default(),
        run: None,
        comment: CommentPolicy::OnRefusal,
        run_url: None,
        fail_on: FailOn::default(),
        dry_run: false,
        budget: Duration::from_secs(45),
        endpoints: Endpoints { api: String::new(), graphql: String::new() },
        credentials: Credentials::Token(Secret::new("t")),
    }
}

pub(crate) fn pull(change: impl FnOnce(&mut Value)) -> PullRequest {
    let repo = json!({ "full_name": "org/day2-product", "default_branch": "dev" });
    let mut pull = json!({
        "number": 7, "state": "open", "draft": false, "merged": false, "mergeable": true,
        "mergeable_state": "clean",
        "head": { "ref": "dev", "sha": "a".repeat(40), "repo": repo },
        "base": { "ref": "prod", "sha": "b".repeat(40), "repo": repo },
        "labels": [{ "name": "approval" }],
        "user": { "login": "alice" },
    });
    change(&mut pull);
    serde_json::from_value(pull).unwrap()
}

pub(crate) fn facts(change: impl FnOnce(&mut Value)) -> Facts {
    let maria = Labelling {
        label: "approval".to_owned(),
        is_listed: true,
        by: Some("maria".to_owned()),
        is_author: false,
        is_person: true,
        access: Access::Maintain,
        is_outsider: false,
        void: None,
    };
    Facts {
        pull: pull(change),
        labellings: vec![maria],
        approvals: Vec::new(),
        objectors: Vec::new(),
        lives_on: None,
        workflows: Changed::Files(Vec::new()),
        is_runs_own: false,
        merged_as: None,
        merger: Merger::default(),
    }
}

fn approval(by: &str, access: Access, digit: char) -> Approval {
    Approval {
        by: by.to_owned(),
        is_author: by == "alice",
        is_person: true,
        access,
        commit: Some(sha(digit)),
        base_changed: false,
    }
}

fn refused(request: &Request, facts: &Facts) -> String {
    let Plan::Refuse(rules) = plan(request, facts) else { panic!("{:?}", plan(request, facts)) };
    let failure = rule::failure(&facts.pull, &rules);
    let notes: String = failure.notes.iter().map(|note| format!("\n{note}")).collect();
    format!("[{}] {}{notes}\n{}", failure.code.id, failure.cause, failure.remedy)
}

#[test]
fn a_label_on_what_was_merged_before_deploys_nothing() {
    let event = json!({
        "action": "labeled",
        "pull_request": { "number": 7, "state": "closed", "head": { "sha": "a".repeat(40) } },
    });
    let request = Request { event: Event::read(&event).pop(), ..request() };
    let merged = facts(|pull| {
        pull["state"] = "closed".into();
        pull["merged"] = true.into();
    });
    let Plan::Refuse(rules) = plan(&request, &merged) else { panic!("it is refused") };
    assert_eq!(rules[0].code.id, "pull-request-closed");
}

#[test]
fn an_approved_pull_request_is_merged_at_the_head_of_the_event() {
    assert_eq!(plan(&request(), &facts(|_| ())), Plan::Merge { head: sha('a'), method: Method::Merge });
    assert_eq!(approver(&request(), &facts(|_| ())).as_deref(), Some("maria"));
}

#[test]
fn a_merged_one_is_continued_from_its_commit() {
    let merged = |pull: &mut Value| {
        pull["merged"] = true.into();
        pull["state"] = "closed".into();
        pull["mergeable"] = Value::Null;
    };
    let listed = || Facts { merged_as: Some(sha('c')), ..facts(merged) };
    assert_eq!(plan(&request(), &listed()), Plan::AlreadyMerged { sha: sha('c') });
    assert_eq!(plan(&request(), &facts(merged)), Plan::Wait);
}

#[test]
fn an_unknown_mergeability_is_waited_for() {
    let unknown = facts(|pull| pull["mergeable"] = Value::Null);
    assert_eq!(plan(&request(), &unknown), Plan::Wait);
    let mut fast_forward = request();
    fast_forward.method.default = Method::FastForward;
    assert!(matches!(plan(&fast_forward, &unknown), Plan::Merge { .. }));
}

#[test]
fn a_missing_label() {
    let mut facts = facts(|pull| pull["labels"] = json!([]));
    facts.labellings.clear();
    insta::assert_snapshot!(refused(&request(), &facts), @"
    [label-missing] pull request #7 (dev → prod) is not merged: the label `approval` is missing
    Have someone put `approval` who has write access and is not the author `alice`.
    ");
}

#[test]
fn a_label_by_the_author() {
    let mut facts = facts(|_| ());
    facts.labellings[0].by = Some("Alice".to_owned());
    facts.labellings[0].is_author = true;
    insta::assert_snapshot!(refused(&request(), &facts), @"
    [label-by-author] pull request #7 (dev → prod) is not merged: the label `approval` was put by `Alice`, the author
    Have someone other than `Alice` with write access take it off and put it again.
    ");
}

#[test]
fn a_label_by_someone_who_may_only_triage() {
    let mut facts = facts(|_| ());
    facts.labellings[0].by = Some("mallory".to_owned());
    facts.labellings[0].access = Access::Triage;
    insta::assert_snapshot!(refused(&request(), &facts), @"
    [labeller-permission] pull request #7 (dev → prod) is not merged: the label `approval` was put by `mallory`, who has triage access only
    Have someone with write access take it off and put it again.
    ");
}

#[test]
fn a_label_by_someone_who_is_in_no_team() {
    let mut facts = facts(|_| ());
    facts.labellings[0].is_outsider = true;
    let teams = vec!["org/release".parse().unwrap(), "org/sre".parse().unwrap()];
    insta::assert_snapshot!(refused(&Request { labeller_teams: teams, ..request() }, &facts), @"
    [labeller-team] pull request #7 (dev → prod) is not merged: the label `approval` was put by `maria`, who is in none of `org/release`, `org/sre`
    Have a member of one of these teams take it off and put it again.
    ");
}

#[test]
fn a_label_that_is_older_than_the_head() {
    let mut facts = facts(|_| ());
    facts.labellings[0].void = Some(Void::Pushed);
    insta::assert_snapshot!(refused(&request(), &facts), @"
    [label-before-push] pull request #7 (dev → prod) is not merged: commits were pushed after the label `approval` was put
    Look at the new commits, then put the label again.
    ");
    let mut ignoring = request();
    ignoring.on_new_commits = OnNewCommits::Ignore;
    assert!(matches!(plan(&ignoring, &facts), Plan::Merge { .. }));
}

#[test]
fn an_app_approves_nothing() {
    let mut labelled = facts(|_| ());
    labelled.labellings[0].by = Some("deploy[bot]".to_owned());
    labelled.labellings[0].is_person = false;
    insta::assert_snapshot!(refused(&request(), &labelled), @"
    [label-by-bot] pull request #7 (dev → prod) is not merged: the label `approval` was put by `deploy[bot]`, which is no person's account
    Have a person with write access take it off and put it again.
    ");
    let mut reviewed = facts(|_| ());
    reviewed.approvals = vec![Approval { is_person: false, ..approval("deploy[bot]", Access::Write, 'a') }];
    insta::assert_snapshot!(refused(&Request { required_approvals: 1, ..request() }, &reviewed), @"
    [approvals-missing] pull request #7 (dev → prod) is not merged: it has 0 of 1 approval of aaaaaaa by people with write access; that of `deploy[bot]` does not count: that is no person's account
    Get the reviews; only those by people with write access who are not the author count.
    ");
}

#[test]
fn one_person_asks_for_changes() {
    let mut facts = facts(|_| ());
    facts.objectors = vec!["bob".to_owned()];
    insta::assert_snapshot!(refused(&request(), &facts), @"
    [changes-requested] pull request #7 (dev → prod) is not merged: `bob` asks for changes
    Have `bob` approve it, or dismiss that review.
    ");
}

#[test]
fn a_push_at_an_unknown_time() {
    let mut facts = facts(|_| ());
    facts.labellings[0].void = Some(Void::PushUnlisted);
    insta::assert_snapshot!(refused(&request(), &facts), @"
    [label-before-push] pull request #7 (dev → prod) is not merged: GitHub does not say yet when aaaaaaa was pushed, so that the label `approval` may be older
    Look at that commit, then take `approval` off and put it again.
    ");
    facts.labellings[0].void = Some(Void::PushesUnsupported);
    assert!(refused(&request(), &facts).contains("GitHub does not say when aaaaaaa was pushed"));
}

#[test]
fn a_label_whose_entry_is_not_there_yet() {
    let mut facts = facts(|_| ());
    facts.labellings[0] = Labelling { is_listed: false, by: None, ..facts.labellings[0].clone() };
    insta::assert_snapshot!(refused(&request(), &facts), @"
    [labeller-unlisted] pull request #7 (dev → prod) is not merged: GitHub does not list yet who put the label `approval`
    Run again; if that does not help, take the label off and have it put again.
    ");
}

#[test]
fn a_label_for_another_base() {
    let mut facts = facts(|_| ());
    facts.labellings[0].void = Some(Void::Retargeted);
    let ignoring = Request { on_new_commits: OnNewCommits::Ignore, ..request() };
    insta::assert_snapshot!(refused(&ignoring, &facts), @"
    [label-before-base] pull request #7 (dev → prod) is not merged: the base became `prod` after the label `approval` was put
    Look at what `prod` would get, then take `approval` off and put it again.
    ");
}

#[test]
fn a_base_that_is_not_the_events() {
    let event = json!({
        "action": "labeled",
        "pull_request": { "number": 7, "head": { "sha": "a".repeat(40) }, "base": { "ref": "stage" } },
    });
    let request = Request { event: Event::read(&event).pop(), ..request() };
    insta::assert_snapshot!(refused(&request, &facts(|_| ())), @"
    [merge-base-changed] pull request #7 (dev → prod) is not merged: its base is `prod`, and this run is for `stage`
    Look at what the new base would get and approve it; that event starts a run.
    ");
}

#[test]
fn a_moved_head() {
    let facts = facts(|pull| pull["head"]["sha"] = "d".repeat(40).into());
    insta::assert_snapshot!(refused(&request(), &facts), @"
    [merge-head-moved] pull request #7 (dev → prod) is not merged: its head is ddddddd, and this run is for aaaaaaa
    Look at the new commits and approve them; their own event starts a run.
    ");
}

#[test]
fn a_fork() {
    let fork = facts(|pull| pull["head"]["repo"]["full_name"] = "mallory/day2-product".into());
    insta::assert_snapshot!(refused(&request(), &fork), @"
    [pull-request-from-fork] pull request #7 (dev → prod) is not merged: its head lies in `mallory/day2-product`, a fork
    Push the branch to the repository itself and open the pull request from there.
    ");
    let gone = facts(|pull| pull["head"]["repo"] = Value::Null);
    assert!(refused(&request(), &gone).contains("a fork that is gone"));
}

#[test]
fn a_conflict() {
    let facts = facts(|pull| pull["mergeable"] = false.into());
    insta::assert_snapshot!(refused(&request(), &facts), @"
    [merge-conflict] pull request #7 (dev → prod) is not merged: it conflicts with `prod`
    Merge `prod` into `dev`, solve the conflict, and push.
    ");
}

#[test]
fn squash_between_branches_that_live_on() {
    let mut request = request();
    request.method.default = Method::Squash;
    insta::assert_snapshot!(refused(&request, &facts(|_| ())), @"
    [method-unsafe] pull request #7 (dev → prod) is not merged: `squash` would give `prod` other commits than `dev`, which lives on, since it is the default branch: neither could be fast-forwarded to the other ever again
    Set `method: merge` or `method: fast-forward` for this base.
    ");
    request.head = globs(&["feature/*"]);
    request.base = globs(&["dev"]);
    let feature = facts(|pull| {
        pull["head"]["ref"] = "feature/a".into();
        pull["base"]["ref"] = "dev".into();
    });
    assert!(matches!(plan(&request, &feature), Plan::Merge { method: Method::Squash, .. }));
    let based = Facts { lives_on: Some("is the base of #8".to_owned()), ..feature.clone() };
    assert!(refused(&request, &based).contains("since it is the base of #8"));
    request.base = globs(&["dev", "feature/a"]);
    assert!(refused(&request, &feature).contains("since it is named by an input"));
    request.base = globs(&["dev"]);
    request.method.by_base = vec![(glob("feature/a").unwrap(), Method::Merge)];
    assert!(refused(&request, &feature).contains("since it is named by an input"));
}

#[test]
fn approvals_of_the_head_by_people_who_may() {
    let mut request = request();
    request.labels = Labels::default();
    request.required_approvals = 2;
    request.review_on_head = true;
    let mut facts = facts(|_| ());
    facts.labellings.clear();
    facts.approvals = vec![
        approval("maria", Access::Maintain, 'a'),
        approval("mallory", Access::Triage, 'a'),
        approval("alice", Access::Write, 'a'),
        approval("bob", Access::Write, 'e'),
        Approval { base_changed: true, ..approval("carol", Access::Write, 'a') },
    ];
    insta::assert_snapshot!(refused(&request, &facts), @"
    [approvals-missing] pull request #7 (dev → prod) is not merged: it has 1 of 2 approvals of aaaaaaa by people with write access; that of `mallory` does not count: that person has triage access; that of `alice` does not count: it is the author's own; that of `bob` does not count: it is of eeeeeee; that of `carol` does not count: the base became `prod` since
    Get the reviews; only those by people with write access who are not the author count.
    ");
    request.review_on_head = false;
    assert!(refused(&request, &facts).contains("that of `bob` does not count: it is of eeeeeee"));
    request.on_new_commits = OnNewCommits::Ignore;
    assert!(matches!(plan(&request, &facts), Plan::Merge { .. }));
    assert_eq!(approver(&request, &facts).as_deref(), Some("maria"));
}

#[test]
fn all_rules_that_do_not_hold_are_listed() {
    let facts = facts(|pull| {
        pull["draft"] = true.into();
        pull["state"] = "closed".into();
        pull["head"]["ref"] = "fix".into();
        pull["base"]["ref"] = "main".into();
        pull["labels"] = json!([{ "name": "approval" }, { "name": "WIP" }]);
    });
    insta::assert_snapshot!(refused(&request(), &facts), @"
    [merge-refused] pull request #7 (fix → main) is not merged: 5 rules do not hold
    pull-request-closed: it is closed. Reopen it, or open another one.
    pull-request-draft: it is a draft. Mark it as ready for review.
    base-not-allowed: its base `main` matches none of `prod`. Change the pull request's base, or the input `base`.
    head-not-allowed: its head `fix` matches none of `dev`. Rename the branch, or change the input `head`.
    label-blocking: the label `WIP` forbids it. Take the label off when its reason is gone.
    See each rule that is listed.
    ");
}

mod merged;
