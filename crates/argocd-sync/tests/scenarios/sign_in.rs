//! Jobs and pods that sign in as what they are, without any secret.

use std::{io::Write, time::Duration};

use crate::stage::{Action, CONNECTOR, JOB, NEW, Run, Shape, Stage, Trust};

/// A stage that changes what is for all.
async fn alone() -> Stage {
    Stage::with(Shape { alone: true, ..Shape::default() }).await
}

/// A release, and the action as a job.
async fn job(stage: &Stage) -> Action {
    let action = stage.action(&stage.release().await, NEW);
    stage.job(action)
}

/// Nothing that was written holds a token; that they are masked is another matter.
fn tells_no_token(stage: &Stage, run: &Run) {
    let written = run.written();
    for token in stage.sandbox().world().oidc.issued() {
        assert!(!written.replace(&format!("::add-mask::{token}"), "").contains(&token), "{written}");
    }
}

#[tokio::test]
async fn a_job_whose_issuer_is_trusted_needs_no_secret() {
    let stage = alone().await;
    stage.trust(Trust::GitHub).await;
    stage.allow(JOB).await;
    let outputs = tempfile::NamedTempFile::new().unwrap();
    let action = job(&stage).await.env("GITHUB_OUTPUT", outputs.path().to_str().unwrap());
    let action = action.input("github-token", "env:GITHUB_TOKEN").env("GITHUB_TOKEN", "ghs_0f9e8d");
    let run = action.env("GITHUB_ACTIONS", "true").run().await;
    run.succeeded();
    let token = stage.sandbox().world().oidc.issued().pop().unwrap();
    for token in [token.as_str(), "ghs_0f9e8d"] {
        assert!(run.written().contains(&format!("::add-mask::{token}")), "{token}");
    }
    tells_no_token(&stage, &run);
}

#[tokio::test]
async fn a_pod_whose_issuer_is_trusted_needs_no_secret() {
    let stage = alone().await;
    stage.trust(Trust::Kubernetes).await;
    let (token, subject) = stage.pod_token("argocd-stage").await;
    stage.allow(&subject).await;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "{token}").unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    let action = stage.action(&stage.release().await, NEW).without("token").input("auth", "service-account");
    let run = action.input("token-file", &path).run().await;
    run.succeeded();
    assert!(!run.written().contains(&token));
}

#[tokio::test]
async fn a_session_that_ends_half_way_is_begun_anew() {
    let stage = alone().await;
    stage.trust(Trust::GitHub).await;
    stage.allow(JOB).await;
    stage.slow_operations(Duration::from_secs(5)).await;
    let action = job(&stage).await;
    stage.sandbox().world().oidc.set_lifetime(3);
    let run = action.run().await;
    run.succeeded();
    assert!(stage.sandbox().world().oidc.issued().len() > 1);
}

#[tokio::test]
async fn a_job_that_is_trusted_but_has_no_rights_gets_the_line() {
    let stage = alone().await;
    stage.trust(Trust::GitHub).await;
    let run = job(&stage).await.run().await;
    assert_eq!(run.code(), "argocd-forbidden", "{}", run.written());
    let line = format!("p, {JOB}, applications, get, {}/{}, allow", stage.project(), stage.application());
    assert!(run.failure().notes.contains(&line), "{:?}", run.failure().notes);
    tells_no_token(&stage, &run);
}

#[tokio::test]
async fn a_token_for_somebody_else_is_told() {
    let stage = alone().await;
    stage.trust(Trust::GitHub).await;
    let run = job(&stage).await.input("audience", "sts.amazonaws.com").run().await;
    assert_eq!(run.code(), "sign-in-refused", "{}", run.written());
    assert!(run.failure().remedy.starts_with("Set `audience: argocd-stage`"), "{}", run.failure().remedy);
    tells_no_token(&stage, &run);
}

#[tokio::test]
async fn an_issuer_that_is_not_trusted_is_told() {
    let stage = alone().await;
    let run = job(&stage).await.run().await;
    assert_eq!(run.code(), "sign-in-refused", "{}", run.written());
    let notes = run.failure().notes.join("\n");
    assert!(notes.contains("oidc.config: |") && notes.contains(JOB), "{notes}");
    stage.trust(Trust::Kubernetes).await;
    let run = job(&stage).await.run().await;
    assert_eq!(run.code(), "sign-in-refused");
    assert!(run.failure().cause.contains("`oidc.config` trusts https://"), "{}", run.failure());
}

#[tokio::test]
async fn a_job_without_the_permission_is_told() {
    let stage = Stage::new().await;
    let action = job(&stage).await.env("ACTIONS_ID_TOKEN_REQUEST_URL", "");
    assert_eq!(action.run().await.code(), "oidc-unavailable");
}

/// Dex is the sandbox's alone.
mod dex {
    use super::*;

    async fn stage() -> Stage {
        let stage = Stage::in_sandbox(Shape::default()).await;
        stage.trust(Trust::Dex).await;
        stage
    }

    #[tokio::test]
    async fn a_jobs_token_is_exchanged() {
        let stage = stage().await;
        stage.allow(JOB).await;
        let run = job(&stage).await.run().await;
        run.succeeded();
        tells_no_token(&stage, &run);
        job(&stage).await.input("connector", CONNECTOR).run().await.succeeded();
    }

    #[tokio::test]
    async fn a_connector_that_does_not_exist_is_told() {
        let stage = stage().await;
        let run = job(&stage).await.input("connector", "github").run().await;
        assert_eq!(run.code(), "sign-in-refused", "{}", run.written());
        assert!(run.failure().remedy.starts_with("Set `connector`"), "{}", run.failure().remedy);
    }

    #[tokio::test]
    async fn who_may_not_get_the_line_by_the_name_behind_dex() {
        let run = job(&stage().await).await.run().await;
        assert_eq!(run.code(), "argocd-forbidden", "{}", run.written());
        assert!(run.failure().notes.iter().any(|note| note.starts_with(&format!("p, {JOB}, "))));
    }
}
