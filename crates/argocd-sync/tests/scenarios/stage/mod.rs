//! A stage: the example product deployed by an Argo CD, what may happen to it, and the action that is run on it.
//!
//! A scenario says what happens and never in which world. Each stage has its own repository, application and
//! namespace, so that scenarios run at the same time. With `DAY2_CLUSTER` set every scenario plays on that stack,
//! else in the sandbox.

mod action;
mod cluster;
mod deploy;
mod events;
mod live;
mod push;
mod sandboxed;
mod settings;
mod shape;
mod trust;
mod world;

use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, Instant},
};

use cluster::Cluster;
use sandbox::{Config, Sandbox};
use stack::State;
use world::World;

pub(crate) use action::{Action, Run};
pub(crate) use live::{Live, LivePod};
pub(crate) use shape::{Shape, Sources};
pub(crate) use trust::{CONNECTOR, JOB, Trust};

pub(crate) const REPOSITORY: &str = "org/day2-product";
/// The repository of a chart that is used by several products.
pub(crate) const CHARTS: &str = "org/charts";
pub(crate) const IMAGE: &str = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/product/dev";
/// The tag that runs when a scenario begins.
pub(crate) const OLD: &str = "0000000000000000000000000000000000000000";
/// The tag that scenarios deploy.
pub(crate) const NEW: &str = "2222222222222222222222222222222222222222";
/// A tag that comes after it.
pub(crate) const NEWER: &str = "3333333333333333333333333333333333333333";
/// A tag that no registry has.
pub(crate) const MISSING: &str = "missing-44444444444444444444444444444444";
/// A tag whose containers end again and again, with [`CRASH_LOG`] in their logs.
pub(crate) const CRASHING: &str = "crash-5555555555555555555555555555555555";
/// A tag whose containers end at first, and run well some seconds later.
pub(crate) const RECOVERING: &str = "recovers-66666666666666666666666666666666";
/// The last thing that the containers of [`CRASHING`] say.
pub(crate) const CRASH_LOG: &str = "fatal: the database refused the connection";
pub(crate) const VALUES: &str = "values/dev.values.yaml";
/// Who presses buttons in Argo CD's own pages.
pub(crate) const PERSON: &str = "admin";

/// The values file in the words of another source.
const REFERRED: &str = "$values/values/dev.values.yaml";
const APPLICATION: &str = "dev";
/// No end within any test.
pub(crate) const FOREVER: Duration = Duration::from_secs(600);
/// How long a stage waits for what must come. It ends only what has failed, and a busy machine needs a part of it.
const PATIENCE: Duration = Duration::from_secs(180);

/// The example product, which runs an image with tag [`OLD`].
pub(crate) struct Stage {
    world: World,
    /// GitHub and the registry, and Argo CD if the world is the sandbox.
    sandbox: Sandbox,
    /// How many applications there are.
    count: usize,
}

/// The names of so many applications.
fn names(first: &str, count: usize) -> Vec<String> {
    (0..count).map(|index| if index == 0 { first.to_owned() } else { format!("{first}-{index}") }).collect()
}

impl Stage {
    /// Sets it up.
    pub(crate) async fn new() -> Self {
        Self::with(Shape::default()).await
    }

    /// The same with an application of another shape.
    pub(crate) async fn with(shape: Shape) -> Self {
        match State::from_env() {
            Some(state) => Self::on_cluster(Cluster::enter(state, &shape).await, shape).await,
            None => Self::in_sandbox(shape).await,
        }
    }

    /// The sandbox's Argo CD, whatever world the others play in.
    pub(crate) async fn in_sandbox(shape: Shape) -> Self {
        let sandbox = Sandbox::start(Config::default()).await.unwrap();
        let stage = Self { world: World::Sandbox, sandbox, count: shape.applications };
        stage.create_repository(&shape).await;
        sandboxed::deploy(&stage.sandbox, &shape).await;
        stage
    }

    /// One more for the same scenario.
    pub(crate) async fn beside(&self, shape: Shape) -> Self {
        match &self.world {
            World::Sandbox => Self::in_sandbox(shape).await,
            World::Cluster(cluster) => Self::on_cluster(cluster.beside(&shape).await, shape).await,
        }
    }

    async fn on_cluster(cluster: Cluster, shape: Shape) -> Self {
        let sandbox = Sandbox::start(Config::default()).await.unwrap();
        let stage = Self { world: World::Cluster(Box::new(cluster)), sandbox, count: shape.applications };
        stage.create_repository(&shape).await;
        if let World::Cluster(cluster) = &stage.world {
            cluster.deploy(&stage.sandbox.world().urls.github, &shape).await;
        }
        stage
    }

    async fn create_repository(&self, shape: &Shape) {
        let product = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/product");
        let github = &self.sandbox.world().github;
        for repository in [REPOSITORY, CHARTS] {
            github.create_repository_from_dir(repository, &product, &["main", "dev"]).await.unwrap();
            // Argo CD reads it without credentials.
            github.set_public(repository, true);
        }
        self.set_rollout(shape).await;
    }

    /// The services of the process; a scenario that uses them for Argo CD belongs to `sandbox_only`.
    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// The address of a repository.
    pub(crate) fn url_of(&self, repository: &str) -> String {
        format!("{}/{repository}", self.sandbox.world().urls.github)
    }

    /// The application's name.
    pub(crate) fn application(&self) -> &str {
        match &self.world {
            World::Sandbox => APPLICATION,
            World::Cluster(cluster) => &cluster.name,
        }
    }

    /// The application's project.
    pub(crate) fn project(&self) -> &str {
        match &self.world {
            World::Sandbox => "default",
            World::Cluster(cluster) => &cluster.name,
        }
    }

    /// Argo CD's address.
    pub(crate) fn server(&self) -> &str {
        match &self.world {
            World::Sandbox => &self.sandbox.world().urls.argocd,
            World::Cluster(cluster) => &cluster.state.argocd,
        }
    }

    /// The names of all applications.
    pub(crate) fn applications(&self) -> Vec<String> {
        names(self.application(), self.count)
    }

    /// A selector of all applications of the stage.
    pub(crate) fn selector(&self) -> String {
        format!("stage={}", self.application())
    }

    /// The application as it is.
    pub(crate) async fn live(&self) -> Live {
        self.live_of(self.application()).await
    }

    /// One of several applications as it is.
    pub(crate) async fn live_of(&self, application: &str) -> Live {
        match &self.world {
            World::Sandbox => sandboxed::live(&self.sandbox, application),
            World::Cluster(cluster) => cluster.live(application).await,
        }
    }

    /// Waits until the application is as wanted.
    pub(crate) async fn until(&self, wanted: impl Fn(&Live) -> bool) {
        let start = Instant::now();
        loop {
            let live = self.live().await;
            if wanted(&live) {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "not as wanted after {} s: {live:?}", PATIENCE.as_secs());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A `timeout` for what never comes; all else has happened by then.
    pub(crate) fn timeout(&self) -> &'static str {
        match self.world {
            World::Sandbox => "10s",
            World::Cluster(_) => "40s",
        }
    }

    /// The action with all that it needs to get `tag` live at `revision`.
    pub(crate) fn action(&self, revision: &str, tag: &str) -> Action {
        let inputs = [
            ("server", self.server()),
            ("application", self.application()),
            ("project", self.project()),
            ("revision", revision),
            ("images", &format!("{IMAGE}:{tag}")),
            ("wait-for", "old-pods-gone"),
            ("settle", "200ms"),
            ("degraded-grace", "500ms"),
            ("timeout", "180s"),
            ("token", "env:ARGOCD"),
        ];
        Action {
            inputs: inputs.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            env: BTreeMap::from([
                ("ARGOCD".to_owned(), self.token()),
                ("GITHUB_REPOSITORY".to_owned(), REPOSITORY.to_owned()),
                ("GITHUB_RUN_ID".to_owned(), "7".to_owned()),
            ]),
        }
    }
}
