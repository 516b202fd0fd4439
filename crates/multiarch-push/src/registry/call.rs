//! Sending a request through the gate, and what is made of its reply.

use std::time::Duration;

use model::{Deadline, Failure, codes::UNEXPECTED_REPLY};
use reqwest::{
    Client, Method, RequestBuilder, Response, StatusCode,
    header::{ACCEPT, AUTHORIZATION},
};
use toolkit::http;
use url::Url;

use super::{
    access,
    authorization::{Authorization, unauthorized},
    client::Repository,
    refusal::Refusal,
    retry::Trouble,
};
use crate::image::oci;

/// How long one request without a large body may take: a connection that has gone silent is given up and made anew.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// The statuses that lead elsewhere.
pub(super) const REDIRECTS: &[u16] = &[301, 302, 303, 307, 308];

/// How often one call is authorized anew: by a token, by a new credential, by a token for that.
const LOGINS: u32 = 3;

/// What became of a request.
enum Settled {
    /// It has an answer.
    Answered(Response),
    /// The authorization is another one now, and it can be sent again. What to say if it is not.
    AuthorizedAnew(Failure),
}

impl Repository {
    /// Sends a request that can be sent again, with another authorization if the registry wants one. A status that is
    /// not in `expected` becomes trouble, `doing` says what was refused.
    pub(super) async fn call(
        &self,
        doing: &str,
        expected: &[u16],
        url: &Url,
        build: impl Fn(&Client, Url) -> RequestBuilder,
    ) -> Result<Response, Trouble> {
        let mut logins = 0;
        loop {
            let (reply, used) = self.send(url, build(self.client(), url.clone()), PATIENCE).await?;
            match self.settle(doing, expected, url, (reply, used), logins > 0).await? {
                Settled::Answered(reply) => return Ok(reply),
                Settled::AuthorizedAnew(failure) if logins == LOGINS => return Err(failure.into()),
                Settled::AuthorizedAnew(_) => logins += 1,
            }
        }
    }

    /// Sends a request that must not be repeated without more ado: its body is a stream, and so is gone afterwards,
    /// or something has to be looked at before. If another authorization is wanted, it is there for the next try.
    pub(super) async fn call_once(
        &self,
        doing: &str,
        expected: &[u16],
        url: &Url,
        request: RequestBuilder,
        patience: Duration,
    ) -> Result<Response, Trouble> {
        let (reply, used) = self.send(url, request, patience).await?;
        match self.settle(doing, expected, url, (reply, used), false).await? {
            Settled::Answered(reply) => Ok(reply),
            Settled::AuthorizedAnew(failure) => Err(Trouble::broken(failure)),
        }
    }

    /// Sends a request with credentials, which only the registry's own address gets to see. Returns them too.
    async fn send(
        &self,
        url: &Url,
        request: RequestBuilder,
        patience: Duration,
    ) -> Result<(Response, Authorization), Trouble> {
        let pass = self.server.gate.pass().await;
        let authorization = self.authorization.lock().await.clone();
        let is_own = access::same_origin(&self.base, url);
        let request = match authorization.value().filter(|_| is_own) {
            Some(value) => request.header(AUTHORIZATION, value.expose()),
            None => request,
        };
        let attempt = Deadline::after(self.deadline().cap(patience));
        let reply = http::send(self.client(), request, attempt).await?;
        pass.answered(reply.status(), toolkit::retry_after(reply.headers()));
        Ok((reply, authorization))
    }

    /// `is_new` says whether what was used has just been made for this very call.
    async fn settle(
        &self,
        doing: &str,
        expected: &[u16],
        url: &Url,
        (reply, used): (Response, Authorization),
        is_new: bool,
    ) -> Result<Settled, Trouble> {
        let status = reply.status();
        if expected.contains(&status.as_u16()) {
            return Ok(Settled::Answered(reply));
        }
        if status == StatusCode::UNAUTHORIZED
            && access::same_origin(&self.base, url)
            && self.is_denied(&reply, &used, is_new)
        {
            return Err(self.refusal(reply).await.into_denial(doing, self.name()).into());
        }
        if status == StatusCode::UNAUTHORIZED {
            self.answer_challenge(url, &reply, &used).await?;
            return Ok(Settled::AuthorizedAnew(unauthorized(self, &used)));
        }
        let after = toolkit::retry_after(reply.headers());
        let is_own = access::same_origin(&self.base, url);
        let mut refusal = self.refusal(reply).await;
        if is_own && refusal.is_wordless(StatusCode::FORBIDDEN) {
            refusal = self.in_words(url, &used).await.unwrap_or(refusal);
        }
        let is_expired = refusal.is_expired() || refusal.status == StatusCode::UNAUTHORIZED;
        let failure = refusal.into_failure(doing, self.name());
        if is_own && is_expired && self.renew(&used).await? {
            return Ok(Settled::AuthorizedAnew(failure));
        }
        Err(Trouble::of_refusal(status, after, failure))
    }

    /// The answer to a HEAD has no words, so that a 403 may mean anything: asks by GET for the same. None if that is not
    /// refused.
    async fn in_words(&self, url: &Url, used: &Authorization) -> Option<Refusal> {
        let request = self.client().get(url.clone()).header(ACCEPT, oci::ACCEPT);
        let request = match used.value() {
            Some(value) => request.header(AUTHORIZATION, value.expose()),
            None => request,
        };
        let _pass = self.server.gate.pass().await;
        let attempt = Deadline::after(self.deadline().cap(PATIENCE));
        let reply = http::send(self.client(), request, attempt).await.ok()?;
        match reply.status() {
            StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => Some(self.refusal(reply).await),
            _ => None,
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
        let text = format!("{} redirects {doing} without end", self.name().registry());
        Err(Failure::new(&UNEXPECTED_REPLY, text).into())
    }

    /// Reads a refusal's body.
    pub(super) async fn refusal(&self, reply: Response) -> Refusal {
        let status = reply.status();
        let body = tokio::time::timeout_at(self.deadline().instant().into(), reply.bytes()).await;
        let body = body.ok().and_then(Result::ok).unwrap_or_default();
        Refusal::new(status, self.authorization.lock().await.hide(&body).as_bytes())
    }

    /// Reads a body to its end: a reply that breaks off is no success.
    pub(super) async fn drain(&self, reply: Response) -> Result<bytes::Bytes, Trouble> {
        self.in_time(reply.bytes()).await?.map_err(|error| self.broken(error))
    }

    /// Awaits a part of a reply's body, inside the deadline.
    pub(super) async fn in_time<T>(&self, part: impl Future<Output = T>) -> Result<T, Trouble> {
        tokio::time::timeout_at(self.deadline().instant().into(), part).await.map_err(|_| {
            let text = format!("{} did not finish its reply in time", self.name().registry());
            Failure::new(&model::codes::DEADLINE_PASSED, text).into()
        })
    }

    /// A reply broke off.
    pub(super) fn broken(&self, error: reqwest::Error) -> Trouble {
        let text = format!("the connection to {} broke: {}", self.name().registry(), error.without_url());
        Trouble::broken(Failure::new(&model::codes::UNREACHABLE, text))
    }
}
