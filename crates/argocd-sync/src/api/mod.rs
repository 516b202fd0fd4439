//! Argo CD's REST interface, as far as it is used: one function per call
//! (`assets/swagger.json` of argoproj/argo-cd; HTTP/1.1 and JSON, so that no proxy needs to know gRPC).

mod calls;
mod error;
mod explain;
mod persist;
mod session;
mod sign_in;
mod sync_body;
mod transport;

use std::sync::Arc;

use model::{Deadline, Failure};
use reqwest::{Method, RequestBuilder};
use serde::de::DeserializeOwned;
use toolkit::Host;

use self::{session::Session, transport::Transport};
use crate::request::{ApplicationName, Server};

pub(crate) use calls::Refresh;
pub(crate) use error::{ApiError, RefusalKind, refusal};
pub(crate) use persist::{FAILING, persist};
pub(crate) use sync_body::SyncBody;

/// One application on one Argo CD server. A clone shares the connection and the sign-in.
#[derive(Debug, Clone)]
pub(crate) struct ArgoCd {
    session: Arc<Session>,
    application: ApplicationName,
}

impl ArgoCd {
    /// Signs in to a server, for one of its applications.
    pub(crate) async fn sign_in(
        server: &Server,
        application: &ApplicationName,
        host: &Host,
        deadline: Deadline,
    ) -> Result<Self, Failure> {
        let transport = Transport::new(server, deadline)?;
        let session = Session::open(transport, server.credential.clone(), host).await?;
        Ok(Self { session: Arc::new(session), application: application.clone() })
    }

    /// Returns the moment by which all must have ended.
    pub(crate) fn deadline(&self) -> Deadline {
        self.session.transport.deadline()
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
