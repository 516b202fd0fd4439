//! One repository of one registry, and the calls to it.

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError},
    time::Duration,
};

use model::{Deadline, Failure, ImageName, Secret, codes::INVALID_INPUT, codes::UNEXPECTED_REPLY};
use reqwest::{
    Client, Method, RequestBuilder, Response, StatusCode,
    header::{ACCEPT, AUTHORIZATION, LOCATION, WWW_AUTHENTICATE},
};
use tokio::sync::Mutex;
use toolkit::http;
use url::Url;

use super::{
    access,
    challenge::Challenge,
    keychain::{Credential, Keychain},
    refusal::Refusal,
    retry::{Trouble, persist},
    token,
};
use crate::codes;

/// How long one request without a large body may take: a connection that has gone silent is given up and made anew.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// The statuses that lead elsewhere.
pub(super) const REDIRECTS: &[u16] = &[301, 302, 303, 307, 308];

/// What all repositories share: connections, credentials, the deadline.
#[derive(Debug)]
pub(crate) struct Registry {
    http: Client,
    keychain: Keychain,
    deadline: Deadline,
}

impl Registry {
    /// Builds it.
    pub(crate) fn new(keychain: Keychain, deadline: Deadline) -> Result<Arc<Self>, Failure> {
        let http = http::client(&http::ClientOptions::default())?;
        Ok(Arc::new(Self { http, keychain, deadline }))
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
        let credential = self.keychain.credential(name.registry()).await;
        let authorization = Mutex::new(credential.as_ref().map(access::basic));
        Ok(Repository {
            registry: self.clone(),
            name: name.clone(),
            base,
            credential,
            scopes,
            authorization,
            unmountable: std::sync::Mutex::default(),
        })
    }
}

/// A repository, with what it takes to call it.
#[derive(Debug)]
pub(crate) struct Repository {
    registry: Arc<Registry>,
    name: ImageName,
    base: Url,
    credential: Option<Credential>,
    scopes: Vec<String>,
    /// The value of `Authorization`: Basic without being asked, a token once one was asked for.
    authorization: Mutex<Option<Secret>>,
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

    /// Sends a request that can be sent again; asks for a token if the registry wants one. A status that is not in
    /// `expected` becomes trouble, `doing` says what was refused.
    pub(super) async fn call(
        &self,
        doing: &str,
        expected: &[u16],
        url: &Url,
        build: impl Fn(&Client, Url) -> RequestBuilder,
    ) -> Result<Response, Trouble> {
        let (reply, used) = self.send(url, build(self.client(), url.clone()), PATIENCE).await?;
        if reply.status() != StatusCode::UNAUTHORIZED || expected.contains(&401) {
            return self.expect(doing, expected, reply).await;
        }
        self.answer_challenge(url, &reply, used.as_ref()).await?;
        let (reply, _) = self.send(url, build(self.client(), url.clone()), PATIENCE).await?;
        self.expect(doing, expected, reply).await
    }

    /// Sends a request that must not be repeated without more ado: its body is a stream, and so is gone afterwards,
    /// or something has to be looked at before. If a token is wanted, it is there for the caller's next try.
    pub(super) async fn call_once(
        &self,
        doing: &str,
        expected: &[u16],
        url: &Url,
        request: RequestBuilder,
        patience: Duration,
    ) -> Result<Response, Trouble> {
        let (reply, used) = self.send(url, request, patience).await?;
        if reply.status() == StatusCode::UNAUTHORIZED {
            self.answer_challenge(url, &reply, used.as_ref()).await?;
            return Err(Trouble::broken(self.unauthorized()));
        }
        self.expect(doing, expected, reply).await
    }

    /// Sends a request with credentials, which only the registry's own address gets to see. Returns them too.
    async fn send(
        &self,
        url: &Url,
        request: RequestBuilder,
        patience: Duration,
    ) -> Result<(Response, Option<Secret>), Trouble> {
        let authorization = match access::same_origin(&self.base, url) {
            true => self.authorization.lock().await.clone(),
            false => None,
        };
        let request = match &authorization {
            Some(value) => request.header(AUTHORIZATION, value.expose()),
            None => request,
        };
        let attempt = Deadline::after(self.deadline().cap(patience));
        let reply = http::send(self.client(), request, attempt).await?;
        Ok((reply, authorization))
    }

    async fn expect(&self, doing: &str, expected: &[u16], reply: Response) -> Result<Response, Trouble> {
        match expected.contains(&reply.status().as_u16()) {
            true => Ok(reply),
            false => Err(self.trouble(doing, reply).await),
        }
    }

    /// Like [`Self::call`] for GET and HEAD, with redirects followed: without credentials to another host.
    pub(super) async fn read(
        &self,
        doing: &str,
        method: &Method,
        url: &Url,
        accept: &str,
        expected: &[u16],
    ) -> Result<Response, Trouble> {
        let expected: Vec<u16> = expected.iter().chain(REDIRECTS).copied().collect();
        let build = |client: &Client, url| client.request(method.clone(), url).header(ACCEPT, accept);
        let mut reply = self.call(doing, &expected, url, build).await?;
        for _ in 0..5 {
            if !REDIRECTS.contains(&reply.status().as_u16()) {
                return Ok(reply);
            }
            let next = self.location(&reply)?;
            reply = self.call(doing, &expected, &next, build).await?;
        }
        let text = format!("{} redirects {doing} without end", self.name.registry());
        Err(Failure::new(&UNEXPECTED_REPLY, text).into())
    }

    /// Gets a token for the scopes of this repository, unless another call has done so in the meantime.
    async fn answer_challenge(
        &self,
        url: &Url,
        reply: &Response,
        used: Option<&Secret>,
    ) -> Result<(), Trouble> {
        if !access::same_origin(&self.base, url) {
            return Err(self.unauthorized().into());
        }
        let mut authorization = self.authorization.lock().await;
        if authorization.as_ref().map(Secret::expose) != used.map(Secret::expose) {
            return Ok(());
        }
        let header = reply.headers().get(WWW_AUTHENTICATE).and_then(|value| value.to_str().ok());
        let Some(Challenge::Bearer { realm, service, scope }) = header.and_then(Challenge::parse) else {
            return Err(self.unauthorized().into());
        };
        let token = token::fetch(
            self.client(),
            self.deadline(),
            &self.base,
            &realm,
            service.as_deref(),
            &token::with_challenged(&self.scopes, scope.as_deref()),
            self.credential.as_ref(),
        )
        .await?;
        *authorization = Some(token);
        Ok(())
    }

    fn unauthorized(&self) -> Failure {
        let registry = self.name.registry();
        let cause = match &self.credential {
            Some(credential) => {
                format!(
                    "{registry} refused the credential of `{}` in Docker's configuration (HTTP 401)",
                    credential.user
                )
            }
            None => {
                format!("{registry} wants a login, and Docker's configuration has none for it (HTTP 401)")
            }
        };
        Failure::new(&codes::REGISTRY_UNAUTHORIZED, cause)
    }

    /// Reads a refusal's body and judges it.
    pub(super) async fn trouble(&self, doing: &str, reply: Response) -> Trouble {
        let (status, after) = (reply.status(), toolkit::retry_after(reply.headers()));
        let refusal = self.refusal(reply).await;
        if status == StatusCode::UNAUTHORIZED {
            return self.unauthorized().into();
        }
        Trouble::of_status(status, after, refusal.into_failure(doing, &self.name))
    }

    /// Reads a refusal's body.
    pub(super) async fn refusal(&self, reply: Response) -> Refusal {
        let status = reply.status();
        let body = tokio::time::timeout_at(self.deadline().instant().into(), reply.bytes()).await;
        Refusal::new(status, body.ok().and_then(Result::ok).as_deref().unwrap_or_default())
    }

    /// Reads a body to its end: a reply that breaks off is no success.
    pub(super) async fn drain(&self, reply: Response) -> Result<bytes::Bytes, Trouble> {
        let broken = |reason: String| {
            let text = format!("the connection to {} broke: {reason}", self.name.registry());
            Trouble::broken(Failure::new(&model::codes::UNREACHABLE, text))
        };
        match tokio::time::timeout_at(self.deadline().instant().into(), reply.bytes()).await {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(error)) => Err(broken(error.without_url().to_string())),
            Err(_) => Err(Failure::new(
                &model::codes::DEADLINE_PASSED,
                format!("{} did not finish its reply in time", self.name.registry()),
            )
            .into()),
        }
    }
}
