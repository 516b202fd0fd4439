//! Logins that are refused, or that have to try again.

use std::time::{Duration, Instant};

use sandbox::faults::{Effect, Fault};
use serde_json::{Value, json};

use super::{
    ROLE,
    job::{Job, ROLE_ARN},
};

#[tokio::test]
async fn a_refusal_is_explained_and_not_repeated() {
    let job = Job::new().await;
    job.sandbox.world().oidc.set_immutable_sub(true);
    let failure = job.run(&[ROLE]).await.unwrap_err();
    assert_eq!(failure.code.id, "oidc-trust-denied");
    assert_eq!((job.calls("sts"), job.calls("ecr")), (1, 0));
    let log = job.log();
    assert!(log.contains("sub: repo:org@123/day2-product@456:ref:refs/heads/dev"), "{log}");
    assert!(log.contains("immutable form"), "{log}");
    assert!(job.left().is_empty());
    // The printed condition is the one that matches.
    let printed = failure.notes.iter().find(|note| note.contains("StringEquals\"")).unwrap();
    let block: Value = serde_json::from_str(&printed[printed.find('{').unwrap()..]).unwrap();
    let statement = json!({
        "Effect": "Allow",
        "Principal": { "Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" },
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": block["Condition"],
    });
    job.sandbox.world().sts.add_role(ROLE_ARN, json!({ "Statement": [statement] }));
    job.run(&[ROLE]).await.unwrap();
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    let mut job = Job::new().await;
    job.env.remove("ACTIONS_ID_TOKEN_REQUEST_URL");
    let failure = job.run(&[ROLE]).await.unwrap_err();
    insta::assert_snapshot!(format!("{}\n{}\n{}", failure.cause, failure.remedy, failure.notes.join("\n")), @r"
    this job has no permission to ask for an OIDC token (`ACTIONS_ID_TOKEN_REQUEST_URL` is not set)
    Give the job `permissions: id-token: write`; a run for a pull request from a fork never gets it.
    permissions:
      id-token: write
    ");
    assert_eq!(job.calls("sts"), 0);
}

#[tokio::test]
async fn other_refusals_are_told_apart() {
    let world = |job: &Job| job.sandbox.world().clone();
    let job = Job::new().await;
    world(&job).sts.set_provider(None);
    assert_eq!(job.run(&[ROLE]).await.unwrap_err().code.id, "oidc-provider-missing");
    world(&job).sts.set_provider(Some(vec!["other".into()]));
    assert_eq!(job.run(&[ROLE]).await.unwrap_err().code.id, "oidc-audience-rejected");
    job.run(&[ROLE, "--audience=other"]).await.unwrap_err();
    world(&job).sts.set_provider(Some(vec!["sts.amazonaws.com".into()]));
    let failure = job.run(&[ROLE, "--role-duration-seconds=7200"]).await.unwrap_err();
    assert_eq!(failure.code.id, "role-duration-rejected");
    world(&job).sts.deny(ROLE_ARN, "ecr:GetAuthorizationToken");
    let failure = job.run(&[ROLE]).await.unwrap_err();
    assert_eq!(failure.code.id, "ecr-access-denied");
    assert!(failure.cause.contains("assumed-role/day2-dev"), "{}", failure.cause);
    assert!(job.left().is_empty());
}

#[tokio::test]
async fn throttling_and_server_errors_are_tried_again() {
    let job = Job::new().await;
    let throttled = "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message>\
                     </Error><RequestId>r</RequestId></ErrorResponse>";
    job.fault("sts", 2, 400, "text/xml", throttled.into());
    job.fault("ecr", 1, 503, "text/html", "<html>no</html>".into());
    job.run(&[ROLE]).await.unwrap();
    assert_eq!((job.calls("oidc"), job.calls("sts"), job.calls("ecr")), (1, 3, 2));
}

#[tokio::test]
async fn endless_throttling_ends_with_the_deadline() {
    let job = Job::new().await;
    let body = json!({ "__type": "ThrottlingException", "message": "Rate exceeded" }).to_string();
    job.fault("ecr", 1000, 400, "application/x-amz-json-1.1", body);
    let start = Instant::now();
    let failure = job.run(&[ROLE, "--timeout=900ms"]).await.unwrap_err();
    assert_eq!(failure.code.id, "aws-throttled");
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    assert!(failure.notes.iter().any(|note| note.starts_with("Tried ")), "{:?}", failure.notes);
}

#[tokio::test]
async fn a_server_that_asks_for_time_gets_it() {
    let job = Job::new().await;
    let body = json!({ "__type": "ThrottlingException", "message": "Rate exceeded" }).to_string();
    let effect = Effect::Reply {
        status: 400,
        body,
        content_type: "application/x-amz-json-1.1".into(),
        headers: vec![("retry-after".into(), "60".into())],
    };
    job.sandbox.world().faults.add(Fault { times: None, ..Fault::once("ecr", "POST", "/", effect) });
    let failure = job.run(&[ROLE]).await.unwrap_err();
    // A minute is more than is left.
    assert_eq!((failure.code.id, job.calls("ecr")), ("aws-throttled", 1));
}

#[tokio::test]
async fn an_issuer_that_sts_cannot_reach_is_tried_again() {
    let job = Job::new().await;
    let said = "Couldn't retrieve verification key from your identity provider, please reference \
                AssumeRoleWithWebIdentity documentation for requirements";
    let reply = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidIdentityToken</Code><Message>{said}</Message></Error>\
         <RequestId>r</RequestId></ErrorResponse>"
    );
    job.fault("sts", 2, 400, "text/xml", reply);
    job.run(&[ROLE]).await.unwrap();
    assert_eq!((job.calls("oidc"), job.calls("sts")), (1, 3));
}

#[tokio::test]
async fn an_expired_token_is_made_anew() {
    let job = Job::new().await;
    job.sandbox.world().oidc.set_lifetime(30);
    let broken = "<ErrorResponse><Error><Code>InternalFailure</Code></Error></ErrorResponse>";
    job.fault("sts", 1, 500, "text/xml", broken.into());
    job.run(&[ROLE]).await.unwrap();
    assert_eq!((job.calls("oidc"), job.calls("sts")), (2, 2), "thirty seconds are too few for another try");
}

#[tokio::test]
async fn an_account_that_is_not_allowed_gets_no_call_and_no_file() {
    let job = Job::new().await;
    let failure = job.run(&[ROLE, "--allowed-account-ids=111111111111"]).await.unwrap_err();
    assert_eq!((failure.code.id, failure.code.exit as u8), ("account-not-allowed", 3));
    assert_eq!((job.calls("oidc"), job.calls("sts")), (0, 0));
    assert!(job.left().is_empty());
    assert_eq!(job.file("env"), "");
}

#[tokio::test]
async fn keys_of_the_environment_are_checked_for_their_account() {
    let mut job = Job::new().await;
    job.run(&[ROLE]).await.unwrap();
    let session = job.sandbox.world().sts.sessions().pop().unwrap();
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", session.access_key_id),
        ("AWS_SECRET_ACCESS_KEY", session.secret_access_key),
        ("AWS_SESSION_TOKEN", session.session_token),
    ] {
        job.env.insert(name.into(), value);
    }
    let failure = job.run(&["--allowed-account-ids=111111111111"]).await.unwrap_err();
    assert_eq!(failure.code.id, "account-not-allowed");
    job.run(&["--auth=env", "--allowed-account-ids=123456789012"]).await.unwrap();
    job.env.insert("AWS_SECRET_ACCESS_KEY".into(), "another".into());
    assert_eq!(job.run(&["--auth=env"]).await.unwrap_err().code.id, "aws-credentials-rejected");
}

#[tokio::test]
async fn an_unreachable_aws_is_named() {
    let mut job = Job::new().await;
    // Port 9 (discard) is not served on loopback.
    job.env.insert("AWS_ENDPOINT_URL_STS".into(), "http://127.0.0.1:9".into());
    let failure = job.run(&[ROLE, "--timeout=500ms"]).await.unwrap_err();
    assert_eq!(failure.code.id, "aws-unreachable");
    assert!(failure.cause.contains("127.0.0.1:9"), "{}", failure.cause);
    // What does not exist will not within ten seconds either.
    job.env.insert("AWS_ENDPOINT_URL_STS".into(), "http://sts.invalid".into());
    let failure = job.run(&[ROLE]).await.unwrap_err();
    assert!(failure.notes.contains(&"Tried 3 times.".to_owned()), "{:?}", failure.notes);
}
