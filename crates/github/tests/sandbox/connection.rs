//! Whose connection it is, what it notes down, and where a server's interfaces are.

use github::{Endpoints, GitHub, issues, pulls, teams, viewer};
use model::Secret;
use sandbox::{
    faults::{Effect, Fault},
    github::TokenSpec,
};

use crate::world::{Place, REPO, deadline, main_branch, repository};

#[tokio::test]
async fn a_token_knows_whose_it_is() {
    let place = Place::new().await;
    for login in ["github-actions[bot]", "deploy[bot]", "alice"] {
        assert_eq!(viewer(&place.of(login, &[])).await.unwrap(), login);
    }
}

#[tokio::test]
async fn every_request_is_noted_with_its_answer_those_of_clones_too() {
    let place = Place::new().await;
    let github = place.of("github-actions[bot]", &[("contents", "read")]);
    assert!(github.calls().is_empty());
    let faults = &place.sandbox.world().faults;
    faults.add(Fault::once(
        "github",
        "GET",
        "/branches/main",
        Effect::Reply { status: 502, body: String::new(), content_type: String::new(), headers: Vec::new() },
    ));
    faults.add(Fault::once("github", "GET", "/branches/main", Effect::Drop));
    github::branches::get(&github.clone(), &repository(), &main_branch()).await.unwrap().unwrap();
    viewer(&github).await.unwrap();
    let calls = github.calls();
    let shown: Vec<String> = calls.iter().map(|one| format!("{} {:?}", one.call, one.status)).collect();
    let branch = format!("GET /repos/{REPO}/branches/main");
    let wanted = [
        format!("{branch} Some(502)"),
        format!("{branch} None"),
        format!("{branch} Some(200)"),
        "POST /graphql (query Viewer) Some(200)".to_owned(),
    ];
    assert_eq!(shown, wanted);
    assert!(calls.iter().all(|one| !one.took.is_zero()));
    // One after the other: each begins when the one before has ended.
    assert!(calls.windows(2).all(|two| two[0].begin + two[0].took <= two[1].begin), "{calls:?}");
}

#[tokio::test]
async fn a_request_that_nobody_waits_for_any_longer_is_noted_too() {
    let place = Place::new().await;
    let github = place.of("github-actions[bot]", &[("contents", "read")]);
    let (repository, main) = (repository(), main_branch());
    tokio::select! {
        biased;
        read = github::branches::get(&github, &repository, &main) => panic!("{read:?}"),
        () = tokio::task::yield_now() => {}
    }
    let [call] = &github.calls()[..] else { panic!("{:?}", github.calls()) };
    assert_eq!(call.status, None);
}

#[tokio::test]
async fn an_enterprise_server_is_read_written_and_queried_below_its_prefixes() {
    let place = Place::new().await;
    place.state().commit_files(REPO, "next", "alice", "Change", &[("app.py", b"2\n")]).await.unwrap();
    let number = place.state().open_pull(REPO, "next", "main", "alice", "Change").await.unwrap();
    let url = &place.sandbox.world().urls.github;
    let endpoints = Endpoints { api: format!("{url}/api/v3"), graphql: format!("{url}/api/graphql") };
    let spec = TokenSpec::new("github-actions[bot]", &[("pull-requests", "write")]);
    let token = Secret::new(place.state().token(spec));
    let github = GitHub::new(endpoints, &token, deadline()).unwrap();
    assert_eq!(pulls::get(&github, &repository(), number).await.unwrap().number, number);
    issues::add_labels(&github, &repository(), number, &["approval"]).await.unwrap();
    assert_eq!(place.state().pull(REPO, number).unwrap().labels, ["approval"]);
    assert_eq!(viewer(&github).await.unwrap(), "github-actions[bot]");
}

#[tokio::test]
async fn only_who_is_active_is_in_a_team() {
    let place = Place::new().await;
    for (login, active) in [("maria", true), ("eve", false)] {
        place.state().add_team_member("org", "release", login, active);
    }
    let github = place.of("deploy[bot]", &[("members", "read")]);
    for (team, login, is_member) in [
        ("release", "maria", true),
        ("release", "eve", false),
        ("release", "alice", false),
        ("no", "maria", false),
    ] {
        assert_eq!(teams::is_member(&github, "org", team, login).await.unwrap(), is_member, "{team} {login}");
    }
    let workflow = place.of("github-actions[bot]", &[("contents", "write")]);
    let denied = teams::is_member(&workflow, "org", "release", "maria").await.unwrap_err();
    let failure = denied.into_failure("find out who is in org/release");
    assert_eq!(failure.code.id, "permission-denied");
    assert!(failure.remedy.contains("no `permissions:` key gives to `GITHUB_TOKEN`"), "{}", failure.remedy);
}
