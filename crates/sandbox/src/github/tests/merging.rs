//! Merges of every kind, their conflicts and their races.

use serde_json::{Value, json};

use super::{Fixture, SLUG};

#[tokio::test]
async fn a_merge_makes_a_commit_with_two_parents() {
    let fixture = Fixture::new().await;
    let (base, head) = (fixture.sha("dev").await, fixture.sha("feature/hello").await);
    let (status, body) = fixture.call("PUT", "pulls/1/merge", json!({ "sha": head })).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["merged"], true);
    let sha = body["sha"].as_str().unwrap();
    assert_eq!(fixture.sha("dev").await, sha);
    assert_eq!(fixture.github().parents(SLUG, sha).await.unwrap(), [base, head]);
    let commit = fixture.get(&format!("commits/{sha}")).await;
    assert_eq!(commit["commit"]["message"], "Merge pull request #1 from org/feature/hello\n\nSay hello");
    assert_eq!(commit["commit"]["committer"]["name"], "GitHub");
    assert_eq!(commit["commit"]["verification"]["verified"], true);
    assert_eq!(commit["author"]["login"], "github-actions[bot]");
    let pull = fixture.get("pulls/1").await;
    assert_eq!((pull["merged"].clone(), pull["state"].clone()), (json!(true), json!("closed")));
    assert_eq!(pull["merge_commit_sha"], sha);
    assert_eq!(fixture.github().read_file(SLUG, "dev", "hello.py").await.unwrap(), b"hello\n");
}

#[tokio::test]
async fn a_moved_head_is_409_and_a_merged_pull_405() {
    let fixture = Fixture::new().await;
    let old = fixture.sha("feature/hello").await;
    fixture.commit("feature/hello", "evil.py", "x").await;
    let (status, body) = fixture.call("PUT", "pulls/1/merge", json!({ "sha": old })).await;
    assert_eq!(status, 409);
    assert_eq!(body["message"], "Head branch was modified. Review and try the merge again.");
    assert_eq!(fixture.call("PUT", "pulls/1/merge", json!({})).await.0, 200);
    let (status, body) = fixture.call("PUT", "pulls/1/merge", json!({})).await;
    assert_eq!((status, body["message"].as_str().unwrap()), (405, "Pull Request is not mergeable"));
}

#[tokio::test]
async fn a_conflict_is_405_and_dirty() {
    let fixture = Fixture::new().await;
    fixture.commit("dev", "hello.py", "other\n").await;
    let (status, body) = fixture.call("PUT", "pulls/1/merge", Value::Null).await;
    assert_eq!((status, body["message"].as_str().unwrap()), (405, "Pull Request is not mergeable"));
    fixture.get("pulls/1").await;
    let pull = fixture.get("pulls/1").await;
    assert_eq!((pull["mergeable"].clone(), pull["mergeable_state"].clone()), (json!(false), json!("dirty")));
}

#[tokio::test]
async fn mergeability_is_computed_after_the_first_read() {
    let fixture = Fixture::new().await;
    let first = fixture.get("pulls/1").await;
    assert_eq!(
        (first["mergeable"].clone(), first["mergeable_state"].clone()),
        (Value::Null, json!("unknown"))
    );
    assert_eq!(first["changed_files"], 1);
    let second = fixture.get("pulls/1").await;
    assert_eq!(
        (second["mergeable"].clone(), second["mergeable_state"].clone()),
        (json!(true), json!("clean"))
    );
    assert!(second["merge_commit_sha"].is_string());
    fixture.commit("dev", "other.py", "x").await;
    assert_eq!(fixture.get("pulls/1").await["mergeable"], Value::Null);
    fixture.github().set_unknown_reads(SLUG, 0);
    fixture.commit("dev", "other.py", "y").await;
    assert_eq!(fixture.get("pulls/1").await["mergeable"], true);
}

#[tokio::test]
async fn a_base_that_moves_meanwhile_is_405_and_then_merges() {
    let fixture = Fixture::new().await;
    fixture.github().commit_before_next_update(SLUG, "dev", "maria", "Race", &[("race.py", b"x")]);
    let (status, body) = fixture.call("PUT", "pulls/1/merge", json!({})).await;
    let text = "Base branch was modified. Review and try the merge again.";
    assert_eq!((status, body["message"].as_str().unwrap()), (405, text));
    assert!(!fixture.github().pull(SLUG, 1).unwrap().merged);
    assert_eq!(fixture.call("PUT", "pulls/1/merge", json!({})).await.0, 200);
    assert!(fixture.github().read_file(SLUG, "dev", "race.py").await.is_some());
}

#[tokio::test]
async fn a_squash_has_one_parent_and_the_number_in_its_title() {
    let fixture = Fixture::new().await;
    let base = fixture.sha("dev").await;
    fixture.commit("feature/hello", "two.py", "x").await;
    let (status, body) = fixture.call("PUT", "pulls/1/merge", json!({ "merge_method": "squash" })).await;
    assert_eq!(status, 200, "{body}");
    let sha = body["sha"].as_str().unwrap();
    assert_eq!(fixture.github().parents(SLUG, sha).await.unwrap(), [base]);
    let message = fixture.get(&format!("commits/{sha}")).await["commit"]["message"].clone();
    assert_eq!(message, "Say hello (#1)\n\n* Say hello\n\n* change");
}

#[tokio::test]
async fn a_rebase_replays_the_commits() {
    let fixture = Fixture::new().await;
    fixture.commit("feature/hello", "two.py", "x").await;
    let base = fixture.commit("dev", "app.py", "print(2)\n").await;
    let (status, body) = fixture.call("PUT", "pulls/1/merge", json!({ "merge_method": "rebase" })).await;
    assert_eq!(status, 200, "{body}");
    let commits = fixture.get("commits?sha=dev&per_page=3").await;
    let messages: Vec<&str> =
        commits.as_array().unwrap().iter().map(|one| one["commit"]["message"].as_str().unwrap()).collect();
    assert_eq!(messages, ["change", "Say hello", "change"]);
    assert_eq!(commits[2]["sha"], base);
    assert_eq!(commits[1]["commit"]["author"]["name"], "alice");
}

#[tokio::test]
async fn methods_that_are_off_say_so() {
    let fixture = Fixture::new().await;
    fixture.github().allow_merge_method(SLUG, "merge", false);
    let (status, body) = fixture.call("PUT", "pulls/1/merge", json!({})).await;
    let text = "Merge commits are not allowed on this repository.";
    assert_eq!((status, body["message"].as_str().unwrap()), (405, text));
    let (status, _) = fixture.call("PUT", "pulls/1/merge", json!({ "merge_method": "octopus" })).await;
    assert_eq!(status, 422);
}

#[tokio::test]
async fn a_head_that_becomes_reachable_is_merged_indirectly() {
    let fixture = Fixture::new().await;
    let head = fixture.sha("feature/hello").await;
    let body = json!({ "sha": head, "force": false });
    assert_eq!(fixture.call("PATCH", "git/refs/heads/dev", body).await.0, 200);
    let pull = fixture.github().pull(SLUG, 1).unwrap();
    assert!(pull.merged && !pull.open);
    assert_eq!(pull.merge_commit_sha.as_deref(), Some(head.as_str()));
    let closed = fixture.github().events(SLUG).into_iter().rfind(|event| event.action == "closed").unwrap();
    assert_eq!(closed.payload["pull_request"]["merged"], true);
    assert!(closed.starts_workflows, "the token of this fixture is not a run's");
}

#[tokio::test]
async fn update_branch_merges_the_base_into_the_head() {
    let fixture = Fixture::new().await;
    let base = fixture.commit("dev", "other.py", "x").await;
    let old = fixture.sha("feature/hello").await;
    let bad = json!({ "expected_head_sha": base });
    assert_eq!(fixture.call("PUT", "pulls/1/update-branch", bad).await.0, 422);
    let (status, _) = fixture.call("PUT", "pulls/1/update-branch", json!({ "expected_head_sha": old })).await;
    assert_eq!(status, 202);
    let head = fixture.sha("feature/hello").await;
    assert_eq!(fixture.github().parents(SLUG, &head).await.unwrap(), [old, base]);
    assert_eq!(fixture.github().pull(SLUG, 1).unwrap().head_sha, head);
    assert_eq!(fixture.call("PUT", "pulls/1/update-branch", json!({})).await.0, 422);
}

#[tokio::test]
async fn concurrent_merges_all_arrive() {
    let fixture = Fixture::new().await;
    for number in 2..=6 {
        let branch = format!("feature/{number}");
        fixture.github().create_branch(SLUG, &branch, "main").await.unwrap();
        fixture.commit(&branch, &format!("{number}.py"), "x").await;
        fixture.github().open_pull(SLUG, &branch, "dev", "alice", &branch).await.unwrap();
    }
    let merge = |number: u64| {
        let fixture = &fixture;
        async move { fixture.call("PUT", &format!("pulls/{number}/merge"), json!({})).await }
    };
    let replies = futures_util::future::join_all((1..=6).map(merge)).await;
    assert!(replies.iter().all(|(status, _)| *status == 200), "{replies:?}");
    for number in 2..=6 {
        assert!(fixture.github().read_file(SLUG, "dev", &format!("{number}.py")).await.is_some());
    }
}

#[tokio::test]
async fn merges_of_branches_answer_201_204_409_404() {
    let fixture = Fixture::new().await;
    let (dev, head) = (fixture.sha("dev").await, fixture.sha("feature/hello").await);
    let body = json!({ "base": "prod", "head": "feature/hello", "commit_message": "Back" });
    let (status, made) = fixture.call("POST", "merges", body.clone()).await;
    assert_eq!(status, 201, "{made}");
    assert_eq!(made["parents"][1]["sha"], head);
    assert_eq!(fixture.call("POST", "merges", body).await.0, 204);
    assert_eq!(fixture.call("POST", "merges", json!({ "base": "prod", "head": dev })).await.0, 204);
    fixture.commit("main", "hello.py", "conflict\n").await;
    let (status, body) = fixture.call("POST", "merges", json!({ "base": "prod", "head": "main" })).await;
    assert_eq!((status, body["message"].as_str().unwrap()), (409, "Merge conflict"));
    let (status, body) = fixture.call("POST", "merges", json!({ "base": "nope", "head": "main" })).await;
    assert_eq!((status, body["message"].as_str().unwrap()), (404, "Base does not exist"));
}
