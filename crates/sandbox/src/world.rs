//! The one state that all services share, and its life time.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::{argocd, control, ecr, faults::Faults, github, oidc, registry, serve, sts};

/// What a sandbox is started with.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Where repositories are kept; a temporary directory that goes with the sandbox if not given.
    pub directory: Option<PathBuf>,
    /// The URL of an Argo CD that takes the place of the sandbox's own, which then does not play: [`Urls::argocd`] is this
    /// URL, and [`crate::seed::product`] sets up no applications.
    pub argocd: Option<String>,
}

/// Everything that exists in the sandbox. Each service locks only its own part.
#[derive(Debug)]
pub struct World {
    /// Base URLs of the services, without a slash at the end.
    pub urls: Urls,
    /// GitHub: repositories, pull requests, users, tokens, runs.
    pub github: github::State,
    /// The OIDC issuer's keys.
    pub oidc: oidc::State,
    /// IAM roles and their trust policies, issued sessions.
    pub sts: sts::State,
    /// Issued registry tokens.
    pub ecr: ecr::State,
    /// Repositories, blobs, manifests.
    pub registry: registry::State,
    /// Applications, their operations, rollouts and pods.
    pub argocd: argocd::State,
    /// Faults and latency that were asked for.
    pub faults: Faults,
    /// Whether the Argo CD at [`Urls::argocd`] is the sandbox's own.
    pub has_own_argocd: bool,
}

/// Base URLs, `http://127.0.0.1:PORT`.
#[derive(Debug, Clone)]
pub struct Urls {
    /// GitHub: REST at `/`, GraphQL at `/graphql`, Git at `/OWNER/NAME.git`.
    pub github: String,
    /// The OIDC issuer: `/.well-known/openid-configuration`, and the runner's token endpoint at `/token`.
    pub oidc: String,
    /// STS.
    pub sts: String,
    /// The ECR API.
    pub ecr: String,
    /// The registry; image names begin with its host and port.
    pub registry: String,
    /// Argo CD.
    pub argocd: String,
    /// The sandbox's own controls: faults, runs, state.
    pub control: String,
}

/// A running sandbox. Dropping it stops its servers and removes its directory.
#[derive(Debug)]
pub struct Sandbox {
    world: Arc<World>,
    servers: JoinSet<()>,
    _directory: Option<TempDir>,
}

impl Sandbox {
    /// Starts every service on a port of its own on 127.0.0.1.
    #[expect(clippy::unused_async, reason = "its sockets need the runtime that it is awaited in")]
    pub async fn start(config: Config) -> io::Result<Self> {
        let kept = if config.directory.is_none() { Some(tempfile::tempdir()?) } else { None };
        let temporary = || kept.as_ref().map(|kept| kept.path().to_owned()).unwrap_or_default();
        let directory = config.directory.unwrap_or_else(temporary);
        std::fs::create_dir_all(&directory)?;
        let mut listeners = Vec::new();
        for _ in 0..7 {
            listeners.push(serve::bind()?);
        }
        let mut url = listeners.iter().map(|(_, url)| url.clone());
        let mut next = || url.next().unwrap_or_default();
        let mut urls = Urls {
            github: next(),
            oidc: next(),
            sts: next(),
            ecr: next(),
            registry: next(),
            argocd: next(),
            control: next(),
        };
        let has_own_argocd = config.argocd.is_none();
        if let Some(url) = config.argocd {
            urls.argocd = url;
        }
        let world = Arc::new(World {
            github: github::State::new(&directory.join("github"), &urls)?,
            oidc: oidc::State::new(&urls),
            sts: sts::State::new(),
            ecr: ecr::State::new(),
            registry: registry::State::new(&directory.join("registry"))?,
            argocd: argocd::State::new(),
            faults: Faults::default(),
            has_own_argocd,
            urls,
        });
        let routers = [
            ("github", github::router(world.clone())),
            ("oidc", oidc::router(world.clone())),
            ("sts", sts::router(world.clone())),
            ("ecr", ecr::router(world.clone())),
            ("registry", registry::router(world.clone())),
            ("argocd", argocd::router(world.clone())),
            ("control", control::router(world.clone())),
        ];
        let mut servers = JoinSet::new();
        let played = listeners.into_iter().zip(routers);
        for ((port, _), (service, router)) in
            played.filter(|(_, (service, _))| has_own_argocd || *service != "argocd")
        {
            if service == "argocd" {
                let switch = (world.argocd.up.clone(), world.argocd.serving.clone());
                servers.spawn(serve::run_restartable(port, service, router, world.clone(), switch));
            } else {
                servers.spawn(serve::run(port, service, router, world.clone()));
            }
        }
        Ok(Self { world, servers, _directory: kept })
    }

    /// Returns the shared state, to set up and to assert.
    pub fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// Returns the environment that points every client at this sandbox: `GITHUB_API_URL`,
    /// `AWS_ENDPOINT_URL_STS` and so on. Nothing in it is specific to a workflow run; see [`github::Run::env`].
    pub fn env(&self) -> BTreeMap<String, String> {
        let urls = &self.world.urls;
        [
            ("GITHUB_API_URL", urls.github.clone()),
            ("GITHUB_SERVER_URL", urls.github.clone()),
            ("GITHUB_GRAPHQL_URL", format!("{}/graphql", urls.github)),
            ("AWS_ENDPOINT_URL_STS", urls.sts.clone()),
            ("AWS_ENDPOINT_URL_ECR", urls.ecr.clone()),
            ("AWS_ENDPOINT_URL_ECR_PUBLIC", urls.ecr.clone()),
            ("ARGOCD_SERVER", urls.argocd.clone()),
            ("DAY2_SANDBOX_REGISTRY", registry_host(&urls.registry).to_owned()),
            ("DAY2_SANDBOX_CONTROL", urls.control.clone()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
    }

    /// Serves until every server has stopped, which they do only when the sandbox is dropped.
    pub async fn wait(&mut self) {
        while self.servers.join_next().await.is_some() {}
    }
}

/// Returns the host and port of a base URL.
pub fn registry_host(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, host)| host)
}

/// Creates `path` and its parents and returns it.
pub(crate) fn created(path: &Path) -> io::Result<PathBuf> {
    std::fs::create_dir_all(path)?;
    Ok(path.to_owned())
}
