//! A stage: the example product deployed by an Argo CD, what may happen to it, and the action that is run on it.
//!
//! A scenario says what happens and never in which world. Each stage has its own repository, application and
//! namespace, so that scenarios run at the same time.

#![expect(clippy::unused_async, reason = "a real Argo CD is asked over the network")]

mod action;
mod live;
mod sandboxed;
mod shape;
mod world;

use std::{collections::BTreeMap, path::Path, time::Duration};

use sandbox::{Config, Sandbox};
use world::World;

pub(crate) use action::Action;
pub(crate) use live::{Live, LivePod};
pub(crate) use shape::Shape;

pub(crate) const REPOSITORY: &str = "org/day2-product";
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
/// What the containers of [`CRASHING`] say.
pub(crate) const CRASH_LOG: &str = "Traceback (most recent call last):\nKeyError: 'PORT'";
pub(crate) const VALUES: &str = "values/dev.values.yaml";
/// Who presses buttons in Argo CD's own pages.
pub(crate) const PERSON: &str = "admin";

const APPLICATION: &str = "dev";
/// No end of an operation within any test.
pub(crate) const FOREVER: Duration = Duration::from_secs(600);

/// The example product, which runs an image with tag [`OLD`].
pub(crate) struct Stage {
    /// GitHub and the registry, and Argo CD if the world is the sandbox.
    sandbox: Sandbox,
    world: World,
    /// What the pipeline signs in with.
    token: String,
}

impl Stage {
    /// Sets it up.
    pub(crate) async fn new() -> Self {
        Self::with(Shape::default()).await
    }

    /// The same with an application of another shape.
    pub(crate) async fn with(shape: Shape) -> Self {
        let sandbox = Sandbox::start(Config::default()).await.unwrap();
        let product = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/product");
        let world = sandbox.world();
        world.github.create_repository_from_dir(REPOSITORY, &product, &["main", "dev"]).await.unwrap();
        sandboxed::deploy(&sandbox, &shape).await;
        let token = world.argocd.add_pipeline_token("ci");
        Self { sandbox, world: World::Sandbox, token }
    }

    /// The services of the process; a scenario that uses them for Argo CD belongs to `sandbox_only`.
    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// The application's name.
    pub(crate) fn application(&self) -> &str {
        match self.world {
            World::Sandbox => APPLICATION,
        }
    }

    /// Argo CD's address.
    pub(crate) fn server(&self) -> &str {
        match self.world {
            World::Sandbox => &self.sandbox.world().urls.argocd,
        }
    }

    /// The pipeline's token.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// A token of account `reader`, which may only look.
    pub(crate) async fn reader_token(&self) -> String {
        match self.world {
            World::Sandbox => {
                self.sandbox.world().argocd.add_token("reader", &["applications, get, default/*"])
            }
        }
    }

    /// Name and password of a user who may do everything.
    pub(crate) async fn user(&self) -> (&'static str, String) {
        match self.world {
            World::Sandbox => {
                self.sandbox.world().argocd.add_user(PERSON, "hunter2", &["applications, *, default/*"]);
                (PERSON, "hunter2".to_owned())
            }
        }
    }

    /// The application as it is.
    pub(crate) async fn live(&self) -> Live {
        match self.world {
            World::Sandbox => sandboxed::live(&self.sandbox),
        }
    }

    /// Waits until the application is as wanted.
    pub(crate) async fn until(&self, wanted: impl Fn(&Live) -> bool) {
        while !wanted(&self.live().await) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Commits files to the branch of dev and returns the commit.
    pub(crate) async fn commit(&self, message: &str, files: &[(&str, &[u8])]) -> String {
        let github = &self.sandbox.world().github;
        github.commit_files(REPOSITORY, "dev", "alice", message, files).await.unwrap()
    }

    /// Commits the tag to the values of dev and returns the commit.
    pub(crate) async fn bump(&self, tag: &str) -> String {
        sandboxed::prepare(&self.sandbox, tag);
        let values = self.values().await;
        let values: String = values
            .lines()
            .map(|line| match line.split_once("tag:") {
                Some((indent, _)) => format!("{indent}tag: \"{tag}\"\n"),
                None => format!("{line}\n"),
            })
            .collect();
        self.commit(&format!("Deploy {tag}"), &[(VALUES, values.as_bytes())]).await
    }

    /// Commits tag [`NEW`] and returns the commit.
    pub(crate) async fn release(&self) -> String {
        self.bump(NEW).await
    }

    /// Commits tag [`NEW`] together with something that Kubernetes refuses, and returns the commit and the refusal.
    pub(crate) async fn release_that_is_refused(&self) -> (String, &'static str) {
        const REASON: &str = "Service \"product\" is invalid: spec.ports[0].port: Invalid value: 70000: must be \
                              between 1 and 65535, inclusive";
        match self.world {
            World::Sandbox => sandboxed::refuse_next_apply(&self.sandbox, REASON),
        }
        self.bump(NEW).await;
        let values = format!("{}\nservice:\n  port: 70000\n", self.values().await);
        let revision = self.commit("Another port", &[(VALUES, values.as_bytes())]).await;
        (revision, REASON)
    }

    async fn values(&self) -> String {
        let github = &self.sandbox.world().github;
        String::from_utf8(github.read_file(REPOSITORY, "dev", VALUES).await.unwrap()).unwrap()
    }

    /// Somebody presses Sync, which takes so much longer than usual; the controller has begun with it.
    pub(crate) async fn press_sync(&self, hold: Duration) {
        match self.world {
            World::Sandbox => sandboxed::press_sync(&self.sandbox, hold),
        }
        self.until(|live| live.phase.as_deref() == Some("Running")).await;
    }

    /// Lets operations that begin from now on take so long.
    pub(crate) async fn slow_operations(&self, time: Duration) {
        match self.world {
            World::Sandbox => sandboxed::slow_operations(&self.sandbox, time),
        }
    }

    /// Somebody ends the running operation.
    pub(crate) async fn terminate(&self) {
        let url = format!("{}/api/v1/applications/{}/operation", self.server(), self.application());
        let request = reqwest::Client::new().delete(url).bearer_auth(&self.token);
        let reply = request.header("content-type", "application/json").send().await.unwrap();
        assert_eq!(reply.status(), 200);
    }

    /// Somebody deletes the application, which its finalizer holds.
    pub(crate) async fn delete_application(&self) {
        match self.world {
            World::Sandbox => self.sandbox.world().argocd.mark_deleting(APPLICATION),
        }
    }

    /// Closes a window of the project over every sync; it is open now.
    pub(crate) async fn close_window(&self, schedule: &str, duration: &str) {
        match self.world {
            World::Sandbox => sandboxed::close_window(&self.sandbox, schedule, duration),
        }
    }

    /// Ends the validity of the pipeline's token.
    pub(crate) async fn expire_token(&self) {
        match self.world {
            World::Sandbox => self.sandbox.world().argocd.expire_tokens(),
        }
    }

    /// Restarts Argo CD's API server.
    pub(crate) async fn restart_server(&self) {
        match self.world {
            World::Sandbox => self.sandbox.world().argocd.cut_streams(),
        }
    }

    /// How often the action called something.
    pub(crate) fn calls(&self, method: &str, path: &str) -> usize {
        let calls = match self.world {
            World::Sandbox => self.sandbox.world().faults.calls(),
        };
        let is_it = |call: &&sandbox::faults::Call| {
            call.service == "argocd" && call.method == method && call.path.contains(path)
        };
        calls.iter().filter(is_it).count()
    }

    /// How often a sync was asked for.
    pub(crate) fn syncs(&self) -> usize {
        self.calls("POST", "/sync")
    }

    /// The action with all that it needs to get `tag` live at `revision`.
    pub(crate) fn action(&self, revision: &str, tag: &str) -> Action {
        let inputs = [
            ("server", self.server()),
            ("application", self.application()),
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
}
