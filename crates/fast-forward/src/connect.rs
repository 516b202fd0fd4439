//! The connection to GitHub, and the App's token if one is made.

use github::{
    GitHub,
    app::{self, Session},
};
use model::{Deadline, Failure};
use toolkit::Host;

use crate::request::{Credentials, Request};

/// A connection, and what has to be given back in the end.
pub(crate) struct Connection {
    pub(crate) github: GitHub,
    session: Option<Session>,
}

/// Connects, and masks every secret before anything else is said. With `workflows`, an App's token may change workflow
/// files too.
pub(crate) async fn connect(
    request: &Request,
    host: &Host,
    deadline: Deadline,
    workflows: bool,
) -> Result<Connection, Failure> {
    let endpoints = &request.endpoints;
    let app = match &request.credentials {
        Credentials::Token(token) => {
            host.mask(token);
            let github = GitHub::new(endpoints.clone(), token, deadline)?;
            return Ok(Connection { github, session: None });
        }
        Credentials::App(app) => app,
    };
    host.mask(&app.key);
    let permissions = permissions(request, workflows);
    let session =
        app::sign_in(endpoints, &app.id, &app.key, &request.repository, &permissions, deadline).await?;
    host.mask(&session.token);
    host.info(&session.notice());
    match GitHub::new(endpoints.clone(), &session.token, deadline) {
        Ok(github) => Ok(Connection { github, session: Some(session) }),
        Err(failure) => {
            give_back(session, host).await;
            Err(failure)
        }
    }
}

/// What an App's token may do: no more than this run can need.
fn permissions(request: &Request, workflows: bool) -> Vec<(&'static str, &'static str)> {
    if request.dry_run {
        return vec![("contents", "read"), ("pull-requests", "read")];
    }
    let pulls = if request.may_propose() { "write" } else { "read" };
    let mut permissions = vec![("contents", "write"), ("pull-requests", pulls)];
    if workflows {
        permissions.push(("workflows", "write"));
    }
    permissions
}

impl Connection {
    /// Whether the token was made by this run.
    pub(crate) fn is_app(&self) -> bool {
        self.session.is_some()
    }

    /// Makes an App's token worthless.
    pub(crate) async fn close(self, host: &Host) {
        if let Some(session) = self.session {
            give_back(session, host).await;
        }
    }
}

async fn give_back(session: Session, host: &Host) {
    if let Some(reason) = session.revoke().await {
        host.info(&format!("The App's token was not revoked, and expires by itself: {reason}"));
    }
}
