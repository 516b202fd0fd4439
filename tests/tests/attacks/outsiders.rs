//! What comes from elsewhere: a fork, and a pull request that brings its own gate.

use runner::REPOSITORY;

use crate::ground::{Ended, Ground};

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_with_the_same_branch_name_is_not_merged() {
    let Some(ground) = Ground::new().await else { return };
    let github = &ground.world().github;
    let fork = github.fork(REPOSITORY, "eve").await.unwrap();
    let files: &[(&str, &[u8])] = &[("app.py", b"print(\"evil\")\n")];
    for (head, base) in [("dev", "prod"), ("feature/x", "dev")] {
        github.commit_files(&fork, head, "eve", "Mine", files).await.unwrap();
        let number = ground.open(&format!("eve:{head}"), base, "eve").await;
        let before = ground.tip(base).await;
        // Even if somebody takes it for ours.
        ground.label(number, "approval", "maria");
        ground.run(number).await.was_refused("pull-request-from-fork", "`eve/day2-product`");
        assert_eq!(ground.tip(base).await, before);
        assert!(!github.pull(REPOSITORY, number).unwrap().merged);
    }
    ground.prod_is_untouched().await;
}

/// A workflow that does nothing but say that it ran.
const NO_GATE: &str = "on:\n  pull_request_target:\n    types: [opened, labeled]\n    branches: [dev, prod]\njobs:\n  \
                       ship:\n    runs-on: dev\n    steps:\n      - run: echo pwned\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_request_that_edits_the_workflows_runs_the_bases_and_is_not_merged() {
    let Some(ground) = Ground::new().await else { return };
    let ended = edits_the_workflows(&ground).await;
    assert!(!ended.0.transcript.contains("Signed in as GitHub App"), "{}", ended.0.transcript);
}

/// An App could merge it, and the next run would be one of the workflow that it brings.
#[tokio::test(flavor = "multi_thread")]
async fn not_even_by_an_app_that_may_change_workflows() {
    let Some(ground) = Ground::new().await else { return };
    let ended = edits_the_workflows(&ground.with_app().await).await;
    assert!(ended.0.transcript.contains("Signed in as GitHub App"), "{}", ended.0.transcript);
    assert!(!ended.0.transcript.contains("workflows: write"), "{}", ended.0.transcript);
}

async fn edits_the_workflows(ground: &Ground) -> Ended {
    let before = ground.tip("dev").await;
    for file in ["dev.yml", "prod.yml"] {
        let path = format!(".github/workflows/{file}");
        ground.push("feature/no-gate", "alice", &path, NO_GATE).await;
    }
    let number = ground.open("feature/no-gate", "dev", "alice").await;
    let ended = ground.run(number).await;
    assert!(!ended.0.transcript.contains("pwned"), "the pull request's own workflow ran");
    let ended = ended
        .was_refused("workflow-files", ".github/workflows/prod.yml")
        .was_refused("workflow-files", "Have a person merge it");
    assert_eq!(ground.tip("dev").await, before);
    ground.prod_is_untouched().await;
    ended
}
