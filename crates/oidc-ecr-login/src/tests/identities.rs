//! Every source of an identity, chained roles, and sessions that are narrowed down: what is asserted is the session that
//! the registry's credential was made for.

use std::fs;

use sandbox::sts::Session;
use serde_json::json;

use super::{
    ROLE,
    job::{Job, ROLE_ARN},
};

const TARGET: &str = "arn:aws:iam::123456789012:role/deploy";
const POD_TOKEN: &str = "token-of-the-pod";

/// Returns the session that the one registry credential was made for.
fn session(job: &Job) -> Session {
    let config = job.config();
    let auths = config["auths"].as_object().unwrap();
    assert_eq!(auths.len(), 1);
    let auth = auths.values().next().unwrap()["auth"].as_str().unwrap().to_owned();
    let password = aws::password(&model::Secret::new(auth)).unwrap();
    let world = job.sandbox.world();
    let access = world.ecr.is_valid_password(password.expose()).unwrap();
    world.sts.session(&access.access_key_id.unwrap()).unwrap()
}

/// Puts the keys of a new session of `role` into the environment.
fn give_keys(job: &mut Job, role: &str) {
    let session = job.sandbox.world().sts.start_session(role, "before").unwrap();
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", session.access_key_id),
        ("AWS_SECRET_ACCESS_KEY", session.secret_access_key),
        ("AWS_SESSION_TOKEN", session.session_token),
    ] {
        job.env.insert(name.into(), value);
    }
}

fn in_pod(job: &mut Job, token: &str) {
    let path = job.directory.path().join("pod-token");
    fs::write(&path, format!("{token}\n")).unwrap();
    let url = format!("{}/v1/credentials", job.sandbox.world().urls.sts);
    job.env.insert("AWS_CONTAINER_CREDENTIALS_FULL_URI".into(), url);
    job.env.insert("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE".into(), path.display().to_string());
}

fn with_service_account(job: &mut Job, name: &str) {
    let world = job.sandbox.world().clone();
    let provider = world.oidc.issuer().split_once("://").unwrap().1.to_owned();
    world.sts.add_role(
        TARGET,
        json!({ "Statement": [{
            "Effect": "Allow",
            "Principal": { "Federated": format!("arn:aws:iam::123456789012:oidc-provider/{provider}") },
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": { "StringEquals": {
                (format!("{provider}:sub")): "system:serviceaccount:ci:runner",
                (format!("{provider}:aud")): "sts.amazonaws.com",
            } },
        }] }),
    );
    let path = job.directory.path().join("web-token");
    fs::write(&path, world.oidc.service_account_token("ci", name).unwrap()).unwrap();
    job.env.insert("AWS_WEB_IDENTITY_TOKEN_FILE".into(), path.display().to_string());
    job.env.insert("AWS_ROLE_ARN".into(), TARGET.into());
}

#[tokio::test]
async fn a_pod_has_the_keys_of_its_agent() {
    let mut job = Job::new().await;
    job.sandbox.world().sts.add_pod(POD_TOKEN, ROLE_ARN);
    in_pod(&mut job, POD_TOKEN);
    job.run(&[]).await.unwrap();
    assert_eq!(session(&job).arn, "arn:aws:sts::123456789012:assumed-role/day2-dev/eks-pod");
    assert!(job.log().contains("container's agent"), "{}", job.log());
    let shown = job.log().lines().filter(|line| !line.starts_with("::add-mask::")).collect::<String>();
    assert!(!shown.contains(POD_TOKEN) && !shown.contains(&session(&job).secret_access_key));
    assert_eq!(job.calls("oidc"), 0);
}

#[tokio::test]
async fn a_pod_without_a_role_is_told_so_once() {
    let mut job = Job::new().await;
    in_pod(&mut job, "unknown");
    let failure = job.run(&["--auth=pod-identity"]).await.unwrap_err();
    assert_eq!(failure.code.id, "container-credentials-refused");
    assert_eq!(job.calls("sts"), 1, "it is not asked again");
    assert!(job.left().is_empty());
}

#[tokio::test]
async fn a_service_account_has_its_role() {
    let mut job = Job::new().await;
    with_service_account(&mut job, "runner");
    job.run(&[]).await.unwrap();
    assert_eq!(session(&job).arn, "arn:aws:sts::123456789012:assumed-role/deploy/day2-product-7-1");
    assert_eq!(job.calls("oidc"), 0, "the file's token, not the job's");
}

#[tokio::test]
async fn another_service_account_is_refused_with_its_claims() {
    let mut job = Job::new().await;
    with_service_account(&mut job, "other");
    let failure = job.run(&["--auth=irsa"]).await.unwrap_err();
    assert_eq!(failure.code.id, "oidc-trust-denied");
    let notes = failure.notes.join("\n");
    assert!(notes.contains("sub: system:serviceaccount:ci:other"), "{notes}");
    assert!(notes.contains("\"sts.amazonaws.com\"") && !notes.contains("2026-07-15"), "{notes}");
}

#[tokio::test]
async fn a_role_is_assumed_with_a_role() {
    let job = Job::new().await;
    let world = job.sandbox.world();
    world.sts.add_role_for_keys(TARGET, ROLE_ARN, "day2");
    let chain = format!("--role-chain={TARGET}");
    let argv = [
        ROLE,
        &chain,
        "--external-id=day2",
        "--session-tags=team=a",
        "--transitive-tag-keys=team",
        "--repositories=product/dev",
    ];
    job.run(&argv).await.unwrap();
    let last = session(&job);
    assert_eq!(last.role_arn, TARGET);
    assert_eq!(last.tags["team"], "a");
    let first = world.sts.sessions().into_iter().find(|session| session.role_arn == ROLE_ARN).unwrap();
    assert!(first.policies.is_empty(), "the first session has to be able to assume the second role");
    assert_eq!(last.policies.len(), 1);
}

#[tokio::test]
async fn a_chained_session_is_capped_and_that_is_said() {
    let mut job = Job::new().await;
    job.sandbox.world().sts.add_role_for_keys(TARGET, ROLE_ARN, "day2");
    give_keys(&mut job, ROLE_ARN);
    job.env.remove("ACTIONS_ID_TOKEN_REQUEST_URL");
    let role = format!("--role-to-assume={TARGET}");
    job.run(&[&role, "--external-id=day2", "--role-duration-seconds=7200"]).await.unwrap();
    assert_eq!(session(&job).role_arn, TARGET);
    assert!(job.log().contains("lasts 3600 s instead of 7200"), "{}", job.log());
}

#[tokio::test]
async fn a_role_that_asks_for_another_external_id_is_explained() {
    let mut job = Job::new().await;
    job.sandbox.world().sts.add_role_for_keys(TARGET, ROLE_ARN, "day2");
    give_keys(&mut job, ROLE_ARN);
    let role = format!("--role-to-assume={TARGET}");
    let failure = job.run(&["--auth=env", &role]).await.unwrap_err();
    assert_eq!(failure.code.id, "role-assume-denied");
    let notes = failure.notes.join("\n");
    assert!(notes.contains("\"AWS\": \"arn:aws:iam::123456789012:role/day2-dev\""), "{notes}");
    assert!(notes.contains("No external id was given"), "{notes}");
    assert_eq!(job.calls("sts"), 2, "GetCallerIdentity, and one AssumeRole that is not repeated");
}

#[tokio::test]
async fn a_session_can_do_what_it_was_asked_for_and_no_more() {
    let job = Job::new().await;
    job.run(&[ROLE, "--repositories=product/dev\nbase/*=pull\nproduct/new=create"]).await.unwrap();
    let (world, session) = (job.sandbox.world(), session(&job));
    for (action, repository, expected) in [
        ("ecr:PutImage", "product/dev", true),
        ("ecr:BatchGetImage", "product/dev", true),
        ("ecr:BatchGetImage", "base/python", true),
        ("ecr:PutImage", "base/python", false),
        ("ecr:PutImage", "product/prod", false),
        ("ecr:CreateRepository", "product/new", true),
        ("ecr:PutImage", "product/new", true),
        ("ecr:CreateRepository", "product/dev", false),
        ("ecr:BatchGetImage", "product/prod", false),
    ] {
        assert_eq!(world.sts.allows_on(&session, action, repository), expected, "{action} {repository}");
    }
}

#[tokio::test]
async fn given_policies_are_passed_on_as_they_are() {
    let job = Job::new().await;
    let managed = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly";
    let allow = json!({ "Statement": [{ "Effect": "Allow", "Action": "ecr:Get*", "Resource": "*" }] });
    job.sandbox.world().sts.add_managed_policy(managed, allow.clone());
    let argument = format!("--managed-session-policies={managed}");
    job.run(&[ROLE, &argument]).await.unwrap();
    assert_eq!(session(&job).policies, [allow]);
    let none = json!({ "Statement": [{ "Effect": "Allow", "Action": "ecr:Put*", "Resource": "*" }] });
    let failure = job.run(&[ROLE, &format!("--inline-session-policy={none}")]).await.unwrap_err();
    assert_eq!(failure.code.id, "ecr-access-denied", "the session may not ask for a token");
}

#[tokio::test]
async fn several_identities_are_not_chosen_from() {
    let mut job = Job::new().await;
    give_keys(&mut job, ROLE_ARN);
    in_pod(&mut job, POD_TOKEN);
    let failure = job.run(&[]).await.unwrap_err();
    assert!(failure.cause.contains("`env`, `pod-identity`"), "{failure}");
    assert!(job.sandbox.world().faults.calls().is_empty());
    job.run(&["--auth=env"]).await.unwrap();
    assert_eq!(session(&job).arn, "arn:aws:sts::123456789012:assumed-role/day2-dev/before");
}

#[tokio::test]
async fn a_pull_request_from_a_fork_is_told_apart() {
    let mut job = Job::new().await;
    job.env.remove("ACTIONS_ID_TOKEN_REQUEST_URL");
    let event = job.directory.path().join("event.json");
    fs::write(
        &event,
        json!({ "pull_request": { "head": { "repo": { "full_name": "eve/x" } } } }).to_string(),
    )
    .unwrap();
    job.env.insert("GITHUB_EVENT_PATH".into(), event.display().to_string());
    job.env.insert("GITHUB_EVENT_NAME".into(), "pull_request".into());
    let failure = job.run(&[ROLE]).await.unwrap_err();
    assert_eq!(failure.code.id, "oidc-unavailable");
    assert!(failure.cause.contains("the fork eve/x"), "{failure}");
}
