//! Whole runs against the sandbox's issuer, STS and ECR.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use model::Failure;
use sandbox::{
    Config, Sandbox,
    faults::{Effect, Fault},
    github::RunSpec,
    oidc::Subject,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use toolkit::{Env, Host, render_failure};

use super::{ROLE, request};
use crate::run;

/// What the runner would give the job to ask for its OIDC token.
const REQUEST_TOKEN: &str = "request-token-of-the-job";
const ROLE_ARN: &str = "arn:aws:iam::123456789012:role/day2-dev";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A job on a runner beside a sandbox.
struct Job {
    sandbox: Sandbox,
    directory: TempDir,
    env: BTreeMap<String, String>,
    log: Log,
}

impl Job {
    async fn new() -> Self {
        let sandbox = Sandbox::start(Config::default()).await.unwrap();
        let world = sandbox.world();
        world.sts.add_role_for(ROLE_ARN, "org/day2-product");
        let subject = Subject {
            repository: "org/day2-product".into(),
            repository_id: 456,
            owner_id: 123,
            event_name: "push".into(),
            ref_: "refs/heads/dev".into(),
            run_id: 7,
            ..Subject::default()
        };
        world.oidc.add_job(REQUEST_TOKEN, subject);
        let directory = tempfile::tempdir().unwrap();
        let mut env = sandbox.env();
        let path = |name: &str| directory.path().join(name).display().to_string();
        fs::create_dir(directory.path().join("temp")).unwrap();
        for (name, value) in [
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("GITHUB_REPOSITORY", "org/day2-product".to_owned()),
            ("GITHUB_RUN_ID", "7".to_owned()),
            ("GITHUB_OUTPUT", path("output")),
            ("GITHUB_ENV", path("env")),
            ("GITHUB_STEP_SUMMARY", path("summary")),
            ("RUNNER_TEMP", path("temp")),
            ("HOME", path("home")),
            ("AWS_REGION", "eu-central-1".to_owned()),
            ("ACTIONS_ID_TOKEN_REQUEST_URL", format!("{}/token?api-version=2.0", world.urls.oidc)),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", REQUEST_TOKEN.to_owned()),
        ] {
            env.insert(name.to_owned(), value);
        }
        Self { sandbox, directory, env, log: Log::default() }
    }

    /// Runs the action as the program does, failures shown.
    async fn run(&self, args: &[&str]) -> Result<(), Failure> {
        let env = Env::from_pairs(self.env.clone());
        let host = Host::with_streams(env, Box::new(self.log.clone()), Box::new(self.log.clone()));
        let result = match request(args, host.env()) {
            Ok(request) => run::run(&request, &host).await,
            Err(failure) => Err(failure),
        };
        if let Err(failure) = &result {
            render_failure(&host, "oidc-ecr-login", failure);
        }
        result
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.directory.path().join(name)).unwrap_or_default()
    }

    fn log(&self) -> String {
        String::from_utf8(self.log.0.lock().unwrap().clone()).unwrap()
    }

    /// Returns what is in `$RUNNER_TEMP`.
    fn left(&self) -> Vec<PathBuf> {
        fs::read_dir(self.directory.path().join("temp")).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    fn config(&self) -> Value {
        let [directory] = &self.left()[..] else { panic!("{:?}", self.left()) };
        serde_json::from_slice(&fs::read(directory.join("config.json")).unwrap()).unwrap()
    }

    fn calls(&self, service: &str) -> usize {
        self.sandbox.world().faults.calls().iter().filter(|call| call.service == service).count()
    }

    fn fault(&self, service: &str, times: u32, status: u16, content_type: &str, body: String) {
        let effect = Effect::Reply { status, body, content_type: content_type.into(), headers: Vec::new() };
        self.sandbox
            .world()
            .faults
            .add(Fault { times: Some(times), ..Fault::once(service, "POST", "/", effect) });
    }

    /// Every secret that was made in this world so far.
    fn secrets(&self) -> Vec<String> {
        let world = self.sandbox.world();
        let sessions = world.sts.sessions();
        let keys =
            sessions.into_iter().flat_map(|session| [session.secret_access_key, session.session_token]);
        world.oidc.issued().into_iter().chain(world.ecr.passwords()).chain(keys).collect()
    }
}

#[tokio::test]
async fn three_calls_sign_in() {
    let job = Job::new().await;
    job.run(&[ROLE]).await.unwrap();
    let host = sandbox::world::registry_host(&job.sandbox.world().urls.registry).to_owned();
    let auth = job.config()["auths"][&host]["auth"].as_str().unwrap().to_owned();
    let password = crate::report::password(&model::Secret::new(auth)).unwrap();
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
    assert_eq!(files(job.directory.path()).len(), 4, "output, env, summary, config.json");
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
    let failure = job.run(&[ROLE]).await.unwrap_err();
    assert_eq!(failure.code.id, "aws-unreachable");
    assert!(failure.cause.contains("127.0.0.1:9"), "{}", failure.cause);
    assert!(failure.notes.contains(&"Tried 3 times.".to_owned()), "{:?}", failure.notes);
}

#[tokio::test]
async fn a_dry_run_makes_no_call() {
    let job = Job::new().await;
    job.run(&[ROLE, "--dry-run"]).await.unwrap();
    assert!(job.sandbox.world().faults.calls().is_empty());
    assert!(job.log().contains("would assume"), "{}", job.log());
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
