//! A workflow run's token and its variables.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Fixture, SLUG};
use crate::github::RunSpec;

fn spec(fixture: &Fixture, permissions: &[(&str, &str)]) -> RunSpec {
    RunSpec {
        repository: SLUG.to_owned(),
        event_name: "pull_request_target".to_owned(),
        event: fixture.github().event_payload(SLUG, 1, "opened", "alice", None).unwrap(),
        ref_: "refs/heads/main".to_owned(),
        actor: "alice".to_owned(),
        workflow_ref: format!("{SLUG}/.github/workflows/dev.yml@refs/heads/main"),
        permissions: permissions
            .iter()
            .map(|(a, b)| (a.to_string(), b.to_string()))
            .collect::<BTreeMap<_, _>>(),
        ..RunSpec::default()
    }
}

#[tokio::test]
async fn a_runs_token_has_the_permissions_of_its_job() {
    let fixture = Fixture::new().await;
    let run = fixture.github().start_run(spec(&fixture, &[("contents", "write"), ("id-token", "write")]));
    let merge = fixture.send_as(&run.token, "PUT", "pulls/1/merge", Some(json!({}))).await;
    assert_eq!(merge.status(), 200);
    let comment =
        fixture.send_as(&run.token, "POST", "issues/1/comments", Some(json!({ "body": "x" }))).await;
    assert_eq!(comment.status(), 403);
    let closed = fixture.github().events(SLUG).into_iter().rfind(|event| event.action == "closed").unwrap();
    assert!(!closed.starts_workflows, "what a GITHUB_TOKEN does starts no workflow");
}

#[tokio::test]
async fn the_runners_variables_are_there() {
    let fixture = Fixture::new().await;
    let run = fixture.github().start_run(spec(&fixture, &[("id-token", "write")]));
    let env = run.env();
    for (name, value) in [
        ("GITHUB_REPOSITORY", SLUG),
        ("GITHUB_REF_NAME", "main"),
        ("GITHUB_HEAD_REF", "feature/hello"),
        ("GITHUB_BASE_REF", "dev"),
        ("GITHUB_WORKFLOW", "dev"),
        ("GITHUB_RUN_NUMBER", "1"),
    ] {
        assert_eq!(env[name], value, "{name}");
    }
    assert!(!env.contains_key("GITHUB_TOKEN"));
    let bearer = &env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"];
    assert_eq!(fixture.github().run_by_oidc_token(bearer).unwrap().id, run.id);
    let without = fixture.github().start_run(spec(&fixture, &[("contents", "read")]));
    assert!(!without.env().contains_key("ACTIONS_ID_TOKEN_REQUEST_TOKEN"));
    assert_eq!(without.number, 2);
    fixture.github().finish_run(run.id);
    assert!(fixture.github().run_by_oidc_token(bearer).is_none());
    assert_eq!(fixture.send_as(&run.token, "GET", "pulls/1", None).await.status(), 401);
}

#[tokio::test]
async fn a_re_run_has_the_same_number_and_event_and_a_new_token() {
    let fixture = Fixture::new().await;
    let first = fixture.github().start_run(spec(&fixture, &[("contents", "write"), ("id-token", "write")]));
    fixture.github().finish_run(first.id);
    let again = fixture.github().rerun(first.id).unwrap();
    assert_eq!((again.id, again.number, again.attempt), (first.id, first.number, 2));
    assert_eq!(again.spec.event, first.spec.event);
    assert_ne!(again.token, first.token);
    assert_ne!(again.oidc_request_token, first.oidc_request_token);
    assert_eq!(fixture.github().start_run(spec(&fixture, &[])).number, first.number + 1);
    assert!(fixture.github().rerun(1).is_none());
}
