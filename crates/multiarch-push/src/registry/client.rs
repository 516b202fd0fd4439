//! One repository of one registry.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, PoisonError},
};

use futures_util::FutureExt;
use model::{Deadline, Failure, ImageName, codes::INVALID_INPUT, codes::UNEXPECTED_REPLY};
use reqwest::{Client, Response, header::LOCATION};
use tokio::sync::{Mutex, Semaphore};
use toolkit::http;
use url::Url;

use super::{
    access,
    amazon::Amazon,
    authorization::Authorization,
    keychain::Keychain,
    retry::{Trouble, persist},
    server::Server,
    window::WIDEST,
};

/// What all repositories share: connections, credentials, the deadline, the limit of requests.
#[derive(Debug)]
pub(crate) struct Registry {
    http: Client,
    keychain: Keychain,
    amazon: Amazon,
    deadline: Deadline,
    /// One permit for each request under way.
    all: Arc<Semaphore>,
    /// One permit for each blob that is copied from registry to registry: the reply that it comes from stays open
    /// while the upload waits for its turn.
    copies: Semaphore,
    servers: std::sync::Mutex<BTreeMap<String, Arc<Server>>>,
}

impl Registry {
    /// Builds it.
    pub(crate) fn new(keychain: Keychain, amazon: Amazon, deadline: Deadline) -> Result<Arc<Self>, Failure> {
        let http = http::client(&http::ClientOptions::default())?;
        Ok(Arc::new(Self {
            http,
            keychain,
            amazon,
            deadline,
            all: Arc::new(Semaphore::new(WIDEST)),
            copies: Semaphore::new(WIDEST),
            servers: std::sync::Mutex::default(),
        }))
    }

    /// Opens a repository to read from.
    pub(crate) async fn source(self: &Arc<Self>, name: &ImageName) -> Result<Repository, Failure> {
        self.open(name, vec![format!("repository:{}:pull", name.repository())]).await
    }

    /// Opens a repository to push to; blobs may be mounted from `siblings` of the same registry.
    pub(crate) async fn destination(
        self: &Arc<Self>,
        name: &ImageName,
        siblings: &[String],
    ) -> Result<Repository, Failure> {
        let own = format!("repository:{}:pull,push", name.repository());
        let others = siblings.iter().map(|sibling| format!("repository:{sibling}:pull"));
        self.open(name, std::iter::once(own).chain(others).collect()).await
    }

    async fn open(self: &Arc<Self>, name: &ImageName, scopes: Vec<String>) -> Result<Repository, Failure> {
        let base = access::base_url(name.registry()).map_err(|error| {
            Failure::new(&INVALID_INPUT, format!("`{}` is not a registry: {error}", name.registry()))
        })?;
        let server = self.server(name.registry());
        let authorization = Authorization::basic(server.login(&self.keychain).await);
        Ok(Repository {
            registry: self.clone(),
            server,
            name: name.clone(),
            base,
            scopes,
            authorization: Mutex::new(authorization),
            unmountable: std::sync::Mutex::default(),
        })
    }

    fn server(&self, name: &str) -> Arc<Server> {
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        servers.entry(name.to_owned()).or_insert_with(|| Server::new(name, self.all.clone())).clone()
    }
}

/// A repository, with what it takes to call it.
#[derive(Debug)]
pub(crate) struct Repository {
    registry: Arc<Registry>,
    pub(super) server: Arc<Server>,
    name: ImageName,
    pub(super) base: Url,
    pub(super) scopes: Vec<String>,
    pub(super) authorization: Mutex<Authorization>,
    /// The repositories that a mount from was refused for.
    unmountable: std::sync::Mutex<HashSet<String>>,
}

impl Repository {
    /// Returns its name.
    pub(crate) fn name(&self) -> &ImageName {
        &self.name
    }

    pub(super) fn client(&self) -> &Client {
        &self.registry.http
    }

    pub(super) fn deadline(&self) -> Deadline {
        self.registry.deadline
    }

    /// Makes this repository.
    pub(crate) async fn create(&self) -> Result<(), Failure> {
        self.registry.amazon.create_repository(&self.name, self.registry.deadline).boxed_local().await
    }

    pub(super) fn amazon(&self) -> &Amazon {
        &self.registry.amazon
    }

    pub(super) fn copies(&self) -> &Semaphore {
        &self.registry.copies
    }

    /// Whether mounting blobs from another repository has not been refused yet.
    pub(super) fn may_mount(&self, from: &str) -> bool {
        !self.unmountable.lock().unwrap_or_else(PoisonError::into_inner).contains(from)
    }

    /// Remembers that mounting blobs from another repository is refused.
    pub(super) fn stop_mounting(&self, from: &str) {
        self.unmountable.lock().unwrap_or_else(PoisonError::into_inner).insert(from.to_owned());
    }

    /// Returns the URL of `path` below this repository.
    pub(super) fn url(&self, path: &str) -> Result<Url, Failure> {
        self.base.join(&format!("v2/{}/{path}", self.name.repository())).map_err(|error| {
            Failure::new(&UNEXPECTED_REPLY, format!("`{path}` makes no address in {}: {error}", self.base))
        })
    }

    /// Resolves a `Location`, which may be a path.
    pub(super) fn location(&self, reply: &Response) -> Result<Url, Failure> {
        let text = reply.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        text.and_then(|text| reply.url().join(text).ok())
            .filter(|url| access::may_follow(&self.base, url))
            .ok_or_else(|| {
                Failure::new(
                    &UNEXPECTED_REPLY,
                    format!("{} does not say where to go on (no usable `Location`)", self.name.registry()),
                )
            })
    }

    /// Repeats `attempt` while its trouble may pass.
    pub(super) async fn persist<T>(
        &self,
        attempt: impl AsyncFn() -> Result<T, Trouble>,
    ) -> Result<T, Failure> {
        persist(self.registry.deadline, attempt).await
    }
}
