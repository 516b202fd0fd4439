//! Refs that move, vanish and race, heads that follow, and comparisons.

use serde_json::{Value, json};

use super::{Fixture, SLUG};

#[tokio::test]
async fn a_ref_moves_forward_only_unless_forced() {
    let fixture = Fixture::new().await;
    let (old, new) = (fixture.sha("dev").await, fixture.commit("main", "new.py", "x").await);
    assert_eq!(fixture.get("git/ref/heads/dev").await["object"]["sha"], old);
    let (status, body) = fixture.call("PATCH", "git/refs/heads/dev", json!({ "sha": new })).await;
    assert_eq!((status, body["object"]["sha"].as_str().unwrap()), (200, new.as_str()));
    let (status, body) =
        fixture.call("PATCH", "git/refs/heads/dev", json!({ "sha": old, "force": false })).await;
    assert_eq!((status, body["message"].as_str().unwrap()), (422, "Update is not a fast forward"));
    let (status, _) = fixture.call("PATCH", "git/refs/heads/dev", json!({ "sha": old, "force": true })).await;
    assert_eq!(status, 200);
    assert_eq!(fixture.sha("dev").await, old);
}

#[tokio::test]
async fn a_string_for_force_is_refused() {
    let fixture = Fixture::new().await;
    let body = json!({ "sha": fixture.sha("main").await, "force": "false" });
    let (status, body) = fixture.call("PATCH", "git/refs/heads/dev", body).await;
    assert_eq!(status, 422);
    assert_eq!(body["message"], "Invalid request.\n\nFor 'properties/force', \"false\" is not a boolean.");
}

#[tokio::test]
async fn objects_and_refs_that_are_not_there() {
    let fixture = Fixture::new().await;
    let unknown = "1".repeat(40);
    let (status, body) = fixture.call("PATCH", "git/refs/heads/dev", json!({ "sha": unknown })).await;
    assert_eq!((status, body["message"].as_str().unwrap()), (422, "Object does not exist"));
    let sha = fixture.sha("dev").await;
    let (status, body) = fixture.call("PATCH", "git/refs/heads/nope", json!({ "sha": sha })).await;
    assert_eq!((status, body["message"].as_str().unwrap()), (422, "Reference does not exist"));
    assert_eq!(fixture.call("GET", "git/ref/heads/nope", Value::Null).await.0, 404);
    let (status, body) = fixture.call("PATCH", "git/refs/heads/dev", json!({})).await;
    assert_eq!(
        (status, body["message"].as_str().unwrap()),
        (422, "Invalid request.\n\n\"sha\" wasn't supplied.")
    );
}

#[tokio::test]
async fn refs_are_created_once_and_removed_once() {
    let fixture = Fixture::new().await;
    let body = json!({ "ref": "refs/heads/sync/prod-to-dev", "sha": fixture.sha("prod").await });
    assert_eq!(fixture.call("POST", "git/refs", body.clone()).await.0, 201);
    let (status, reply) = fixture.call("POST", "git/refs", body).await;
    assert_eq!((status, reply["message"].as_str().unwrap()), (422, "Reference already exists"));
    let found = fixture.get("git/matching-refs/heads/sync").await;
    assert_eq!(found[0]["ref"], "refs/heads/sync/prod-to-dev");
    let path = "git/refs/heads/sync/prod-to-dev";
    assert_eq!(fixture.call("DELETE", path, Value::Null).await.0, 204);
    let (status, reply) = fixture.call("DELETE", path, Value::Null).await;
    assert_eq!((status, reply["message"].as_str().unwrap()), (422, "Reference does not exist"));
}

#[tokio::test]
async fn a_lost_race_is_no_fast_forward() {
    let fixture = Fixture::new().await;
    let new = fixture.commit("main", "new.py", "x").await;
    fixture.github().commit_before_next_update(SLUG, "dev", "maria", "Race", &[("race.py", b"x")]);
    let (status, body) = fixture.call("PATCH", "git/refs/heads/dev", json!({ "sha": new })).await;
    assert_eq!((status, body["message"].as_str().unwrap()), (422, "Update is not a fast forward"));
}

#[tokio::test]
async fn the_head_follows_its_branch_and_vanishes_with_it() {
    let fixture = Fixture::new().await;
    let before = fixture.sha("feature/hello").await;
    let after = fixture.commit("feature/hello", "two.py", "x").await;
    let event =
        fixture.github().events(SLUG).into_iter().rfind(|event| event.action == "synchronize").unwrap();
    assert_eq!((&event.payload["before"], &event.payload["after"]), (&json!(before), &json!(after)));
    assert_eq!(event.payload["pull_request"]["head"]["sha"], after);
    assert_eq!(fixture.get("git/ref/pull/1/head").await["object"]["sha"], after);
    fixture.call("DELETE", "git/refs/heads/feature/hello", Value::Null).await;
    let pull = fixture.github().pull(SLUG, 1).unwrap();
    assert!(!pull.open && !pull.merged);
}

#[tokio::test]
async fn comparisons_tell_the_four_cases() {
    let fixture = Fixture::new().await;
    let status = |pair: &'static str| {
        let fixture = &fixture;
        async move { fixture.get(&format!("compare/{pair}")).await }
    };
    assert_eq!(status("dev...main").await["status"], "identical");
    let ahead = status("dev...feature/hello").await;
    assert_eq!(
        (&ahead["status"], &ahead["ahead_by"], &ahead["behind_by"]),
        (&json!("ahead"), &json!(1), &json!(0))
    );
    assert_eq!(ahead["files"][0]["filename"], "hello.py");
    assert_eq!(ahead["files"][0]["status"], "added");
    assert_eq!(ahead["commits"][0]["commit"]["message"], "Say hello");
    assert_eq!(status("feature/hello...dev").await["status"], "behind");
    fixture.commit("dev", "x.py", "x").await;
    let diverged = status("dev...feature/hello").await;
    assert_eq!((&diverged["status"], &diverged["behind_by"]), (&json!("diverged"), &json!(1)));
    assert_eq!(diverged["merge_base_commit"]["sha"], fixture.sha("main").await);
    assert_eq!(diverged["base_commit"]["sha"], fixture.sha("dev").await);
    assert_eq!(fixture.call("GET", "compare/dev...nope", Value::Null).await.0, 404);
}

#[tokio::test]
async fn a_comparison_has_its_files_on_the_first_page_only() {
    let fixture = Fixture::new().await;
    for n in 0..3 {
        fixture.commit("feature/hello", &format!("{n}.py"), "x").await;
    }
    let first = fixture.send("GET", "compare/dev...feature/hello?per_page=2", None).await;
    assert!(first.headers()["link"].to_str().unwrap().contains("rel=\"next\""));
    let first: Value = first.json().await.unwrap();
    assert_eq!((first["commits"].as_array().unwrap().len(), first["total_commits"].as_u64()), (2, Some(4)));
    assert_eq!(first["files"].as_array().unwrap().len(), 4);
    let second = fixture.get("compare/dev...feature/hello?per_page=2&page=2").await;
    assert_eq!(
        (second["commits"].as_array().unwrap().len(), second["files"].as_array().unwrap().len()),
        (2, 0)
    );
}
