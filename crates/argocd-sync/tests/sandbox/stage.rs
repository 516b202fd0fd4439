//! A sandbox with the example product deployed by Argo CD, and the action that is run on it.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::Path,
    sync::{Arc, Mutex},
};

use model::Failure;
use sandbox::{
    Config, Sandbox, World,
    argocd::{AppSpec, Snapshot, Timing},
};
use toolkit::{Env, Host};

pub(crate) const REPOSITORY: &str = "org/day2-product";
pub(crate) const IMAGE: &str = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/product/dev";
pub(crate) const OLD: &str = "0000000000000000000000000000000000000000";
pub(crate) const NEW: &str = "2222222222222222222222222222222222222222";
pub(crate) const VALUES: &str = "values/dev.values.yaml";

/// The sandbox, where application `dev` runs an image with tag `OLD`.
pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    pub(crate) token: String,
}

impl Stage {
    /// Sets it up.
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// The same with an application of another kind.
    pub(crate) async fn with(change: impl FnOnce(&mut AppSpec)) -> Self {
        let sandbox = Sandbox::start(Config::default()).await.unwrap();
        let world = sandbox.world();
        let product = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/product");
        world.github.create_repository_from_dir(REPOSITORY, &product, &["main", "dev"]).await.unwrap();
        let mut spec = AppSpec::product("dev", &format!("{}/{REPOSITORY}.git", world.urls.github));
        change(&mut spec);
        world.argocd.add_running_application(world, spec).await.unwrap();
        let token = world.argocd.add_pipeline_token("ci");
        Self { sandbox, token }
    }

    pub(crate) fn world(&self) -> &Arc<World> {
        self.sandbox.world()
    }

    /// The application as it is.
    pub(crate) fn app(&self) -> Snapshot {
        self.world().argocd.application("dev").unwrap()
    }

    /// Changes how long things take.
    pub(crate) fn timing(&self, change: impl FnOnce(&mut Timing)) {
        let mut timing = self.world().argocd.timing();
        change(&mut timing);
        self.world().argocd.set_timing(timing);
    }

    /// Puts an image into the registry.
    fn push(&self, tag: &str) {
        self.world().registry.seed_base_image("product/dev", tag, &["linux/amd64"]).unwrap();
    }

    /// Commits the tag to the values of dev and returns the commit.
    pub(crate) async fn bump(&self, tag: &str) -> String {
        let github = &self.world().github;
        let values = github.read_file(REPOSITORY, "dev", VALUES).await.unwrap();
        let values: String = String::from_utf8(values)
            .unwrap()
            .lines()
            .map(|line| match line.split_once("tag:") {
                Some((indent, _)) => format!("{indent}tag: \"{tag}\"\n"),
                None => format!("{line}\n"),
            })
            .collect();
        let files = [(VALUES, values.as_bytes())];
        github.commit_files(REPOSITORY, "dev", "alice", &format!("Deploy {tag}"), &files).await.unwrap()
    }

    /// Puts image `NEW` into the registry and its tag into Git, and returns the commit.
    pub(crate) async fn release(&self) -> String {
        self.push(NEW);
        self.bump(NEW).await
    }

    /// The action with all that it needs to get `tag` live at `revision`.
    pub(crate) fn action(&self, revision: &str, tag: &str) -> Action {
        let inputs = [
            ("server", self.world().urls.argocd.as_str()),
            ("application", "dev"),
            ("project", "default"),
            ("revision", revision),
            ("images", &format!("{IMAGE}:{tag}")),
            ("wait-for", "old-pods-gone"),
            ("settle", "200ms"),
            ("degraded-grace", "500ms"),
            ("timeout", "60s"),
            ("token", "env:ARGOCD"),
        ];
        Action {
            inputs: inputs.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            env: BTreeMap::from([
                ("ARGOCD".to_owned(), self.token.clone()),
                ("GITHUB_REPOSITORY".to_owned(), REPOSITORY.to_owned()),
                ("GITHUB_RUN_ID".to_owned(), "7".to_owned()),
            ]),
        }
    }

    /// How often the action called something.
    pub(crate) fn calls(&self, method: &str, path: &str) -> usize {
        let calls = self.world().faults.calls();
        let is_it = |call: &&sandbox::faults::Call| {
            call.service == "argocd" && call.method == method && call.path.contains(path)
        };
        calls.iter().filter(is_it).count()
    }

    /// How often a sync was asked for.
    pub(crate) fn syncs(&self) -> usize {
        self.calls("POST", "/sync")
    }
}

/// A run to come.
pub(crate) struct Action {
    inputs: BTreeMap<String, String>,
    env: BTreeMap<String, String>,
}

impl Action {
    /// Sets an input.
    pub(crate) fn input(mut self, name: &str, value: &str) -> Self {
        self.inputs.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Takes an input away.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.inputs.remove(name);
        self
    }

    /// Sets a variable of the environment.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Runs.
    pub(crate) async fn run(self) -> Run {
        let (out, log) = (Stream::default(), Stream::default());
        let host =
            Host::with_streams(Env::from_pairs(self.env), Box::new(out.clone()), Box::new(log.clone()));
        let arguments = self.inputs.iter().map(|(name, value)| format!("--{name}={value}"));
        let argv = std::iter::once("argocd-sync".to_owned()).chain(arguments);
        let matches = (argocd_sync::spec().command)().try_get_matches_from(argv).unwrap();
        let result = argocd_sync::run(&matches, &host).await;
        Run { result, out: out.text(), log: log.text() }
    }
}

/// What a run did.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) result: Result<(), Failure>,
    pub(crate) out: String,
    pub(crate) log: String,
}

impl Run {
    /// Everything that was written.
    pub(crate) fn written(&self) -> String {
        format!("{}\n{}\n{:?}", self.out, self.log, self.result)
    }

    /// The failure; there must be one.
    #[track_caller]
    pub(crate) fn failure(&self) -> &Failure {
        self.result.as_ref().expect_err(&self.log)
    }

    /// The failure's code.
    #[track_caller]
    pub(crate) fn code(&self) -> &'static str {
        self.failure().code.id
    }

    /// There must be no failure.
    #[track_caller]
    pub(crate) fn succeeded(&self) {
        if let Err(failure) = &self.result {
            panic!("{failure}\n{}\n{}", failure.notes.join("\n"), self.log);
        }
    }

    /// An output of one line.
    pub(crate) fn output(&self, name: &str) -> Option<&str> {
        self.out.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
    }
}

/// A stream that can be read afterwards.
#[derive(Clone, Default)]
struct Stream(Arc<Mutex<Vec<u8>>>);

impl Stream {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
