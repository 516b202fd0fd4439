//! The way to the branch, and the tokens that it takes.

use git::Access;
use github::{
    Endpoints, GitHub,
    app::{self, Session},
};
use model::{Deadline, Failure, RepoSlug, Secret};
use toolkit::{AppCredentials, Host};

use crate::{
    failures,
    method::Method,
    request::{OnProtected, Remote, Request},
    way::{Git, Hub, Way},
};

/// What is there to reach the branch with.
pub(crate) struct Connection {
    pub(crate) way: Way,
    /// Who is asked about the run's own repository: the workflow's token if there is one, since an App's is for the
    /// repository that is written to alone. None where there is nobody to ask.
    pub(crate) judge: Option<GitHub>,
}

/// The App's token, if one was made.
pub(crate) struct Minted(Option<Session>);

/// Makes the App's token if there is an App, and masks every secret before anything else is said.
pub(crate) async fn connect(
    request: &Request,
    remote: &Remote,
    deadline: Deadline,
    host: &Host,
) -> Result<(Connection, Minted), Failure> {
    mask(remote, host);
    if let Some(reason) = &remote.held_back {
        host.info(reason);
    }
    let endpoints = Endpoints { api: remote.api_url.clone(), graphql: remote.graphql_url.clone() };
    let github = |token: &Secret| GitHub::new(endpoints.clone(), token, deadline);
    let minted = match (&remote.app, remote.slug()) {
        (Some(app), Some(slug)) => {
            Minted(Some(mint(request, remote, (app, slug), &endpoints, deadline, host).await?))
        }
        _ => Minted(None),
    };
    let connected = async {
        let token = minted.0.as_ref().map(|session| &session.token).or(remote.token.as_ref());
        let way = way(request, remote, token, &github, deadline, host).await?;
        let asks = remote.token_of_run.as_ref().or(remote.slug().and(token));
        Ok(Connection { way, judge: asks.map(&github).transpose()? })
    };
    match connected.await {
        Ok(connection) => Ok((connection, minted)),
        Err(failure) => {
            minted.revoke(host).await;
            Err(failure)
        }
    }
}

fn mask(remote: &Remote, host: &Host) {
    let tokens = remote.token.iter().chain(&remote.token_of_run);
    let keys = remote.app.as_ref().map(|app| &app.key).into_iter();
    let keys = keys.chain(remote.ssh.as_ref().and_then(|ssh| ssh.key.as_ref()));
    tokens.chain(keys).for_each(|secret| host.mask(secret));
}

async fn way(
    request: &Request,
    remote: &Remote,
    token: Option<&Secret>,
    github: &impl Fn(&Secret) -> Result<GitHub, Failure>,
    deadline: Deadline,
    host: &Host,
) -> Result<Way, Failure> {
    if request.method == Method::Git {
        let access = Access {
            token: token.cloned(),
            ssh_key: remote.ssh.as_ref().and_then(|ssh| ssh.key.clone()),
            known_hosts: remote.ssh.as_ref().and_then(|ssh| ssh.known_hosts.clone()),
            temporary: host.env().get("RUNNER_TEMP").map(Into::into),
        };
        return Ok(Way::Git(Box::new(Git::open(remote.clone(), access, deadline).await?)));
    }
    let (Some(token), Some(slug)) = (token, remote.slug()) else {
        return Err(failures::not_on_github(remote));
    };
    let hub = Hub {
        github: github(token)?,
        repository: slug.clone(),
        remote: remote.clone(),
        is_app: token.expose().starts_with("ghs_"),
    };
    Ok(if request.method == Method::GitData { Way::GitData(hub) } else { Way::Graphql(hub) })
}

/// A token for this one repository and for what this run needs.
async fn mint(
    request: &Request,
    remote: &Remote,
    (app, slug): (&AppCredentials, &RepoSlug),
    endpoints: &Endpoints,
    deadline: Deadline,
    host: &Host,
) -> Result<Session, Failure> {
    let permissions = permissions(request, remote);
    let session = app::sign_in(endpoints, &app.id, &app.key, slug, &permissions, deadline).await?;
    host.mask(&session.token);
    host.info(&session.notice());
    Ok(session)
}

fn permissions(request: &Request, remote: &Remote) -> Vec<(&'static str, &'static str)> {
    let mut permissions = vec![("contents", "write")];
    if remote.on_protected == OnProtected::PullRequest {
        permissions.push(("pull-requests", "write"));
    }
    // A link is not followed yet: `failures` says so where one leads there.
    if request.files.iter().any(|file| file.path.starts_with(".github/workflows/")) {
        permissions.push(("workflows", "write"));
    }
    permissions
}

impl Minted {
    /// Gives the App's token back, so that nobody can use it any more. It would expire by itself.
    pub(crate) async fn revoke(self, host: &Host) {
        let Some(session) = self.0 else { return };
        if let Some(reason) = session.revoke().await {
            host.info(&format!("The App's token was not revoked, and expires by itself: {reason}"));
        }
    }
}
