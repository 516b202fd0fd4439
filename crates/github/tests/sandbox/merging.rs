//! Merges and what may come before them: a newer base, a queue, GitHub's own auto-merge.

use github::{
    GitHub,
    auto_merge::{self, EnableError},
    issues,
    merge::{self, MergeError, MergeRequest, Refusal},
    pulls::{self, UpdateBranchError},
    queue,
};
use model::CommitSha;
use sandbox::github::BranchRules;

use crate::world::{FILE, Place, REPO, repository};

const WRITE: &[(&str, &str)] = &[("contents", "write"), ("pull-requests", "write")];

/// A pull request from `next` into `main`: its number, its head, and a connection that may merge it.
async fn opened() -> (Place, u64, CommitSha, GitHub) {
    let place = Place::new().await;
    place.state().commit_files(REPO, "next", "alice", "Change", &[("app.py", b"2\n")]).await.unwrap();
    let number = place.state().open_pull(REPO, "next", "main", "alice", "Change").await.unwrap();
    let (head, github) = (place.tip("next").await, place.of("github-actions[bot]", WRITE));
    (place, number, head, github)
}

async fn put(github: &GitHub, number: u64, head: &CommitSha) -> Result<CommitSha, MergeError> {
    let request = MergeRequest { sha: head, method: "merge", title: None, body: None };
    merge::pull_request(github, &repository(), number, &request).await
}

#[tokio::test]
async fn a_head_gets_the_base_only_if_it_is_the_one_that_was_seen() {
    let (place, number, head, github) = opened().await;
    let update = async |head: &CommitSha| pulls::update_branch(&github, &repository(), number, head).await;
    assert!(matches!(update(&head).await, Err(UpdateBranchError::UpToDate)));
    place.state().commit_files(REPO, "main", "alice", "m", &[("m", b"m")]).await.unwrap();
    let other = place.tip("main").await;
    assert!(matches!(update(&other).await, Err(UpdateBranchError::HeadMoved)));
    assert_eq!(place.tip("next").await, head);
    update(&head).await.unwrap();
    let updated = place.tip("next").await;
    assert_ne!(updated, head);
    assert!(place.state().contains(REPO, updated.as_str(), other.as_str()).await);
    place.state().commit_files(REPO, "main", "alice", "c", &[("app.py", b"3\n")]).await.unwrap();
    assert!(matches!(update(&updated).await, Err(UpdateBranchError::Conflict)));
}

#[tokio::test]
async fn what_it_was_merged_as_is_in_the_timeline_whatever_the_version() {
    for next_version in [false, true] {
        let (place, number, head, github) = opened().await;
        place.state().answer_as_next_version(next_version);
        let timeline = issues::timeline(&github, &repository(), number).await.unwrap();
        assert_eq!(issues::merged_as(&timeline), None);
        let made = put(&github, number, &head).await.unwrap();
        let timeline = issues::timeline(&github, &repository(), number).await.unwrap();
        assert_eq!(issues::merged_as(&timeline), Some(&made));
        let pull = pulls::get(&github, &repository(), number).await.unwrap();
        assert!(pull.merged && !pull.node_id.is_empty());
    }
}

#[tokio::test]
async fn a_queue_takes_the_head_that_was_seen_and_no_other() {
    let (place, number, head, github) = opened().await;
    place.state().add_rules(REPO, BranchRules::merge_queue("main"));
    let refused = put(&github, number, &head).await.unwrap_err();
    assert!(matches!(refused, MergeError::Refused(Refusal::QueueRequired, _)), "{refused}");
    let id = pulls::get(&github, &repository(), number).await.unwrap().node_id;
    let other = place.tip("main").await;
    queue::enqueue(&github, &id, &other).await.unwrap_err();
    assert!(!place.state().pull(REPO, number).unwrap().queued);
    let entry = queue::enqueue(&github, &id, &head).await.unwrap();
    assert_eq!(entry.position, Some(1));
    assert!(entry.url.unwrap().ends_with("/queue/main"));
    let refused = put(&github, number, &head).await.unwrap_err();
    assert!(matches!(refused, MergeError::Refused(Refusal::Queued, _)), "{refused}");
    assert_eq!(place.state().step_merge_queue(REPO, "main").await.unwrap(), Some(number));
    assert!(place.state().contains(REPO, "main", head.as_str()).await);
}

#[tokio::test]
async fn auto_merge_is_turned_on_where_there_is_something_to_wait_for() {
    let (place, number, head, github) = opened().await;
    let id = pulls::get(&github, &repository(), number).await.unwrap().node_id;
    let enable = async |head: &CommitSha| {
        auto_merge::enable(&github, &id, "squash", head, Some("Title"), Some("Body")).await
    };
    assert!(matches!(enable(&head).await, Err(EnableError::NotAllowed)));
    place.state().allow_auto_merge(REPO, true);
    assert!(matches!(enable(&head).await, Err(EnableError::CleanStatus)));
    let rules =
        BranchRules { pattern: "main".into(), required_checks: vec!["ci".into()], ..BranchRules::default() };
    place.state().add_rules(REPO, rules);
    let other = place.tip("main").await;
    assert!(matches!(enable(&other).await, Err(EnableError::HeadMoved)));
    assert_eq!(place.state().pull(REPO, number).unwrap().auto_merge, None);
    enable(&head).await.unwrap();
    assert_eq!(place.state().pull(REPO, number).unwrap().auto_merge.as_deref(), Some("squash"));
    place.state().set_status(REPO, head.as_str(), "ci", "success").await.unwrap();
    assert!(place.state().pull(REPO, number).unwrap().merged);
    assert_eq!(place.state().read_file(REPO, "main", FILE).await.unwrap(), b"tag: old\n");
}

#[tokio::test]
async fn neither_queue_nor_auto_merge_is_for_a_token_that_may_not_write() {
    let (place, number, head, github) = opened().await;
    let id = pulls::get(&github, &repository(), number).await.unwrap().node_id;
    let reader = place.of("github-actions[bot]", &[("contents", "read"), ("pull-requests", "read")]);
    let queued = queue::enqueue(&reader, &id, &head).await.unwrap_err().into_failure("enqueue");
    let Err(EnableError::Graphql(error)) = auto_merge::enable(&reader, &id, "merge", &head, None, None).await
    else {
        panic!()
    };
    for failure in [queued, error.into_failure("turn on auto-merge")] {
        assert_eq!(failure.code.id, "permission-denied");
        assert!(
            failure.remedy.contains("`contents: write` and `pull-requests: write`"),
            "{}",
            failure.remedy
        );
    }
}
