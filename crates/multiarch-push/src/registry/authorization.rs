//! The header `Authorization` of one repository: Basic without being asked, as ECR wants it, a token once one was
//! asked for, and another credential when the registry no longer takes this one.

use model::{Failure, Secret};
use reqwest::Response;
use url::Url;

use super::{access, challenge::Challenge, client::Repository, retry::Trouble, server::Login, token};
use crate::codes;

/// What is sent with each request, and the credential behind it.
#[derive(Debug, Clone)]
pub(super) struct Authorization {
    login: Login,
    value: Option<Secret>,
}

impl Authorization {
    /// Sends a credential as it is.
    pub(super) fn basic(login: Login) -> Self {
        Self { value: login.credential.as_ref().map(access::basic), login }
    }

    /// Returns the header's value.
    pub(super) fn value(&self) -> Option<&Secret> {
        self.value.as_ref()
    }

    /// Whether a token is sent that was made for somebody who signed in.
    fn is_token_of_somebody(&self) -> bool {
        self.login.credential.is_some()
            && self.value().is_some_and(|value| value.expose().starts_with("Bearer "))
    }

    /// Returns a reply without them.
    pub(super) fn hide(&self, body: &[u8]) -> String {
        access::without_secrets(body, self.value(), self.login.credential.as_ref())
    }

    fn is(&self, other: &Self) -> bool {
        self.value().map(Secret::expose) == other.value().map(Secret::expose)
    }
}

impl Repository {
    /// Makes `authorization` such that a request which was refused with `used` (HTTP 401) may be sent again.
    pub(super) async fn answer_challenge(
        &self,
        url: &Url,
        reply: &Response,
        used: &Authorization,
    ) -> Result<(), Trouble> {
        let challenge = Challenge::of(reply);
        // Only the registry's own address gets to see credentials.
        if !access::same_origin(&self.base, url) {
            return Err(unauthorized(self, used).into());
        }
        let Some(Challenge::Bearer { realm, service, scope, .. }) = challenge else {
            return match self.renew(used).await? {
                true => Ok(()),
                false => Err(unauthorized(self, used).into()),
            };
        };
        let mut authorization = self.authorization.lock().await;
        if !authorization.is(used) {
            return Ok(());
        }
        let scopes = token::with_challenged(&self.scopes, scope.as_deref());
        let fetch = async |login: &Login| {
            // Not through the gate: those that have passed it are waiting for this.
            let (client, deadline, credential) = (self.client(), self.deadline(), login.credential.as_ref());
            token::fetch(client, deadline, &self.base, &realm, service.as_deref(), &scopes, credential).await
        };
        let (login, value) = match fetch(&used.login).await {
            Err(Trouble::Fatal(failure)) if failure.code == &codes::REGISTRY_UNAUTHORIZED => {
                match self.newer(used, &failure).await? {
                    Some(login) => (login.clone(), fetch(&login).await?),
                    None => return Err(failure.into()),
                }
            }
            result => (used.login.clone(), result?),
        };
        *authorization = Authorization { login, value: Some(value) };
        Ok(())
    }

    /// Whether a 401 is a refusal of the call, and not of the token: it says so of the rights that the token was asked
    /// for, or it comes to a token that `is_new`. Docker Hub, GHCR and Harbor refuse a push so.
    pub(super) fn is_denied(&self, reply: &Response, used: &Authorization, is_new: bool) -> bool {
        let is_insufficient = match Challenge::of(reply) {
            Some(Challenge::Bearer { scope, is_insufficient: true, .. }) => {
                token::with_challenged(&self.scopes, scope.as_deref()).len() == self.scopes.len()
            }
            _ => false,
        };
        used.is_token_of_somebody() && (is_new || is_insufficient)
    }

    /// Takes a newer credential than the one that was used, if there is one or one can be made.
    pub(super) async fn renew(&self, used: &Authorization) -> Result<bool, Failure> {
        let mut authorization = self.authorization.lock().await;
        if !authorization.is(used) {
            return Ok(true);
        }
        let newer = self.newer(used, &unauthorized(self, used)).await?;
        let is_newer = newer.is_some();
        if let Some(login) = newer {
            *authorization = Authorization::basic(login);
        }
        Ok(is_newer)
    }

    /// A credential that cannot be made says why, beside what the registry said of the old one.
    async fn newer(&self, used: &Authorization, refused: &Failure) -> Result<Option<Login>, Failure> {
        let newer = self.server.newer(used.login.generation, self.amazon(), self.deadline()).await;
        newer.map_err(|why| refused.clone().with_note(format!("signing in again failed: {why}")))
    }
}

/// What there is to say to a 401.
pub(super) fn unauthorized(repository: &Repository, used: &Authorization) -> Failure {
    let registry = repository.name().registry();
    let cause = match &used.login.credential {
        Some(credential) => format!(
            "{registry} refused the credential of `{}` in Docker's configuration (HTTP 401)",
            credential.user
        ),
        None => format!("{registry} wants a login, and Docker's configuration has none for it (HTTP 401)"),
    };
    Failure::new(&codes::REGISTRY_UNAUTHORIZED, cause)
}
