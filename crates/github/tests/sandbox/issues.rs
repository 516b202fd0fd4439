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

#[tokio::test]
async fn a_comment_is_found_and_written_anew() {
    let place = Place::new().await;
    place.state().commit_files(REPO, "next", "alice", "Change", &[("app.py", b"2\n")]).await.unwrap();
    let number = place.state().open_pull(REPO, "next", "main", "alice", "Change").await.unwrap();
    let github = place.of("github-actions[bot]", &[("pull-requests", "write")]);
    let repository = repository();
    place.state().add_comment(REPO, number, "alice", "Please?");
    let own = issues::comment(&github, &repository, number, "Not yet.").await.unwrap();
    issues::update_comment(&github, &repository, own.id, "Merged.").await.unwrap();
    let comments = issues::comments(&github, &repository, number).await.unwrap();
    let shown: Vec<_> =
        comments.iter().map(|one| (one.user.as_ref().unwrap().login.as_str(), one.body.as_str())).collect();
    assert_eq!(shown, [("alice", "Please?"), ("github-actions[bot]", "Merged.")]);
    assert_eq!(comments[1].id, own.id);
}
