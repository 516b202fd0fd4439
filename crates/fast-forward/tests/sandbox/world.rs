//! The product's repository in a sandbox, and runs of the action in it.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex},
};

use model::Failure;
use sandbox::{
    Config, Sandbox, World,
    github::{Role, RunSpec},
};
use toolkit::{Env, Host};

/// The repository.
pub(crate) const REPO: &str = "org/day2-product";

/// `dev` and `prod` at one commit; alice writes, maria maintains, mallory triages.
pub(crate) struct Product {
    pub sandbox: Sandbox,
}

/// How a run ended.
pub(crate) struct Ended {
    pub outputs: BTreeMap<String, String>,
    pub log: String,
    pub failure: Option<Failure>,
}

impl Ended {
    pub(crate) fn output(&self, name: &str) -> &str {
        self.outputs.get(name).map_or("", String::as_str)
    }

    /// The failure's code, empty on success.
    pub(crate) fn code(&self) -> &'static str {
        self.failure.as_ref().map_or("", |failure| failure.code.id)
    }
}

impl Product {
    pub(crate) async fn new() -> Self {
        let sandbox = Sandbox::start(Config::default()).await.unwrap();
        let github = &sandbox.world().github;
        // No action reads what version 2026-03-10 of the interface drops.
        github.answer_as_next_version(true);
        github.create_repository(REPO, &[("app.py", b"v1\n")], &["dev", "prod"]).await.unwrap();
        for (login, role) in [("alice", Role::Write), ("maria", Role::Maintain), ("mallory", Role::Triage)] {
            github.add_user(login, REPO, role);
        }
        Self { sandbox }
    }

    pub(crate) fn world(&self) -> &Arc<World> {
        self.sandbox.world()
    }

    pub(crate) async fn commit(&self, branch: &str, path: &str, text: &str) -> String {
        let files = [(path, text.as_bytes())];
        self.world().github.commit_files(REPO, branch, "alice", "change", &files).await.unwrap()
    }

    pub(crate) async fn tip(&self, branch: &str) -> String {
        self.world().github.branch_sha(REPO, branch).await.unwrap()
    }

    /// Runs the action as a step of a job that may write.
    pub(crate) async fn run(&self, argv: &[&str]) -> Ended {
        self.run_with(argv, &[("contents", "write"), ("pull-requests", "write"), ("metadata", "read")]).await
    }

    /// The same with other permissions of the job.
    pub(crate) async fn run_with(&self, argv: &[&str], permissions: &[(&str, &str)]) -> Ended {
        self.run_in(argv, permissions, &[]).await
    }

    /// Runs the action as a GitHub App that has these permissions on the repository, in a job whose own token may only read.
    pub(crate) async fn run_as_app(&self, argv: &[&str], permissions: &[(&str, &str)]) -> Ended {
        let github = &self.world().github;
        let app = github.create_app("deploy").unwrap();
        github.install_app(app.id, "org", &[REPO], permissions);
        let id = format!("--app-id={}", app.id);
        let argv = [argv, &[&id, "--app-private-key=env:KEY"]].concat();
        let ended = self.run_in(&argv, &[("contents", "read")], &[("KEY", &app.pem)]).await;
        for secret in github.app_secrets() {
            assert!(!ended.log.contains(&secret), "a secret is in the log");
        }
        ended
    }

    /// How many calls match, since the call with this number.
    pub(crate) fn calls(&self, since: usize, method: &str, path: &str) -> usize {
        let calls = self.world().faults.calls().split_off(since);
        calls.iter().filter(|call| call.method == method && call.path.contains(path)).count()
    }

    async fn run_in(&self, argv: &[&str], permissions: &[(&str, &str)], more: &[(&str, &str)]) -> Ended {
        let run = self.world().github.start_run(RunSpec {
            repository: REPO.to_owned(),
            event_name: "pull_request_target".to_owned(),
            ref_: "refs/heads/dev".to_owned(),
            actor: "maria".to_owned(),
            permissions: permissions.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect(),
            ..RunSpec::default()
        });
        let mut env = self.sandbox.env();
        env.extend(run.env());
        // Outputs then come on standard output, one per line.
        env.remove("GITHUB_ACTIONS");
        env.insert("GITHUB_TOKEN".to_owned(), run.token.clone());
        env.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let ended = run_action(env, argv).await;
        assert!(!ended.log.contains(&run.token), "the token is in the log");
        ended
    }
}

async fn run_action(env: BTreeMap<String, String>, argv: &[&str]) -> Ended {
    let (out, err) = (Buffer::default(), Buffer::default());
    let host = Host::with_streams(Env::from_pairs(env), Box::new(out.clone()), Box::new(err.clone()));
    let command = (fast_forward::spec().command)();
    let matches = command.get_matches_from(std::iter::once("fast-forward").chain(argv.iter().copied()));
    let failure = Box::pin(fast_forward::run(&matches, &host)).await.err();
    let outputs = out.text();
    let outputs = outputs.lines().filter_map(|line| line.split_once('='));
    let outputs = outputs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let log = format!("{}{}{failure:?}", out.text(), err.text());
    Ended { outputs, log, failure }
}

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
