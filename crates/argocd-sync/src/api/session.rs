//! The token in use, and a new one when it is no longer accepted.

use model::{Deadline, Failure, Secret};
use reqwest::{
    RequestBuilder, Response,
    header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue},
};
use tokio::sync::Mutex;
use toolkit::{Host, oidc};

use super::{
    ApiError, RefusalKind,
    sign_in::{self, Way},
    transport::{Transport, body, secret_header},
};
use crate::credential::Credential;

/// One server, as one subject. Shared by all that runs at the same time.
#[derive(Debug)]
pub(crate) struct Session {
    pub(super) transport: Transport,
    credential: Credential,
    host: Host,
    current: Mutex<Current>,
}

/// The token in use.
#[derive(Debug, Clone)]
struct Current {
    token: Secret,
    way: Way,
    bearer: HeaderValue,
    /// How often there was a new one, so that of several calls that are refused only one signs in anew.
    generation: u32,
    /// Whether it was ever accepted: one that never was is not replaced, since the next would do no better.
    was_accepted: bool,
}

impl Current {
    fn new(token: Secret, way: Way, generation: u32) -> Result<Self, Failure> {
        let bearer = secret_header(&Secret::new(format!("Bearer {}", token.expose())))?;
        Ok(Self { token, way, bearer, generation, was_accepted: false })
    }
}

impl Session {
    /// Signs in.
    pub(super) async fn open(
        transport: Transport,
        credential: Credential,
        host: &Host,
    ) -> Result<Self, Failure> {
        credential.mask(host);
        let (token, way) = sign_in::sign_in(&transport, &credential, host).await?;
        let current = Mutex::new(Current::new(token, way, 0)?);
        Ok(Self { transport, credential, host: host.clone(), current })
    }

    /// Sends a request as the subject and reads the whole reply as text.
    pub(super) async fn text(&self, request: RequestBuilder) -> Result<String, ApiError> {
        let deadline = self.transport.call().await;
        let (reply, generation) = self.send(request.header(ACCEPT, "application/json"), deadline).await?;
        self.accepted(generation).await;
        body(reply, deadline).await
    }

    /// Sends a request as the subject and opens the stream that answers it. That says nothing about the token: an
    /// error comes inside of the stream.
    pub(super) async fn stream(&self, request: RequestBuilder) -> Result<Response, ApiError> {
        let request = request.header(ACCEPT, "text/event-stream");
        let deadline = self.transport.call().await;
        Ok(self.send(request, deadline).await?.0)
    }

    /// Sends a request, once more if its token has expired. Returns which token it was sent with in the end.
    async fn send(&self, request: RequestBuilder, deadline: Deadline) -> Result<(Response, u32), ApiError> {
        let again = request.try_clone();
        let (bearer, generation) = self.bearer().await;
        match (self.transport.send(authorized(request, bearer), deadline).await, again) {
            (Err(error), Some(again)) if is_unauthorized(&error) => {
                let Some(bearer) = self.renew(generation).await? else { return Err(error) };
                let reply = self.transport.send(authorized(again, bearer), deadline).await?;
                Ok((reply, generation + 1))
            }
            (reply, _) => Ok((reply?, generation)),
        }
    }

    /// Signs in anew, if the token that is refused was accepted before and the credential gives another one. None if
    /// there is none.
    async fn renew(&self, refused: u32) -> Result<Option<HeaderValue>, ApiError> {
        let mut current = self.current.lock().await;
        if current.generation != refused {
            return Ok(Some(current.bearer.clone()));
        }
        if matches!(self.credential, Credential::Token(_)) || !current.was_accepted {
            return Ok(None);
        }
        tracing::debug!("the token is no longer accepted: signing in anew");
        let failed = |failure| ApiError::SignIn(Box::new(failure));
        let (token, way) =
            sign_in::sign_in(&self.transport, &self.credential, &self.host).await.map_err(failed)?;
        *current = Current::new(token, way, refused + 1).map_err(failed)?;
        Ok(Some(current.bearer.clone()))
    }

    /// Replaces the token after an error inside of a stream; gives the error back if there is no other token to try.
    pub(super) async fn replace(&self, error: ApiError) -> Result<(), ApiError> {
        if !is_unauthorized(&error) {
            return Err(error);
        }
        let (_, generation) = self.bearer().await;
        self.renew(generation).await?.map(drop).ok_or(error)
    }

    /// Explains why Argo CD refuses the token in use.
    pub(super) async fn explain(&self, message: &str) -> Failure {
        let current = self.current.lock().await;
        sign_in::refused(&current.way, &current.token, self.transport.url(), message)
    }

    /// Returns the claims of the token in use, if it is readable.
    pub(super) async fn claims(&self) -> Option<serde_json::Value> {
        oidc::claims(&self.current.lock().await.token)
    }

    async fn bearer(&self) -> (HeaderValue, u32) {
        let current = self.current.lock().await;
        (current.bearer.clone(), current.generation)
    }

    async fn accepted(&self, generation: u32) {
        let mut current = self.current.lock().await;
        current.was_accepted |= current.generation == generation;
    }
}

fn is_unauthorized(error: &ApiError) -> bool {
    error.refusal_kind() == Some(RefusalKind::Unauthorized)
}

fn authorized(request: RequestBuilder, bearer: HeaderValue) -> RequestBuilder {
    request.headers(HeaderMap::from_iter([(AUTHORIZATION, bearer)]))
}
