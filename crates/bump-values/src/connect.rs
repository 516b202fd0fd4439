//! The way to the branch, and the tokens that it takes.

use github::{Endpoints, GitHub, app};
use model::{Deadline, Failure, Secret};
use toolkit::Host;

use crate::{
    method::Method,
    request::{App, OnProtected, Remote, Request},
    way::{Hub, Way},
};

/// What is there to reach the branch with.
pub(crate) struct Connection {
    pub(crate) way: Way,
    /// Who is asked about the run's own repository: the workflow's token if there is one, since an App's is for the
    /// repository that is written to alone.
    pub(crate) judge: GitHub,
    /// Where the App's token is given back.
    minted: Option<GitHub>,
}

/// Makes the App's token if there is an App, and masks every secret before anything else is said.
pub(crate) async fn connect(
    request: &Request,
    remote: &Remote,
    deadline: Deadline,
    host: &Host,
) -> Result<Connection, Failure> {
    let endpoints = Endpoints { api: remote.api_url.clone(), graphql: remote.graphql_url.clone() };
    let secrets = remote.token.iter().chain(remote.app.as_ref().map(|app| &app.key));
    secrets.for_each(|secret| host.mask(secret));
    let github = |token: &Secret| GitHub::new(endpoints.clone(), token, deadline);
    let of_run = remote.token.as_ref().map(github).transpose()?;
    let minted = match &remote.app {
        Some(app) => Some(mint(request, remote, app, &endpoints, deadline, host).await?),
        None => None,
    };
    let token = minted.as_ref().or(remote.token.as_ref());
    let token = token.cloned().unwrap_or_else(|| Secret::new(""));
    let minted = minted.as_ref().map(github).transpose()?;
    let hub = Hub {
        github: minted.clone().or(of_run.clone()).map_or_else(|| github(&token), Ok)?,
        remote: remote.clone(),
        is_app: token.expose().starts_with("ghs_"),
    };
    let judge = of_run.unwrap_or_else(|| hub.github.clone());
    let way = match request.method {
        Method::GitData => Way::GitData(hub),
        Method::Graphql | Method::Git | Method::Worktree => Way::Graphql(hub),
    };
    Ok(Connection { way, judge, minted })
}

/// A token for this one repository and for what this run needs.
async fn mint(
    request: &Request,
    remote: &Remote,
    app: &App,
    endpoints: &Endpoints,
    deadline: Deadline,
    host: &Host,
) -> Result<Secret, Failure> {
    let permissions = permissions(request, remote);
    let minted =
        app::installation_token(endpoints, &app.id, &app.key, &remote.repository, &permissions, deadline)
            .await?;
    host.mask(&minted.token);
    let name = if minted.app_slug.is_empty() { &app.id } else { &minted.app_slug };
    let list: Vec<String> = permissions.iter().map(|(scope, access)| format!("{scope}: {access}")).collect();
    host.info(&format!(
        "Signed in as GitHub App {name} on {}, with {}, until {}",
        remote.repository,
        list.join(", "),
        minted.expires_at
    ));
    Ok(minted.token)
}

fn permissions(request: &Request, remote: &Remote) -> Vec<(&'static str, &'static str)> {
    let mut permissions = vec![("contents", "write")];
    if remote.on_protected == OnProtected::PullRequest {
        permissions.push(("pull-requests", "write"));
    }
    if request.files.iter().any(|file| file.path.starts_with(".github/workflows/")) {
        permissions.push(("workflows", "write"));
    }
    permissions
}

impl Connection {
    /// Gives the App's token back, so that nobody can use it any more. It would expire by itself.
    pub(crate) async fn close(self, host: &Host) {
        let Some(minted) = self.minted else { return };
        if let Err(error) = app::revoke(&minted).await {
            host.info(&format!("The App's token was not revoked, and expires by itself: {error}"));
        }
    }
}
