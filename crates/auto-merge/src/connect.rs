//! The token that merges: the one that is given, or one that is made for this run as a GitHub App.

use github::{
    GitHub,
    app::{self, Session},
};
use model::{Deadline, Failure};
use toolkit::{AppCredentials, Host};

use crate::{
    codes,
    request::{Credentials, Request},
    workflows::{self, WorkflowFiles},
};

/// GitHub, and what is to be given back at the end.
pub(crate) struct Connection {
    /// The way to GitHub.
    pub github: GitHub,
    session: Option<Session>,
}

/// Masks every secret before anything else is said, and signs in as the App if there is one.
pub(crate) async fn connect(request: &Request, host: &Host) -> Result<Connection, Failure> {
    let deadline = Deadline::after(request.budget);
    let app = match &request.credentials {
        Credentials::App(app) => app,
        Credentials::Token(token) => {
            host.mask(token);
            let github = GitHub::new(request.endpoints.clone(), token, deadline)?;
            check_teams(&github, request).await?;
            return Ok(Connection { github, session: None });
        }
    };
    host.mask(&app.key);
    let connection = sign_in(request, app, false, deadline, host).await?;
    // To change workflows is much to ask for: it is asked for where it is allowed and needed.
    let may_need = request.workflow_files == WorkflowFiles::Allow && !request.dry_run;
    if !may_need || workflows::listed(&connection.github, request).await.unwrap_or_default().is_empty() {
        return Ok(connection);
    }
    connection.close(host).await;
    sign_in(request, app, true, deadline, host).await
}

async fn sign_in(
    request: &Request,
    app: &AppCredentials,
    workflows: bool,
    deadline: Deadline,
    host: &Host,
) -> Result<Connection, Failure> {
    let permissions = permissions(request, workflows);
    let (endpoints, repository) = (&request.endpoints, &request.repository);
    let session = app::sign_in(endpoints, &app.id, &app.key, repository, &permissions, deadline).await?;
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

fn permissions(request: &Request, workflows: bool) -> Vec<(&'static str, &'static str)> {
    let level = |writes| if writes { "write" } else { "read" };
    let mut permissions = vec![
        ("contents", level(!request.dry_run)),
        ("pull-requests", level(!request.dry_run && request.may_write_on_pull())),
    ];
    if request.checks.is_ours() {
        permissions.extend([("checks", "read"), ("statuses", "read")]);
    }
    if !request.labeller_teams.is_empty() {
        permissions.push(("members", "read"));
    }
    if workflows {
        permissions.push(("workflows", "write"));
    }
    permissions
}

/// A workflow's own token never sees a team, whatever the workflow's `permissions:` are.
async fn check_teams(github: &GitHub, request: &Request) -> Result<(), Failure> {
    if !request.labeller_teams.is_empty() && workflows::is_runs_own(github, request).await {
        let cause = "`labeller-teams` is set, and the token is the workflow's own, which cannot read teams";
        return Err(Failure::new(&codes::TEAMS_UNREADABLE, cause));
    }
    Ok(())
}

impl Connection {
    /// Gives the App's token back, so that nobody can use it any more.
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
