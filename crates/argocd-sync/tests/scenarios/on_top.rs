//! Somebody pushes on top of the revision, before the action runs or while it does.

use sandbox::github::TokenSpec;

use crate::stage::{Action, NEW, NEWER, REPOSITORY, Shape, Stage};

const README: (&str, &[u8]) = ("README.md", b"another commit");

/// The action with a token that tells how commits lie to each other.
fn with_github(stage: &Stage, action: Action) -> Action {
    let world = stage.sandbox().world();
    let token = world.github.token(TokenSpec::new("github-actions[bot]", &[("contents", "read")]));
    action
        .input("github-token", "env:GITHUB")
        .env("GITHUB", &token)
        .env("GITHUB_API_URL", &world.urls.github)
        .env("GITHUB_SERVER_URL", &world.urls.github)
        .env("GITHUB_REPOSITORY", REPOSITORY)
}

#[tokio::test]
async fn a_commit_on_top_that_nobody_syncs_takes_nothing_away() {
    let stage = Stage::new().await;
    let revision = stage.release().await;
    stage.commit("On top", &[README]).await;
    let run = with_github(&stage, stage.action(&revision, NEW)).run().await;
    run.succeeded();
    assert_eq!(run.output("revision"), Some(revision.as_str()));
}

#[tokio::test]
async fn auto_sync_of_a_commit_on_top_counts_if_our_images_are_live() {
    let stage = Stage::with(Shape { auto_sync: true, ..Shape::default() }).await;
    let revision = stage.release().await;
    let later = stage.commit("On top", &[README]).await;
    let run = with_github(&stage, stage.action(&revision, NEW)).run().await;
    run.succeeded();
    assert_eq!(run.output("revision"), Some(later.as_str()));
}

#[tokio::test]
async fn auto_sync_of_a_commit_with_other_images_supersedes_ours() {
    let stage = Stage::with(Shape { auto_sync: true, ..Shape::default() }).await;
    let revision = stage.release().await;
    let later = stage.bump(NEWER).await;
    let run = with_github(&stage, stage.action(&revision, NEW)).run().await;
    assert_eq!(run.code(), "revision-superseded", "{}", run.written());
    assert!(run.failure().cause.contains(&later), "{}", run.failure());
}

#[tokio::test]
async fn without_a_token_a_later_commit_is_not_taken_for_ours() {
    let stage = Stage::with(Shape { auto_sync: true, ..Shape::default() }).await;
    let revision = stage.release().await;
    stage.commit("On top", &[README]).await;
    let run = stage.action(&revision, NEW).run().await;
    assert_eq!(run.code(), "revision-mismatch", "{}", run.written());
    assert!(run.failure().cause.contains("`github-token` is empty"), "{}", run.failure());
}
