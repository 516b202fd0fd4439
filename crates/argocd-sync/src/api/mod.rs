//! Argo CD's REST interface, as far as it is used: one function per call
//! (`assets/swagger.json` of argoproj/argo-cd; HTTP/1.1 and JSON, so that no proxy needs to know gRPC).

mod calls;
mod error;
mod explain;
mod objects;
mod persist;
mod session;
mod sign_in;
mod sync_body;
mod transport;

use std::{sync::Arc, time::Duration};

use model::{Deadline, Failure};
use reqwest::{Method, RequestBuilder};
use serde::de::DeserializeOwned;
use toolkit::Host;

use self::transport::Transport;
use crate::request::{ApplicationName, Server};

pub(crate) use calls::Refresh;
pub(crate) use error::{ApiError, RefusalKind, refusal};
pub(crate) use objects::Log;
pub(crate) use persist::{FAILING, persist};
pub(crate) use session::Session;
pub(crate) use sync_body::SyncBody;

/// One application on one Argo CD server. A clone shares the connection and the sign-in.
#[derive(Debug, Clone)]
pub(crate) struct ArgoCd {
    session: Arc<Session>,
    application: ApplicationName,
}

impl Session {
    /// Signs in to a server.
    pub(crate) async fn sign_in(server: &Server, host: &Host, deadline: Deadline) -> Result<Self, Failure> {
        Self::open(Transport::new(server, deadline)?, server.credential.clone(), host).await
    }

    /// Returns the moment by which all must have ended.
    pub(crate) fn deadline(&self) -> Deadline {
        self.transport.deadline()
    }
}

impl ArgoCd {
    /// Turns to one application of a server.
    pub(crate) fn new(session: &Arc<Session>, application: &ApplicationName) -> Self {
        Self { session: Arc::clone(session), application: application.clone() }
    }

    /// Returns the moment by which all must have ended.
    pub(crate) fn deadline(&self) -> Deadline {
        self.session.deadline()
    }

    /// Allows calls for this long from now, whatever the deadline: what a failure still needs.
    pub(crate) fn linger(&self, time: Duration) {
        self.session.transport.linger(time);
    }

    /// Signs in anew after an error inside of a stream that says that the token has expired; gives the error back if
    /// it says something else, or if there is no other token.
    pub(crate) async fn renew_after(&self, error: ApiError) -> Result<(), ApiError> {
        self.session.replace(error).await
    }

    fn request(&self, method: &Method, path: &[&str], query: &[(&str, &str)]) -> RequestBuilder {
        self.session.transport.request(method, path, query)
    }

    /// Sends a request and reads the whole reply.
    async fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, ApiError> {
        transport::parse(&self.session.text(request).await?)
    }
}
