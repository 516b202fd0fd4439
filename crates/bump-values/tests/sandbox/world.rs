//! A repository with values files in a sandbox, and runs of the action in it.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io,
    path::Path,
    sync::{Arc, Mutex},
};

use model::Failure;
use sandbox::{
    Config, Sandbox, World,
    faults::{Effect, Fault},
    github::{Role, RunSpec},
};
use toolkit::{Env, Host};

pub(crate) const REPO: &str = "org/day2-product";
pub(crate) const FILE: &str = "values/dev.values.yaml";
pub(crate) const TEXT: &str = "# dev\r\nimage:\r\n  repository: 'x/product'\r\n  tag: \"v0\"   # by the pipeline\r\n\r\nkeys:\r\n  k0: a\r\n  k1: a\r\n  k2: a\r\n  k3: a\r\n  k4: a\r\n  k5: a\r\n  k6: a\r\n  k7: a\r\n";

pub(crate) struct Product {
    pub(crate) sandbox: Sandbox,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) outputs: BTreeMap<String, String>,
    pub(crate) log: String,
    pub(crate) summary: String,
    pub(crate) failure: Option<Failure>,
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
        Self::with_files(&[(FILE, TEXT.as_bytes()), ("app.py", b"v1\n")]).await
    }

    pub(crate) async fn with_files(files: &[(&str, &[u8])]) -> Self {
        let sandbox = Sandbox::start(Config::default()).await.unwrap();
        let github = &sandbox.world().github;
        // No action reads what version 2026-03-10 of the interface drops.
        github.answer_as_next_version(true);
        github.create_repository(REPO, files, &["dev"]).await.unwrap();
        github.add_user("alice", REPO, Role::Write);
        Self { sandbox }
    }

    /// A repository of what `fill` puts into a directory: links and modes are kept.
    pub(crate) async fn with_tree(fill: impl FnOnce(&Path)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        fill(directory.path());
        let sandbox = Sandbox::start(Config::default()).await.unwrap();
        let github = &sandbox.world().github;
        // No action reads what version 2026-03-10 of the interface drops.
        github.answer_as_next_version(true);
        github.create_repository_from_dir(REPO, directory.path(), &["dev"]).await.unwrap();
        github.add_user("alice", REPO, Role::Write);
        Self { sandbox }
    }

    /// A file's mode on the branch.
    pub(crate) async fn mode(&self, path: &str) -> String {
        self.world().github.file_mode(REPO, "dev", path).await.unwrap()
    }

    pub(crate) fn world(&self) -> &Arc<World> {
        self.sandbox.world()
    }

    pub(crate) async fn tip(&self) -> String {
        self.world().github.branch_sha(REPO, "dev").await.unwrap()
    }

    pub(crate) async fn read(&self, path: &str) -> String {
        String::from_utf8(self.world().github.read_file(REPO, "dev", path).await.unwrap()).unwrap()
    }

    /// How many commits the branch has beyond the first.
    pub(crate) async fn length(&self) -> usize {
        let (mut at, mut length) = (self.tip().await, 0);
        while let [parent] = self.world().github.parents(REPO, &at).await.unwrap().as_slice() {
            at.clone_from(parent);
            length += 1;
        }
        length
    }

    /// Has the next commit mutation meet `effect`, the query before it not.
    pub(crate) fn fail_commit(&self, effect: Effect) {
        self.world().faults.add(Fault { skip: 1, ..Fault::once("github", "POST", "/graphql", effect) });
    }

    pub(crate) async fn bump(&self, argv: &[&str]) -> Ended {
        self.bump_as(argv, &[("contents", "write")], &[]).await
    }

    /// The same with other permissions of the job and other variables.
    pub(crate) async fn bump_as(
        &self,
        argv: &[&str],
        permissions: &[(&str, &str)],
        more: &[(&str, &str)],
    ) -> Ended {
        let (env, token) = self.env(permissions, more);
        let ended = run_in(env, argv).await;
        assert!(!ended.log.contains(&token), "the token is in the log");
        ended
    }

    /// The variables of a new run, and its token.
    pub(crate) fn env(
        &self,
        permissions: &[(&str, &str)],
        more: &[(&str, &str)],
    ) -> (BTreeMap<String, String>, String) {
        let run = self.world().github.start_run(RunSpec {
            repository: REPO.to_owned(),
            event_name: "push".to_owned(),
            ref_: "refs/heads/dev".to_owned(),
            sha: "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3".to_owned(),
            actor: "alice".to_owned(),
            workflow_ref: format!("{REPO}/.github/workflows/dev.yml@refs/heads/dev"),
            permissions: permissions.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect(),
            ..RunSpec::default()
        });
        let mut env = self.sandbox.env();
        env.extend(run.env());
        // Outputs then come on standard output.
        env.remove("GITHUB_ACTIONS");
        env.insert("GITHUB_TOKEN".to_owned(), run.token.clone());
        env.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        (env, run.token)
    }
}

pub(crate) async fn run_in(mut env: BTreeMap<String, String>, argv: &[&str]) -> Ended {
    let directory = tempfile::tempdir().unwrap();
    let page = directory.path().join("summary.md");
    env.insert("GITHUB_STEP_SUMMARY".to_owned(), page.to_string_lossy().into_owned());
    let (out, err) = (Buffer::default(), Buffer::default());
    let host = Host::with_streams(Env::from_pairs(env), Box::new(out.clone()), Box::new(err.clone()));
    let command = (bump_values::spec().command)();
    let matches = command.get_matches_from(std::iter::once("bump-values").chain(argv.iter().copied()));
    let failure = bump_values::run(&matches, &host).await.err();
    let text = out.text();
    let outputs = text.lines().filter_map(|line| line.split_once('='));
    let outputs = outputs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let mut log = text + &err.text();
    if let Some(failure) = &failure {
        let _ = write!(log, "{failure:?}");
    }
    Ended { outputs, log, summary: std::fs::read_to_string(page).unwrap_or_default(), failure }
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
