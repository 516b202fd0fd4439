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
            match self.settle(doing, expected, url, reply, used).await? {
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
        match self.settle(doing, expected, url, reply, used).await? {
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

    async fn settle(
        &self,
        doing: &str,
        expected: &[u16],
        url: &Url,
        reply: Response,
        used: Authorization,
    ) -> Result<Settled, Trouble> {
        let status = reply.status();
        if expected.contains(&status.as_u16()) {
            return Ok(Settled::Answered(reply));
        }
        if status == StatusCode::UNAUTHORIZED {
            self.answer_challenge(url, &reply, &used).await?;
            return Ok(Settled::AuthorizedAnew(unauthorized(self, &used)));
        }
        let after = toolkit::retry_after(reply.headers());
        let refusal = self.refusal(reply).await;
        // The answer to a HEAD has no words, so that a 403 may be either.
        let is_expired = refusal.is_expired()
            || refusal.is_wordless(StatusCode::FORBIDDEN) && self.is_unknown_here(&used).await;
        let failure = refusal.into_failure(doing, self.name());
        if is_expired && access::same_origin(&self.base, url) && self.renew(&used).await? {
            return Ok(Settled::AuthorizedAnew(failure));
        }
        Err(Trouble::of_refusal(status, after, failure))
    }

    /// Whether the registry does not even greet us with what was used.
    async fn is_unknown_here(&self, used: &Authorization) -> bool {
        let Ok(url) = self.base.join("v2/") else { return false };
        let request = match used.value() {
            Some(value) => self.client().get(url).header(AUTHORIZATION, value.expose()),
            None => self.client().get(url),
        };
        let _pass = self.server.gate.pass().await;
        match http::send(self.client(), request, Deadline::after(self.deadline().cap(PATIENCE))).await {
            Ok(reply) if reply.status() == StatusCode::FORBIDDEN => self.refusal(reply).await.is_expired(),
            Ok(reply) => reply.status() == StatusCode::UNAUTHORIZED,
            Err(_) => false,
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
        Refusal::new(status, body.ok().and_then(Result::ok).as_deref().unwrap_or_default())
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
