//! Registries with roles of their own, which go on from the login's session, and what is hidden of their accounts.

use super::{
    ROLE,
    job::{Job, ROLE_ARN},
};

const OTHER: &str = "arn:aws:iam::210987654321:role/push";
const THIRD: &str = "arn:aws:iam::333333333333:role/push";

async fn job() -> (Job, String) {
    let job = Job::new().await;
    for role in [OTHER, THIRD] {
        job.sandbox.world().sts.add_role_for_keys(role, ROLE_ARN, "day2");
    }
    (job, format!("--registries=210987654321={OTHER},333333333333={THIRD}"))
}

#[tokio::test]
async fn one_session_is_opened_for_all() {
    let (job, registries) = job().await;
    job.run(&[
        ROLE,
        &registries,
        "--external-id=day2",
        "--session-tags=team=a",
        "--repositories=product/dev",
    ])
    .await
    .unwrap();
    assert_eq!((job.calls("oidc"), job.calls("sts"), job.calls("ecr")), (1, 3, 2));
    let sessions = job.sandbox.world().sts.sessions();
    for session in &sessions {
        let is_first = session.role_arn == ROLE_ARN;
        assert_eq!(session.policies.is_empty(), is_first, "the first has to be able to assume the others");
        assert_eq!(session.tags.contains_key("team"), !is_first, "{}", session.role_arn);
    }
    // What was written is of the registries' roles, and so is what is said.
    assert!(job.file("output").contains(OTHER) && !job.file("output").contains(ROLE_ARN));
}

#[tokio::test]
async fn every_account_is_hidden_before_anything_is_said() {
    let (job, registries) = job().await;
    job.run(&[ROLE, &registries, "--external-id=day2", "--mask-aws-account-id"]).await.unwrap();
    let log = job.log();
    for account in ["123456789012", "210987654321", "333333333333"] {
        let mask = log.find(&format!("::add-mask::{account}")).unwrap();
        assert!(!log[..mask].contains(account), "{account}: {log}");
    }
}

#[tokio::test]
async fn the_account_of_keys_is_hidden_before_a_refusal_names_it() {
    let (mut job, _) = job().await;
    let session = job.sandbox.world().sts.start_session(ROLE_ARN, "before").unwrap();
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", &session.access_key_id),
        ("AWS_SECRET_ACCESS_KEY", &session.secret_access_key),
        ("AWS_SESSION_TOKEN", &session.session_token),
    ] {
        job.env.insert(name.into(), value.clone());
    }
    job.env.remove("ACTIONS_ID_TOKEN_REQUEST_URL");
    let role = format!("--role-to-assume={OTHER}");
    let failure = job.run(&[&role, "--mask-aws-account-id"]).await.unwrap_err();
    let log = job.log();
    let mask = log.find("::add-mask::123456789012").unwrap();
    assert!(!log[..mask].contains("123456789012") && log[mask + 24..].contains("123456789012"), "{log}");
    // The role is more likely meant for the token that this job may not ask for than for its runner.
    assert!(log.contains("the job may not ask for an OIDC token"), "{log}");
    assert_eq!(failure.code.id, "role-assume-denied");
    assert!(failure.remedy.contains("id-token: write"), "{}", failure.remedy);
    let said = job.run(&[&role, "--auth=env"]).await.unwrap_err();
    assert!(!said.remedy.contains("id-token"), "{}", said.remedy);
}
