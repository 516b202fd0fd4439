//! A job on a runner beside a sandbox.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::PathBuf,
    sync::{Arc, Mutex},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use model::Failure;
use sandbox::{
    Config, Sandbox,
    faults::{Effect, Fault},
    oidc::Subject,
};
use serde_json::Value;
use tempfile::TempDir;
use toolkit::{Env, Host, render_failure};

use super::matches;

/// What the runner would give the job to ask for its OIDC token.
const REQUEST_TOKEN: &str = "request-token-of-the-job";
pub(super) const ROLE_ARN: &str = "arn:aws:iam::123456789012:role/day2-dev";

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
pub(super) struct Job {
    pub(super) sandbox: Sandbox,
    pub(super) directory: TempDir,
    pub(super) env: BTreeMap<String, String>,
    log: Log,
}

impl Job {
    pub(super) async fn new() -> Self {
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
            ("RUNNER_DEBUG", "1".to_owned()),
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
    pub(super) async fn run(&self, args: &[&str]) -> Result<(), Failure> {
        let env = Env::from_pairs(self.env.clone());
        let host = Host::with_streams(env, Box::new(self.log.clone()), Box::new(self.log.clone()));
        let result = crate::run(&matches(args), &host).await;
        if let Err(failure) = &result {
            render_failure(&host, "oidc-ecr-login", failure);
        }
        self.search_for_secrets();
        result
    }

    /// Whatever a run ends with, nothing that it has shown, said in outputs or in its summary is a secret.
    fn search_for_secrets(&self) {
        let log = self.log();
        let shown: Vec<&str> = log.lines().filter(|line| !line.starts_with("::add-mask::")).collect();
        let places = [shown.join("\n"), self.file("output"), self.file("summary")];
        for secret in self.secrets() {
            assert!(places.iter().all(|place| !place.contains(&secret)), "a secret is shown");
        }
    }

    pub(super) fn file(&self, name: &str) -> String {
        fs::read_to_string(self.directory.path().join(name)).unwrap_or_default()
    }

    pub(super) fn log(&self) -> String {
        String::from_utf8(self.log.0.lock().unwrap().clone()).unwrap()
    }

    /// Returns what is in `$RUNNER_TEMP`.
    pub(super) fn left(&self) -> Vec<PathBuf> {
        fs::read_dir(self.directory.path().join("temp")).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    pub(super) fn config(&self) -> Value {
        let [directory] = &self.left()[..] else { panic!("{:?}", self.left()) };
        serde_json::from_slice(&fs::read(directory.join("config.json")).unwrap()).unwrap()
    }

    pub(super) fn calls(&self, service: &str) -> usize {
        self.sandbox.world().faults.calls().iter().filter(|call| call.service == service).count()
    }

    pub(super) fn fault(&self, service: &str, times: u32, status: u16, content_type: &str, body: String) {
        let effect = Effect::Reply { status, body, content_type: content_type.into(), headers: Vec::new() };
        self.sandbox
            .world()
            .faults
            .add(Fault { times: Some(times), ..Fault::once(service, "POST", "/", effect) });
    }

    /// Every secret that was made in this world so far.
    pub(super) fn secrets(&self) -> Vec<String> {
        let world = self.sandbox.world();
        let sessions = world.sts.sessions();
        let keys =
            sessions.into_iter().flat_map(|session| [session.secret_access_key, session.session_token]);
        let passwords = world.ecr.passwords();
        let auths: Vec<String> =
            passwords.iter().map(|password| STANDARD.encode(format!("AWS:{password}"))).collect();
        world.oidc.issued().into_iter().chain(passwords).chain(auths).chain(keys).collect()
    }
}
