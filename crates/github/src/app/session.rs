//! An App's token for the length of one run.

use std::time::Duration;

use model::{Deadline, Failure, RepoSlug, Secret};

use super::{installation_token, revoke};
use crate::{Endpoints, GitHub};

/// For giving the token back: a run that ran out of time has none left, and the token is to be worthless all the same.
const REVOKE_WITHIN: Duration = Duration::from_secs(5);

/// A token that was made for one repository and one run, to be given back with [`Session::revoke`]. A run that is
/// cancelled is dropped where it stands, and the token is given back then.
#[derive(Debug)]
pub struct Session {
    /// The token, for the caller to mask before anything else is said.
    pub token: Secret,
    endpoints: Endpoints,
    notice: String,
    is_over: bool,
}

/// Signs in as an App: a token for `repository` alone, with `permissions` alone, such as `("contents", "write")`.
///
/// `id` is the App's number or its client id (`Iv23…`), `key` its private key in PEM form.
pub async fn sign_in(
    endpoints: &Endpoints,
    id: &str,
    key: &Secret,
    repository: &RepoSlug,
    permissions: &[(&str, &str)],
    deadline: Deadline,
) -> Result<Session, Failure> {
    let minted = installation_token(endpoints, id, key, repository, permissions, deadline).await?;
    let name = if minted.app_slug.is_empty() { id } else { &minted.app_slug };
    let list: Vec<String> = permissions.iter().map(|(scope, access)| format!("{scope}: {access}")).collect();
    let notice = format!(
        "Signed in as GitHub App {name} on {repository}, with {}, until {}",
        list.join(", "),
        minted.expires_at
    );
    Ok(Session { token: minted.token, endpoints: endpoints.clone(), notice, is_over: false })
}

impl Session {
    /// Says as whom, where, with which permissions and until when, for the log.
    pub fn notice(&self) -> String {
        self.notice.clone()
    }

    /// Gives the token back, so that nobody can use it any more. Returns why it could not; it expires by itself then.
    pub async fn revoke(mut self) -> Option<String> {
        let reason = give_back(self.endpoints.clone(), &self.token).await;
        self.is_over = true;
        reason
    }
}

async fn give_back(endpoints: Endpoints, token: &Secret) -> Option<String> {
    match GitHub::new(endpoints, token, Deadline::after(REVOKE_WITHIN)) {
        Ok(github) => revoke(&github).await.err().map(|error| error.to_string()),
        Err(failure) => Some(failure.to_string()),
    }
}

impl Drop for Session {
    /// Nothing can be awaited here, and the run's own runtime is about to end: the call has a thread of its own. A runner
    /// waits for some seconds between its signals, which is long enough.
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let (endpoints, token) = (self.endpoints.clone(), self.token.clone());
        let giving_back = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.map(|runtime| runtime.block_on(give_back(endpoints, &token)))
        });
        // The token expires by itself; there is nobody left to tell.
        let _ = giving_back.join();
    }
}
