//! The mutation `updateRefs`.

use serde_json::{Value, json};

use super::{Fixture, SLUG};
use crate::github::BranchRules;

const ZERO: &str = "0000000000000000000000000000000000000000";
const MUTATION: &str = "mutation M($i: UpdateRefsInput!) { updateRefs(input: $i) { clientMutationId } }";

async fn swap(fixture: &Fixture, updates: &[(&str, &str, &str, bool)]) -> Value {
    let reply = fixture
        .graphql(
            "query Q($o: String!, $n: String!) { repository(owner: $o, name: $n) { id } }",
            json!({ "o": "org", "n": "day2-product" }),
        )
        .await;
    let updates: Vec<Value> = updates
        .iter()
        .map(|(branch, from, to, force)| {
            json!({ "name": format!("refs/heads/{branch}"), "beforeOid": from, "afterOid": to, "force": force })
        })
        .collect();
    let input = json!({ "repositoryId": reply["data"]["repository"]["id"], "refUpdates": updates });
    fixture.graphql(MUTATION, json!({ "i": input })).await
}

fn said(reply: &Value) -> &str {
    reply["errors"][0]["message"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_branch_moves_only_from_where_it_is_thought_to_be() {
    let fixture = Fixture::new().await;
    let (dev, hello) = (fixture.sha("dev").await, fixture.sha("feature/hello").await);
    assert!(said(&swap(&fixture, &[("dev", &hello, &hello, true)]).await).contains("but expected"));
    assert_eq!(fixture.sha("dev").await, dev);
    assert_eq!(said(&swap(&fixture, &[("dev", &dev, &hello, false)]).await), "");
    assert_eq!(fixture.sha("dev").await, hello);
    let back = [("dev", hello.as_str(), dev.as_str(), false)];
    assert_eq!(said(&swap(&fixture, &back).await), "Update is not a fast forward");
    assert_eq!(said(&swap(&fixture, &[("dev", &hello, &dev, true)]).await), "");
    assert_eq!(fixture.sha("dev").await, dev);
}

#[tokio::test]
async fn all_refs_move_or_none_and_zeros_mean_none() {
    let fixture = Fixture::new().await;
    let (dev, hello) = (fixture.sha("dev").await, fixture.sha("feature/hello").await);
    let reply = swap(&fixture, &[("new", ZERO, &hello, false), ("dev", &hello, &hello, false)]).await;
    assert!(said(&reply).contains("but expected"));
    assert_eq!(fixture.github().branch_sha(SLUG, "new").await, None);
    let reply = swap(&fixture, &[("new", ZERO, &hello, false), ("main", &dev, ZERO, false)]).await;
    assert_eq!(said(&reply), "");
    assert_eq!(fixture.sha("new").await, hello);
    assert_eq!(fixture.github().branch_sha(SLUG, "main").await, None);
}

#[tokio::test]
async fn rules_hold_here_too() {
    let fixture = Fixture::new().await;
    let (dev, hello) = (fixture.sha("dev").await, fixture.sha("feature/hello").await);
    fixture.github().add_rules(SLUG, BranchRules::pull_requests_only("dev"));
    let reply = swap(&fixture, &[("dev", &dev, &hello, false)]).await;
    assert!(said(&reply).contains("Changes must be made through a pull request."), "{reply}");
    let workflow = fixture.commit("feature/hello", super::WORKFLOW, "on: pull_request\n").await;
    fixture.github().force_branch(SLUG, "feature/hello", "alice", Some(&hello)).await.unwrap();
    let reply = swap(&fixture, &[("main", &dev, &workflow, false)]).await;
    assert_eq!(reply["errors"][0]["type"], "FORBIDDEN");
    assert!(said(&reply).contains("without `workflows` permission"), "{reply}");
}
