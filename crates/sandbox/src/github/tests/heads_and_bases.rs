//! Pull requests whose head is in a fork, whose base changes, or whose branches are renamed.

use serde_json::json;

use super::{Fixture, SLUG};

#[tokio::test]
async fn a_fork_s_branch_is_not_ours_of_the_same_name() {
    let fixture = Fixture::new().await;
    let github = fixture.github();
    let fork = github.fork(SLUG, "mallory").await.unwrap();
    assert_eq!(fork, "mallory/day2-product");
    let evil = github.commit_files(&fork, "dev", "mallory", "Evil", &[("evil.py", b"x")]).await.unwrap();
    let new = json!({ "head": "mallory:dev", "base": "prod", "title": "Promote" });
    let (status, pull) = fixture.call("POST", "pulls", new).await;
    assert_eq!(status, 201, "{pull}");
    let number = pull["number"].as_u64().unwrap();
    assert_eq!((pull["head"]["ref"].as_str(), pull["head"]["sha"].as_str()), (Some("dev"), Some(&*evil)));
    assert_eq!(pull["head"]["repo"]["full_name"], fork.as_str());
    assert_eq!(pull["head"]["repo"]["fork"], true);
    assert_eq!(pull["base"]["repo"]["full_name"], SLUG);
    // A push to our branch of that name moves nothing, one to the fork's does.
    fixture.commit("dev", "ours.py", "x").await;
    assert_eq!(github.pull(SLUG, number).unwrap().head_sha, evil);
    let worse = github.commit_files(&fork, "dev", "mallory", "Worse", &[("evil.py", b"y")]).await.unwrap();
    assert_eq!(github.pull(SLUG, number).unwrap().head_sha, worse);
    let ours = fixture.get("pulls?head=org:dev&base=prod").await;
    assert_eq!(ours, json!([]));
    assert_eq!(fixture.get("pulls?head=mallory:dev").await[0]["number"], number);
    assert_eq!(fixture.call("PUT", &format!("pulls/{number}/update-branch"), json!({})).await.0, 403);
}

#[tokio::test]
async fn a_new_base_is_told_everywhere() {
    let fixture = Fixture::new().await;
    let (status, pull) = fixture.call("PATCH", "pulls/1", json!({ "base": "prod" })).await;
    assert_eq!((status, pull["base"]["ref"].as_str()), (200, Some("prod")), "{pull}");
    let timeline = fixture.get("issues/1/timeline").await;
    assert!(timeline.as_array().unwrap().iter().any(|event| event["event"] == "base_ref_changed"));
    let events = fixture.github().events(SLUG);
    let edited = events.iter().rfind(|event| event.action == "edited").unwrap();
    assert_eq!(edited.payload["changes"]["base"]["ref"]["from"], "dev");
    assert_eq!(fixture.call("PATCH", "pulls/1", json!({ "base": "nope" })).await.0, 422);
}

#[tokio::test]
async fn a_renamed_base_is_followed_and_a_renamed_head_closes() {
    let fixture = Fixture::new().await;
    let github = fixture.github();
    github.rename_branch(SLUG, "dev", "develop", "maria").await.unwrap();
    let pull = github.pull(SLUG, 1).unwrap();
    assert_eq!((pull.open, pull.base_ref.as_str()), (true, "develop"));
    let reply = fixture.send("GET", "branches/dev", None).await;
    assert_eq!(reply.status(), 200, "the client follows");
    assert!(reply.url().path().ends_with("/branches/develop"), "{}", reply.url());
    github.rename_branch(SLUG, "feature/hello", "feature/bye", "alice").await.unwrap();
    let pull = github.pull(SLUG, 1).unwrap();
    assert_eq!((pull.open, pull.merged), (false, false));
}
