//! What the checks, the branches and the rules say before a merge.

use github::{
    branches,
    checks::{self, Check, CheckState, Source},
    rules::{self, RequiredCheck},
};
use sandbox::github::BranchRules;

use crate::world::{Place, REPO, main_branch, repository};

const READ: &[(&str, &str)] = &[("contents", "read"), ("checks", "read"), ("statuses", "read")];

/// Reports a check run as a job of run 77 of a workflow does.
async fn report(place: &Place, name: &str, sha: &str, conclusion: Option<&str>) {
    place.state().set_check(REPO, sha, name, conclusion, 77).await.unwrap();
}

#[tokio::test]
async fn the_latest_of_each_check_run_and_status_counts() {
    let place = Place::new().await;
    let sha = place.tip("main").await;
    report(&place, "ci", sha.as_str(), Some("failure")).await;
    report(&place, "ci", sha.as_str(), Some("success")).await;
    report(&place, "lint", sha.as_str(), None).await;
    for state in ["pending", "error"] {
        place.state().set_status(REPO, sha.as_str(), "ci", state).await.unwrap();
    }
    // More than one page of each.
    for number in 0..101 {
        place.state().set_status(REPO, sha.as_str(), &format!("s{number}"), "success").await.unwrap();
    }
    let github = place.of("github-actions[bot]", READ);
    let found = checks::of_commit(&github, &repository(), &sha).await.unwrap();
    assert_eq!(found.len(), 2 + 102);
    let named = |name: &str| -> Vec<&Check> { found.iter().filter(|check| check.name == name).collect() };
    let [run, status] = named("ci")[..] else { panic!("{:?}", named("ci")) };
    assert_eq!(run.state, CheckState::Passed);
    let of_actions = Source::App { id: 15368, slug: "github-actions".to_owned(), run: Some(77) };
    assert_eq!(run.source, of_actions);
    assert!(run.url.as_ref().unwrap().contains("/actions/runs/77/job/"));
    assert_eq!((&status.source, &status.state), (&Source::Status, &CheckState::Failed("error".to_owned())));
    assert_eq!(named("lint")[0].state, CheckState::Pending);
    assert_eq!(named("s100")[0].state, CheckState::Passed);
}

#[tokio::test]
async fn each_half_of_the_checks_needs_its_permission() {
    let place = Place::new().await;
    let sha = place.tip("main").await;
    for (has, lacks) in [("checks", "`statuses: read`"), ("statuses", "`checks: read`")] {
        let github = place.of("github-actions[bot]", &[("contents", "read"), (has, "read")]);
        let error = checks::of_commit(&github, &repository(), &sha).await.unwrap_err();
        let failure = error.into_failure("read the checks");
        assert_eq!(failure.code.id, "permission-denied");
        assert!(failure.remedy.contains(lacks), "{}", failure.remedy);
    }
}

#[tokio::test]
async fn required_checks_are_read_from_rules_and_from_classic_protection() {
    let place = Place::new().await;
    let github = place.of("github-actions[bot]", READ);
    let (repository, main) = (repository(), main_branch());
    let bare = branches::get(&github, &repository, &main).await.unwrap().unwrap();
    assert_eq!((bare.protected, bare.required.len(), bare.sha), (false, 0, place.tip("main").await));
    let rule = |classic: bool, check: &str| BranchRules {
        pattern: "main".into(),
        required_checks: vec![check.into()],
        strict_checks: !classic,
        classic,
        ..BranchRules::default()
    };
    place.state().add_rules(REPO, rule(false, "ci"));
    place.state().add_rules(REPO, rule(true, "old"));
    let of_rules = rules::of_branch(&github, &repository, &main).await.unwrap();
    let check = |context: &str| RequiredCheck { context: context.to_owned(), app_id: None };
    assert_eq!(rules::required_checks(&of_rules), [check("ci")]);
    assert!(rules::demands_up_to_date(&of_rules));
    assert!(rules::has(&of_rules, "non_fast_forward") && !rules::has(&of_rules, "merge_queue"));
    let info = branches::get(&github, &repository, &main).await.unwrap().unwrap();
    assert!(info.protected && info.required.contains(&check("old")));
    assert!(branches::get(&github, &repository, &"no/such".parse().unwrap()).await.unwrap().is_none());
}

#[tokio::test]
async fn the_old_name_of_a_branch_is_another_branch() {
    let place = Place::new().await;
    place.state().create_branch(REPO, "feature/old", "main").await.unwrap();
    let github = place.of("github-actions[bot]", READ);
    let (repository, old) = (repository(), "feature/old".parse().unwrap());
    assert!(branches::get(&github, &repository, &old).await.unwrap().is_some());
    place.state().rename_branch(REPO, "feature/old", "feature/new", "alice").await.unwrap();
    let answered: Vec<_> = github.calls().iter().filter_map(|call| call.status).collect();
    assert_eq!(answered, [200]);
    assert!(branches::get(&github, &repository, &old).await.unwrap().is_none());
    let answered: Vec<_> = github.calls().iter().filter_map(|call| call.status).collect();
    assert_eq!(answered, [200, 301, 200], "GitHub leads on to the new name");
}
