//! What happened to branches, however it came to it.

use serde_json::{Value, json};

use super::{Fixture, SLUG};

const ZERO: &str = "0000000000000000000000000000000000000000";

fn kinds(list: &Value) -> Vec<(&str, &str)> {
    let text = |one: &'_ Value, name: &str| one[name].as_str().map(str::to_owned);
    let list = list.as_array().unwrap().iter();
    assert!(list.clone().all(|one| text(one, "timestamp").is_some_and(|time| time.ends_with('Z'))));
    list.map(|one| (one["activity_type"].as_str().unwrap(), one["actor"]["login"].as_str().unwrap()))
        .collect()
}

#[tokio::test]
async fn every_way_to_move_a_branch_is_listed_newest_first() {
    let fixture = Fixture::new().await;
    let start = fixture.sha("dev").await;
    let head = fixture.sha("feature/hello").await;
    assert_eq!(fixture.call("PUT", "pulls/1/merge", json!({})).await.0, 200);
    let merged = fixture.sha("dev").await;
    let pushed = fixture.commit("dev", "new.py", "x").await;
    let body = json!({ "sha": start, "force": true });
    assert_eq!(fixture.call("PATCH", "git/refs/heads/dev", body).await.0, 200);
    assert_eq!(fixture.call("DELETE", "git/refs/heads/dev", Value::Null).await.0, 204);
    let list = fixture.get("activity?ref=dev").await;
    let bot = "github-actions[bot]";
    let expected = [
        ("branch_deletion", bot),
        ("force_push", bot),
        ("push", "alice"),
        ("pr_merge", bot),
        ("branch_creation", "org"),
    ];
    assert_eq!(kinds(&list), expected);
    let moves: Vec<_> = list.as_array().unwrap().iter().map(|one| (&one["before"], &one["after"])).collect();
    let commits = [ZERO, &start, &pushed, &merged, &start, ZERO].map(|sha| json!(sha));
    let pairs: Vec<_> = commits.windows(2).map(|pair| (&pair[1], &pair[0])).collect();
    assert_eq!(moves, pairs);
    assert_eq!(fixture.get("activity?ref=refs/heads/dev&direction=asc").await[0]["after"], start);
    assert_eq!(kinds(&fixture.get("activity?activity_type=push&actor=alice&time_period=day").await).len(), 1);
    assert_eq!(fixture.get("activity?ref=feature/hello").await[0]["after"], head);
    assert_eq!(fixture.call("GET", "activity?time_period=hour", Value::Null).await.0, 422);
}

#[tokio::test]
async fn pages_are_found_by_cursors() {
    let fixture = Fixture::new().await;
    for text in ["1", "2"] {
        fixture.commit("dev", "new.py", text).await;
    }
    let all = fixture.get("activity?ref=dev").await;
    let mut path = "activity?ref=dev&per_page=1".to_owned();
    for (at, item) in all.as_array().unwrap().iter().enumerate() {
        let reply = fixture.send("GET", &path, None).await;
        let link = reply.headers().get("link").unwrap().to_str().unwrap().to_owned();
        assert_eq!(super::unpack(reply).await.1, json!([item]));
        assert_eq!(
            (link.contains("rel=\"prev\""), link.contains("rel=\"next\"")),
            (at > 0, at < 2),
            "{link}"
        );
        let url = link.split('>').next().unwrap().trim_start_matches('<');
        path = url.split_once(&format!("{SLUG}/")).unwrap().1.to_owned();
    }
    assert!(path.contains("before="), "{path}");
    assert_eq!(fixture.get(&path).await, json!([all[1]]));
}

#[tokio::test]
async fn a_commit_stands_in_the_timeline_at_its_own_date() {
    let fixture = Fixture::new().await;
    fixture.github().add_label(SLUG, 1, "approval", "maria");
    let directory = tempfile::tempdir().unwrap();
    let remote = fixture.remote(&fixture.token);
    let late = "alias.late=!GIT_COMMITTER_DATE=2001-01-01T00:00:00Z git commit -q --allow-empty -m late";
    for arguments in [
        &["clone", "-q", "-b", "feature/hello", &remote, "."][..],
        &["-c", late, "late"],
        &["push", "-q", "origin", "HEAD"],
    ] {
        let (ok, text) = fixture.git(directory.path(), arguments).await;
        assert!(ok, "{text}");
    }
    let timeline = fixture.get("issues/1/timeline").await;
    let names: Vec<&str> =
        timeline.as_array().unwrap().iter().map(|one| one["event"].as_str().unwrap()).collect();
    assert_eq!(names, ["committed", "committed", "labeled"]);
    let (tip, head) = (fixture.get("activity?ref=feature/hello").await, fixture.sha("feature/hello").await);
    assert_eq!((&tip[0]["after"], &timeline[0]["sha"]), (&json!(head), &json!(head)));
}
