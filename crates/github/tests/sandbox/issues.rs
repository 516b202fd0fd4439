//! What is hung on a pull request, and its title.

use github::{issues, pulls};

use crate::world::{Place, REPO, repository};

#[tokio::test]
async fn labels_comments_and_titles_are_what_was_sent() {
    let place = Place::new().await;
    place.state().commit_files(REPO, "next", "alice", "Change", &[("app.py", b"2\n")]).await.unwrap();
    let number = place.state().open_pull(REPO, "next", "main", "alice", "Change").await.unwrap();
    let github = place.of("github-actions[bot]", &[("pull-requests", "write"), ("contents", "read")]);
    let repository = repository();
    issues::add_labels(&github, &repository, number, &["approval", "needs review"]).await.unwrap();
    issues::remove_label(&github, &repository, number, "needs review").await.unwrap();
    // It is gone already.
    issues::remove_label(&github, &repository, number, "needs review").await.unwrap();
    issues::comment(&github, &repository, number, "Merged at noon.").await.unwrap();
    let updated = pulls::update(&github, &repository, number, Some("Better"), Some("Why.")).await.unwrap();
    assert_eq!(updated.number, number);
    let pull = place.state().pull(REPO, number).unwrap();
    assert_eq!(pull.title, "Better");
    assert_eq!(pull.labels, ["approval"]);
    assert_eq!(pull.comments, ["Merged at noon."]);
    let timeline = issues::timeline(&github, &repository, number).await.unwrap();
    assert!(timeline.len() >= 5, "{timeline:?}");
    assert_eq!(pulls::messages(&github, &repository, number).await.unwrap(), ["Change"]);
}
