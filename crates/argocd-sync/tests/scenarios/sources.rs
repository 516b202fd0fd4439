//! Several sources: which of them a revision is for.

use crate::stage::{CHARTS, NEW, OLD, REPOSITORY, Shape, Sources, Stage};

async fn stage(sources: Sources) -> Stage {
    Stage::with(Shape { sources, ..Shape::default() }).await
}

#[tokio::test]
async fn a_revision_is_for_the_source_from_the_repository_that_is_named() {
    let stage = stage(Sources::OfTwoRepositories).await;
    let chart = stage.live().await.history[0][0].clone();
    let revision = stage.release().await;
    let action = stage.action(&revision, NEW).input("repository-url", &stage.url_of(REPOSITORY));
    let run = action.run().await;
    run.succeeded();
    assert_eq!(run.output("revision"), Some(revision.as_str()));
    let live = stage.live().await;
    assert_eq!(live.history.last(), Some(&vec![chart, revision]));
    assert!(live.serves_only(NEW), "{live:?}");
}

#[tokio::test]
async fn a_revision_is_for_the_sources_from_the_workflows_repository() {
    let stage = stage(Sources::OfOneRepository).await;
    let revision = stage.release().await;
    let github = &stage.sandbox().world().urls.github;
    stage.action(&revision, NEW).env("GITHUB_SERVER_URL", github).run().await.succeeded();
    let live = stage.live().await;
    assert_eq!(live.history.last(), Some(&vec![revision.clone(), revision]));
    assert!(live.serves_only(NEW), "{live:?}");
}

#[tokio::test]
async fn a_revision_of_none_of_the_sources_is_told() {
    let stage = stage(Sources::OfTwoRepositories).await;
    let revision = stage.release().await;
    let action = stage.action(&revision, NEW).input("repository-url", &stage.url_of("org/elsewhere"));
    let run = action.run().await;
    assert_eq!(run.code(), "source-not-found", "{}", run.written());
    let notes = run.failure().notes.join("\n");
    assert!(notes.contains(CHARTS) && notes.contains(REPOSITORY), "{notes}");
    let live = stage.live().await;
    assert!(live.serves_only(OLD) && live.deployments_of(&revision) == 0, "{live:?}");
}

#[tokio::test]
async fn auto_sync_of_two_sources_is_proven_afterwards() {
    let sources = Sources::OfTwoRepositories;
    let stage = Stage::with(Shape { sources, auto_sync: true, ..Shape::default() }).await;
    let revision = stage.release().await;
    let action = stage.action(&revision, NEW).input("repository-url", &stage.url_of(REPOSITORY));
    action.run().await.succeeded();
    let live = stage.live().await;
    // Argo CD may have synced it on its own as well.
    assert!(live.serves_only(NEW) && live.deployments_of(&revision) > 0, "{live:?}");
}
