//! The product's repository in a sandbox, and runs of the action in it.

use std::{
    collections::BTreeMap,
    io,
    path::Path,
    sync::{Arc, Mutex},
};

use model::Failure;
use sandbox::{
    Config, Sandbox, World,
    github::{Role, Run, RunSpec, TokenSpec},
};
use toolkit::{Env, Host};

/// What a job needs.
pub(crate) const PERMISSIONS: &[(&str, &str)] =
    &[("contents", "write"), ("pull-requests", "write"), ("metadata", "read")];

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

    /// A commit on `dev` and a pull request into `prod`, by alice.
    pub(crate) async fn promotion(&self) -> u64 {
        self.commit("dev", "app.py", "v2\n").await;
        self.world().github.open_pull(REPO, "dev", "prod", "alice", "Promote").await.unwrap()
    }

    pub(crate) async fn commit(&self, branch: &str, path: &str, text: &str) -> String {
        let files = [(path, text.as_bytes())];
        self.world().github.commit_files(REPO, branch, "alice", "change", &files).await.unwrap()
    }

    /// Pushes a commit by git whose dates are what its author says.
    pub(crate) async fn push_dated(&self, branch: &str, date: &str) {
        let permissions = [("contents", "write")];
        let token = self.world().github.token(TokenSpec::new("alice", &permissions));
        let host = format!("http://x-access-token:{token}@");
        let remote = format!("{}/{REPO}.git", self.world().urls.github.replacen("http://", &host, 1));
        let directory = tempfile::tempdir().unwrap();
        for arguments in [
            &["clone", "-q", "-b", branch, &remote, "."][..],
            &["commit", "-q", "--allow-empty", "-m", "back-dated"],
            &["push", "-q", "origin", "HEAD"],
        ] {
            let output = tokio::process::Command::new("git")
                .args(["-c", "user.name=alice", "-c", "user.email=alice@localhost"])
                .args(arguments)
                .current_dir(directory.path())
                .env("GIT_CONFIG_NOSYSTEM", "1")
                .env("GIT_CONFIG_GLOBAL", "/dev/null")
                .env("GIT_AUTHOR_DATE", date)
                .env("GIT_COMMITTER_DATE", date)
                .output()
                .await
                .unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    }

    pub(crate) async fn tip(&self, branch: &str) -> String {
        self.world().github.branch_sha(REPO, branch).await.unwrap()
    }

    /// Runs the action as a step of the workflow that the last event of the journal starts.
    pub(crate) async fn run(&self, argv: &[&str]) -> Ended {
        let events = self.world().github.events(REPO);
        let last = events.iter().rev().find(|event| event.name == "pull_request").unwrap();
        self.run_for(last.payload.clone(), argv).await
    }

    /// Runs the action for an event.
    pub(crate) async fn run_for(&self, event: serde_json::Value, argv: &[&str]) -> Ended {
        self.run_with(event, argv, PERMISSIONS).await
    }

    /// The same with other permissions of the job.
    pub(crate) async fn run_with(
        &self,
        event: serde_json::Value,
        argv: &[&str],
        permissions: &[(&str, &str)],
    ) -> Ended {
        self.run_as(&self.start(event, permissions), argv).await
    }

    /// Runs the action with a person's token.
    pub(crate) async fn run_with_token_of(
        &self,
        login: &str,
        event: serde_json::Value,
        argv: &[&str],
    ) -> Ended {
        let token = self.world().github.token(TokenSpec::new(login, PERMISSIONS));
        let argv = [argv, &["--token=env:TOKEN"]].concat();
        self.run_in(&self.start(event, &[]), &argv, &[("TOKEN", &token)]).await
    }

    /// A run of the workflow, whose attempts [`Product::run_as`] makes.
    pub(crate) fn start(&self, event: serde_json::Value, permissions: &[(&str, &str)]) -> Run {
        self.world().github.start_run(RunSpec {
            repository: REPO.to_owned(),
            event_name: "pull_request_target".to_owned(),
            event,
            ref_: "refs/heads/dev".to_owned(),
            actor: "alice".to_owned(),
            permissions: permissions.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect(),
            ..RunSpec::default()
        })
    }

    /// Runs the action as a step of a run.
    pub(crate) async fn run_as(&self, run: &Run, argv: &[&str]) -> Ended {
        self.run_in(run, argv, &[]).await
    }

    /// The same with more variables.
    pub(crate) async fn run_in(&self, run: &Run, argv: &[&str], more: &[(&str, &str)]) -> Ended {
        let directory = tempfile::tempdir().unwrap();
        let mut env = self.sandbox.env();
        env.extend(run.env());
        env.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        // Outputs then come on standard output, one per line.
        env.remove("GITHUB_ACTIONS");
        env.insert("GITHUB_TOKEN".to_owned(), run.token.clone());
        env.insert("GITHUB_EVENT_PATH".to_owned(), write_event(directory.path(), &run.spec.event));
        let ended = run_in(env, argv).await;
        for secret in self.world().github.tokens() {
            assert!(!ended.log.contains(&secret), "a secret is in the log: {}", ended.log);
        }
        ended
    }

    /// Waits until a call was made whose path has this part.
    pub(crate) async fn called(&self, part: &str) {
        while !self.world().faults.calls().iter().any(|call| call.path.contains(part)) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
}

fn write_event(directory: &Path, event: &serde_json::Value) -> String {
    let path = directory.join("event.json");
    std::fs::write(&path, event.to_string()).unwrap();
    path.to_string_lossy().into_owned()
}

async fn run_in(env: BTreeMap<String, String>, argv: &[&str]) -> Ended {
    let (out, err) = (Buffer::default(), Buffer::default());
    let host = Host::with_streams(Env::from_pairs(env), Box::new(out.clone()), Box::new(err.clone()));
    let command = (auto_merge::spec().command)();
    let matches = command.get_matches_from(std::iter::once("auto-merge").chain(argv.iter().copied()));
    let failure = Box::pin(auto_merge::run(&matches, &host)).await.err();
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
