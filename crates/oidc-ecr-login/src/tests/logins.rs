//! Logins that work, against the sandbox's issuer, STS and ECR.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use sandbox::{
    faults::{Effect, Fault},
    github::RunSpec,
};
use serde_json::Value;
use tokio::net::TcpListener;

use super::{
    ROLE,
    job::{Job, ROLE_ARN},
};

#[tokio::test]
async fn three_calls_sign_in() {
    let job = Job::new().await;
    job.run(&[ROLE]).await.unwrap();
    let host = sandbox::world::registry_host(&job.sandbox.world().urls.registry).to_owned();
    let auth = job.config()["auths"][&host]["auth"].as_str().unwrap().to_owned();
    let password = aws::password(&model::Secret::new(auth)).unwrap();
    let access = job.sandbox.world().ecr.is_valid_password(password.expose()).unwrap();
    assert_eq!(access.arn, "arn:aws:sts::123456789012:assumed-role/day2-dev/day2-product-7-1");
    assert_eq!((job.calls("oidc"), job.calls("sts"), job.calls("ecr")), (1, 1, 1));
    let exported = job.file("env");
    assert!(exported.contains("DOCKER_CONFIG<<") && exported.contains("REGISTRY_AUTH_FILE<<"), "{exported}");
    assert!(!exported.contains("AWS_"), "{exported}");
    let output = job.file("output");
    for (name, value) in [("registry", host.as_str()), ("account-id", "123456789012"), ("role-arn", ROLE_ARN)]
    {
        assert!(output.contains(&format!("{name}<<")) && output.contains(value), "{output}");
    }
}

#[tokio::test]
async fn sts_and_ecr_are_connected_to_while_the_token_is_fetched() {
    let mut job = Job::new().await;
    let delay = Effect::Delay { millis: 60_000 };
    job.sandbox.world().faults.add(Fault::once("oidc", "GET", "", delay));
    let mut listeners = Vec::new();
    for name in ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_ECR"] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        job.env.insert(name.into(), format!("http://{}", listener.local_addr().unwrap()));
        listeners.push(listener);
    }
    tokio::select! {
        result = job.run(&[ROLE]) => panic!("{result:?}"),
        () = async { for listener in &listeners { listener.accept().await.unwrap(); } } => {}
    }
}

#[tokio::test]
async fn a_job_of_a_run_on_github_signs_in() {
    let mut job = Job::new().await;
    let run = job.sandbox.world().github.start_run(RunSpec {
        repository: "org/day2-product".into(),
        event_name: "push".into(),
        ref_: "refs/heads/dev".into(),
        actor: "alice".into(),
        permissions: BTreeMap::from([("id-token".into(), "write".into())]),
        ..RunSpec::default()
    });
    job.env.extend(run.env());
    job.run(&[ROLE]).await.unwrap();
    let session = job.sandbox.world().sts.sessions().pop().unwrap();
    assert!(session.arn.ends_with(&format!("/day2-product-{}-1", run.id)), "{}", session.arn);
}

#[tokio::test]
async fn the_account_is_hidden_when_asked_for() {
    let job = Job::new().await;
    job.run(&[ROLE, "--mask-aws-account-id"]).await.unwrap();
    let log = job.log();
    let mask = log.find("::add-mask::123456789012").unwrap();
    assert!(!log[..mask].contains("123456789012"), "{log}");
}

#[tokio::test]
async fn no_secret_is_shown_or_left_outside_the_credential_file() {
    let job = Job::new().await;
    job.run(&[ROLE]).await.unwrap();
    let secrets = job.secrets();
    assert!(secrets.len() >= 4, "{}", secrets.len());
    let log = job.log();
    let shown: Vec<&str> = log.lines().filter(|line| !line.starts_with("::add-mask::")).collect();
    for secret in &secrets {
        assert!(!shown.join("\n").contains(secret.as_str()));
        assert!(log.contains(&format!("::add-mask::{secret}")), "every secret is masked");
        for name in ["output", "env", "summary"] {
            assert!(!job.file(name).contains(secret.as_str()), "{name}");
        }
    }
    let mask_of_auth = job.config()["auths"].as_object().unwrap().values().next().unwrap()["auth"].clone();
    assert!(log.contains(&format!("::add-mask::{}", mask_of_auth.as_str().unwrap())));
    assert_eq!(
        files(job.directory.path()).len(),
        6,
        "output, env, summary; config.json, its record, its lock"
    );
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[tokio::test]
async fn the_keys_are_exported_only_when_asked_for() {
    let job = Job::new().await;
    job.run(&[ROLE, "--export-aws-env"]).await.unwrap();
    let session = job.sandbox.world().sts.sessions().pop().unwrap();
    assert!(job.file("env").contains(&session.session_token));
}

#[tokio::test]
async fn several_regions_accounts_and_the_public_gallery_in_one_step() {
    let job = Job::new().await;
    let registries = "--registries=123456789012,210987654321,123456789012/us-east-1,public";
    job.run(&[ROLE, registries]).await.unwrap();
    let config = job.config();
    let access = |host: &str| {
        let auth = model::Secret::new(config["auths"][host]["auth"].as_str().unwrap());
        let password = aws::password(&auth).unwrap();
        job.sandbox.world().ecr.is_valid_password(password.expose()).unwrap().region
    };
    let region = |name: &str| Some(name.to_owned());
    assert_eq!(access("210987654321.dkr.ecr.eu-central-1.amazonaws.com"), region("eu-central-1"));
    assert_eq!(access("123456789012.dkr.ecr.us-east-1.amazonaws.com"), region("us-east-1"));
    assert_eq!(access("public.ecr.aws"), None);
    assert_eq!(config["auths"].as_object().unwrap().len(), 4);
    // One session, and a token for each region and for the gallery.
    assert_eq!((job.calls("sts"), job.calls("ecr")), (1, 3));
    let recipe = aws::Recipe::read(&job.left()[0]).unwrap().unwrap();
    let name = aws::job(&toolkit::Env::from_pairs(job.env.clone()));
    let entry = |host: &str| recipe.entry(host, &name);
    assert!(entry("public.ecr.aws").unwrap().is_public());
    let role = entry("210987654321.dkr.ecr.eu-central-1.amazonaws.com").unwrap().identity.role().cloned();
    assert_eq!(role.unwrap().to_string(), ROLE_ARN);
}

#[tokio::test]
async fn a_logout_leaves_nothing() {
    let mut job = Job::new().await;
    job.run(&[ROLE]).await.unwrap();
    let exported = job.file("env");
    let directory = exported.lines().nth(1).unwrap();
    job.env.insert("DOCKER_CONFIG".into(), directory.to_owned());
    job.env.insert("REGISTRY_AUTH_FILE".into(), format!("{directory}/config.json"));
    // With an input of the login's that is wrong: a logout must not fail for it.
    job.run(&["--logout", "--aws-region=nowhere"]).await.unwrap();
    assert!(job.left().is_empty(), "{:?}", job.left());
    assert_eq!(job.file("env").matches("DOCKER_CONFIG<<").count(), 2, "{}", job.file("env"));
    job.run(&["--logout"]).await.unwrap();
    assert!(job.log().contains("Signed out of 127.0.0.1:"), "{}", job.log());
    assert_eq!(job.calls("sts"), 1);
}

#[tokio::test]
async fn a_dry_run_makes_no_call() {
    let job = Job::new().await;
    job.run(&[ROLE, "--dry-run", "--registries=123456789012,images.example.com"]).await.unwrap();
    assert!(job.log().contains("images.example.com is no name of Amazon's"), "{}", job.log());
    assert!(!job.log().contains("amazonaws.com is no name"), "{}", job.log());
    assert!(job.sandbox.world().faults.calls().is_empty());
    assert!(job.log().contains("would write"), "{}", job.log());
    assert!(job.left().is_empty());
}

#[tokio::test]
async fn a_login_that_is_stopped_half_way_is_simply_repeated() {
    let job = Job::new().await;
    let delay = Effect::Delay { millis: 60_000 };
    job.sandbox.world().faults.add(Fault::once("ecr", "POST", "/", delay));
    let stopped = tokio::time::timeout(Duration::from_millis(500), job.run(&[ROLE])).await;
    assert!(stopped.is_err(), "the call to ECR was held back");
    assert!(job.left().is_empty());
    // What a process that was killed while it wrote leaves behind.
    let half = job.directory.path().join("temp/day2-docker-killed");
    fs::create_dir(&half).unwrap();
    fs::write(half.join(".tmpXYZ"), "{").unwrap();
    job.run(&[ROLE]).await.unwrap();
    let exported = job.file("env");
    let directory = exported.lines().nth(1).unwrap();
    assert_ne!(Path::new(directory), half);
    let config: Value =
        serde_json::from_slice(&fs::read(format!("{directory}/config.json")).unwrap()).unwrap();
    assert_eq!(config["auths"].as_object().unwrap().len(), 1);
    assert_eq!(exported.matches("DOCKER_CONFIG<<").count(), 1);
}
