//! Logins at moto, which plays AWS's STS and ECR: another reading of the protocol than the sandbox's. `cargo xtask test
//! --real` starts it; its URL is in `DAY2_MOTO`.
//!
//! It tells accounts apart by the keys that signed a call, and looks at nothing else: no signature, no trust policy, no
//! session policy, not whether a role exists, and no claim or signature of an OIDC token. Who is refused is therefore no
//! matter of these tests.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    fs, io, process,
    sync::{Arc, Mutex},
    time::Duration,
};

use aws::{
    AccountId, Aws, Created, DEFAULT_SECONDS, Identity, Region, RepositoryOptions, SessionName,
    SessionPolicy, Source,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use model::Deadline;
use sandbox::{Config, Sandbox, oidc::Subject};
use serde_json::Value;
use tempfile::TempDir;
use toolkit::{Env, Host};

/// The account of keys that moto did not give.
const OWN: &str = "123456789012";
const OTHER: &str = "210987654321";
const SECRET_KEY: &str = "secret-key-of-the-environment";
const REQUEST_TOKEN: &str = "request-token-of-the-job";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A job on a runner whose AWS is moto.
struct Job {
    env: BTreeMap<&'static str, String>,
    directory: TempDir,
    log: Log,
}

impl Job {
    fn new() -> Self {
        let url = Env::from_process().get("DAY2_MOTO").expect("DAY2_MOTO is not set").to_owned();
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name).display().to_string();
        fs::create_dir(directory.path().join("temp")).unwrap();
        let env = BTreeMap::from([
            ("AWS_ENDPOINT_URL", url),
            ("AWS_REGION", "eu-central-1".to_owned()),
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("GITHUB_REPOSITORY", "org/day2-product".to_owned()),
            ("GITHUB_OUTPUT", path("output")),
            ("GITHUB_ENV", path("env")),
            ("GITHUB_STEP_SUMMARY", path("summary")),
            ("RUNNER_TEMP", path("temp")),
            ("HOME", path("home")),
        ]);
        Self { env, directory, log: Log::default() }
    }

    fn with_keys() -> Self {
        let mut job = Self::new();
        job.env.insert("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE".to_owned());
        job.env.insert("AWS_SECRET_ACCESS_KEY", SECRET_KEY.to_owned());
        job
    }

    fn host(&self) -> Host {
        let env = Env::from_pairs(self.env.clone());
        Host::with_streams(env, Box::new(self.log.clone()), Box::new(self.log.clone()))
    }

    /// Signs in, and returns the password for each host of the Docker configuration that came of it.
    async fn login(&self, args: &[&str]) -> BTreeMap<String, String> {
        let command = (oidc_ecr_login::spec().command)();
        let matches = command.try_get_matches_from(["oidc-ecr-login"].iter().chain(args)).unwrap();
        oidc_ecr_login::run(&matches, &self.host()).await.unwrap();
        let made = fs::read_dir(self.directory.path().join("temp")).unwrap().next().unwrap().unwrap();
        let config: Value =
            serde_json::from_slice(&fs::read(made.path().join("config.json")).unwrap()).unwrap();
        let mut passwords = BTreeMap::new();
        for (host, entry) in config["auths"].as_object().unwrap() {
            let auth = STANDARD.decode(entry["auth"].as_str().unwrap()).unwrap();
            let auth = String::from_utf8(auth).unwrap();
            passwords.insert(host.clone(), auth.strip_prefix("AWS:").unwrap().to_owned());
        }
        self.shows_no_secret(&passwords);
        passwords
    }

    fn shows_no_secret(&self, passwords: &BTreeMap<String, String>) {
        let log = String::from_utf8(self.log.0.lock().unwrap().clone()).unwrap();
        let shown: Vec<&str> = log.lines().filter(|line| !line.starts_with("::add-mask::")).collect();
        let places = [shown.join("\n"), self.file("output"), self.file("summary")];
        for secret in passwords.values().map(String::as_str).chain([SECRET_KEY, REQUEST_TOKEN]) {
            assert!(places.iter().all(|place| !place.contains(secret)), "a secret is shown");
        }
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.directory.path().join(name)).unwrap_or_default()
    }
}

/// The host and the password that moto gives to the keys of this account.
fn registry(account: &str, region: &str) -> (String, String) {
    (format!("{account}.dkr.ecr.{region}.amazonaws.com"), format!("{account}-auth-token"))
}

#[tokio::test]
#[ignore = "takes moto, whose URL is in DAY2_MOTO"]
async fn keys_of_the_environment_go_on_to_the_last_role() {
    let job = Job::with_keys();
    let passwords = job
        .login(&[
            "--auth=env",
            "--role-to-assume=arn:aws:iam::333333333333:role/hub",
            "--role-chain=arn:aws:iam::210987654321:role/push",
            "--external-id=day2",
            "--session-tags=team=a",
            "--transitive-tag-keys=team",
            "--repositories=product/dev",
        ])
        .await;
    assert_eq!(passwords, BTreeMap::from([registry(OTHER, "eu-central-1")]));
    assert!(job.file("output").contains("arn:aws:iam::210987654321:role/push"), "{}", job.file("output"));
}

#[tokio::test]
#[ignore = "takes moto, whose URL is in DAY2_MOTO"]
async fn the_token_of_a_job_signs_in() {
    let sandbox = Sandbox::start(Config::default()).await.unwrap();
    let world = sandbox.world();
    let subject = Subject { repository: "org/day2-product".into(), ..Subject::default() };
    world.oidc.add_job(REQUEST_TOKEN, subject);
    let mut job = Job::new();
    let url = format!("{}/token?api-version=2.0", world.urls.oidc);
    job.env.insert("ACTIONS_ID_TOKEN_REQUEST_URL", url);
    job.env.insert("ACTIONS_ID_TOKEN_REQUEST_TOKEN", REQUEST_TOKEN.to_owned());
    let passwords = job.login(&["--role-to-assume=arn:aws:iam::210987654321:role/push"]).await;
    assert_eq!(passwords, BTreeMap::from([registry(OTHER, "eu-central-1")]));
    // moto's AssumeRoleWithWebIdentity verifies no token: that the issuer was asked is all that is known of it.
    assert_eq!(world.oidc.issued().len(), 1);
}

#[tokio::test]
#[ignore = "takes moto, whose URL is in DAY2_MOTO"]
async fn a_service_account_signs_in() {
    let mut job = Job::new();
    let path = job.directory.path().join("web-token");
    fs::write(&path, "e30.e30.e30\n").unwrap();
    job.env.insert("AWS_WEB_IDENTITY_TOKEN_FILE", path.display().to_string());
    job.env.insert("AWS_ROLE_ARN", "arn:aws:iam::210987654321:role/runner".to_owned());
    let passwords = job.login(&["--auth=irsa"]).await;
    assert_eq!(passwords, BTreeMap::from([registry(OTHER, "eu-central-1")]));
}

#[tokio::test]
#[ignore = "takes moto, whose URL is in DAY2_MOTO"]
async fn each_region_has_its_registry() {
    let job = Job::with_keys();
    let passwords = job.login(&["--registries=123456789012,123456789012/us-east-2"]).await;
    let expected = [registry(OWN, "eu-central-1"), registry(OWN, "us-east-2")];
    assert_eq!(passwords, BTreeMap::from(expected));
}

#[tokio::test]
#[ignore = "takes moto, whose URL is in DAY2_MOTO"]
async fn a_repository_is_made_once_in_each_region() {
    let job = Job::with_keys();
    let aws = Aws::open(&job.host(), Deadline::after(Duration::from_secs(20))).unwrap();
    let identity = Identity {
        source: Source::Env,
        chain: Vec::new(),
        session_name: "day2".parse::<SessionName>().unwrap(),
        duration_seconds: DEFAULT_SECONDS,
        policy: SessionPolicy::default(),
    };
    // A server that goes on has the repositories of earlier runs.
    let name = format!("p{}/dev", process::id());
    let account: AccountId = OWN.parse().unwrap();
    let options = RepositoryOptions { immutable_tags: true, scan_on_push: true };
    for region in ["eu-central-1", "us-east-2"] {
        let region: Region = region.parse().unwrap();
        let session = aws.sign_in(&identity, &region).await.unwrap();
        assert_eq!(session.account, account);
        let create = || aws.create_repository(&session, &region, &account, &name, options);
        assert_eq!(create().await.unwrap(), Created::New);
        assert_eq!(create().await.unwrap(), Created::AlreadyThere);
        let token = aws.registry_token(&session, &region).await.unwrap();
        let (host, password) = registry(OWN, region.as_str());
        assert_eq!(token.host, host);
        assert_eq!(aws::password(&token.auth).unwrap().expose(), password);
    }
}
