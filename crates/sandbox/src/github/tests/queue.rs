//! Merge queues.

use serde_json::{Value, json};

use super::{Fixture, SLUG};
use crate::github::BranchRules;

const ENQUEUE: &str = "mutation Enqueue($input: EnqueuePullRequestInput!) {
  enqueuePullRequest(input: $input) { mergeQueueEntry { position state mergeQueue { url } } }
}";

async fn enqueue(fixture: &Fixture, number: u64, head: &str) -> Value {
    let id = fixture.get(&format!("pulls/{number}")).await["node_id"].clone();
    let input = json!({ "pullRequestId": id, "expectedHeadOid": head });
    fixture.graphql(ENQUEUE, json!({ "input": input })).await
}

#[tokio::test]
async fn a_queue_is_the_only_way_and_merges_in_order() {
    let fixture = Fixture::new().await;
    let github = fixture.github();
    github.add_rules(SLUG, BranchRules::merge_queue("dev"));
    fixture.commit("feature/two", "two.py", "2").await;
    let second = github.open_pull(SLUG, "feature/two", "dev", "alice", "Two").await.unwrap();
    let (status, body) = fixture.call("PUT", "pulls/1/merge", json!({})).await;
    let text = "Repository rule violations found\n\nChanges must be made through the merge queue\n\n";
    assert_eq!((status, body["message"].as_str()), (405, Some(text)));
    let kinds = fixture.get("rules/branches/dev").await;
    assert!(kinds.as_array().unwrap().iter().any(|rule| rule["type"] == "merge_queue"));
    for (number, branch, position) in [(1, "feature/hello", 1), (second, "feature/two", 2)] {
        let reply = enqueue(&fixture, number, &fixture.sha(branch).await).await;
        let entry = &reply["data"]["enqueuePullRequest"]["mergeQueueEntry"];
        assert_eq!(entry["position"], position, "{reply}");
        assert!(github.pull(SLUG, number).unwrap().queued);
    }
    let (status, body) = fixture.call("PUT", "pulls/1/merge", json!({})).await;
    assert_eq!((status, body["message"].as_str()), (405, Some("Pull Request is in the merge queue")));
    assert_eq!(github.step_merge_queue(SLUG, "dev").await.unwrap(), Some(1));
    assert_eq!(github.step_merge_queue(SLUG, "dev").await.unwrap(), Some(second));
    assert_eq!(github.step_merge_queue(SLUG, "dev").await.unwrap(), None);
    let pull = github.pull(SLUG, 1).unwrap();
    assert_eq!((pull.merged, pull.queued), (true, false));
    let timeline = fixture.get("issues/1/timeline").await;
    let events: Vec<&str> =
        timeline.as_array().unwrap().iter().filter_map(|event| event["event"].as_str()).collect();
    assert!(events.contains(&"added_to_merge_queue") && events.contains(&"merged"), "{events:?}");
}

#[tokio::test]
async fn another_head_is_not_enqueued_and_a_push_takes_it_out() {
    let fixture = Fixture::new().await;
    let github = fixture.github();
    github.add_rules(SLUG, BranchRules::merge_queue("dev"));
    let refused = enqueue(&fixture, 1, &fixture.sha("dev").await).await;
    assert!(refused["errors"][0]["message"].as_str().unwrap().starts_with("Expected head oid"));
    let reply = enqueue(&fixture, 1, &fixture.sha("feature/hello").await).await;
    assert!(reply.get("errors").is_none(), "{reply}");
    fixture.commit("feature/hello", "evil.py", "x").await;
    assert!(!github.pull(SLUG, 1).unwrap().queued);
    assert_eq!(github.step_merge_queue(SLUG, "dev").await.unwrap(), None);
    let event = github.events(SLUG).into_iter().find(|event| event.action == "dequeued").unwrap();
    assert!(event.payload["reason"].is_string());
}

#[tokio::test]
async fn unmet_rules_keep_a_pull_request_out() {
    let fixture = Fixture::new().await;
    let rules = BranchRules { required_checks: vec!["ci".into()], ..BranchRules::merge_queue("dev") };
    fixture.github().add_rules(SLUG, rules);
    let refused = enqueue(&fixture, 1, &fixture.sha("feature/hello").await).await;
    let text = "Pull request Required status check \"ci\" is expected.";
    assert_eq!(refused["errors"][0]["message"], text);
}
