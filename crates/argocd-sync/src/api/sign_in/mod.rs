//! From a credential to a token that Argo CD accepts.

mod advice;
mod exchange;
mod identity;
mod settings;

use model::{Failure, Secret, codes as general};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use toolkit::{Host, oidc};
use url::Url;

use self::{
    advice::Stranger,
    identity::issuer,
    settings::{Settings, Trust},
};
use super::{ApiError, RefusalKind, persist::persist, transport::Transport};
use crate::{
    codes,
    credential::{Credential, Federated},
};

/// How a token was come by, which decides what is to be done when it is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    /// It was given.
    Given,
    /// A user's password was given for it.
    Password,
    /// It is another issuer's, which Argo CD itself trusts, for these audiences.
    Direct(Vec<String>),
    /// Dex gave it for another issuer's.
    Dex,
}

/// Signs in. The token is masked.
pub(super) async fn sign_in(
    transport: &Transport,
    credential: &Credential,
    host: &Host,
) -> Result<(Secret, Way), Failure> {
    let (token, way) = match credential {
        Credential::Token(token) => (token.clone(), Way::Given),
        Credential::Password { user, password } => {
            (with_password(transport, user, password).await?, Way::Password)
        }
        Credential::Federated(federated) => with_identity(transport, federated, host).await?,
    };
    host.mask(&token);
    Ok((token, way))
}

/// Explains why Argo CD refuses a token.
pub(super) fn refused(way: &Way, token: &Secret, server: &Url, message: &str) -> Failure {
    let claims = oidc::claims(token).unwrap_or(Value::Null);
    match way {
        Way::Given | Way::Password => Failure::new(
            &codes::ARGOCD_UNAUTHORIZED,
            format!("Argo CD at {} does not accept the token: {message}", name(server)),
        ),
        Way::Direct(audiences) => advice::not_accepted(&claims, audiences, name(server), message),
        Way::Dex => advice::dex_token_not_accepted(&claims, name(server), message),
    }
}

async fn with_password(transport: &Transport, user: &str, password: &Secret) -> Result<Secret, Failure> {
    #[derive(Deserialize)]
    struct Session {
        token: String,
    }
    let body = json!({ "username": user, "password": password.expose() });
    let call =
        || transport.json(transport.request(&Method::POST, &["api", "v1", "session"], &[]).json(&body));
    match persist(transport.deadline(), call).await {
        Ok(Session { token }) => Ok(Secret::new(token)),
        Err(error) if error.refusal_kind() == Some(RefusalKind::Unauthorized) => Err(Failure::new(
            &codes::ARGOCD_UNAUTHORIZED,
            format!("Argo CD does not let `{user}` sign in: {error}"),
        )
        .with_remedy("Check `username` and `password`, and that the account has the capability `login`.")),
        Err(error) => Err(failed(&error, transport.url())),
    }
}

async fn with_identity(
    transport: &Transport,
    federated: &Federated,
    host: &Host,
) -> Result<(Secret, Way), Failure> {
    let settings =
        || transport.json::<Settings>(transport.request(&Method::GET, &["api", "v1", "settings"], &[]));
    let settings = persist(transport.deadline(), settings).await;
    let trust = settings.map_err(|error| failed(&error, transport.url()))?.trust();
    let audience = federated.audience.clone().unwrap_or_else(|| trust.audience(transport.url()));
    let token = identity::token(&federated.source, &audience, host, transport.deadline()).await?;
    let claims = oidc::claims(&token).unwrap_or(Value::Null);
    let stranger = || Stranger { claims: &claims, source: &federated.source, server: name(transport.url()) };
    match trust {
        Trust::Direct { issuer: trusted, audiences } if trusted == issuer(&claims) => {
            Ok((token, Way::Direct(audiences)))
        }
        Trust::Direct { issuer, .. } => Err(advice::other_issuer(&stranger(), &issuer)),
        Trust::Nobody => Err(advice::nobody(&stranger())),
        Trust::Dex(connectors) => {
            let connector = match &federated.connector {
                Some(connector) => connector.clone(),
                None => settings::only_connector(&connectors)
                    .ok_or_else(|| advice::which_connector(&stranger(), &connectors))?,
            };
            let call = || exchange::exchange(transport, &connector, &token);
            match persist(transport.deadline(), call).await {
                Ok(Ok(token)) => Ok((token, Way::Dex)),
                Ok(Err(refusal)) => Err(advice::dex(&stranger(), &connector, &connectors, &refusal)),
                Err(error) => Err(failed(&error, transport.url())),
            }
        }
    }
}

/// A failure that has nothing to do with who we are.
fn failed(error: &ApiError, server: &Url) -> Failure {
    super::explain::of_transport(error, server).unwrap_or_else(|| {
        Failure::new(
            &general::UNEXPECTED_REPLY,
            format!("Argo CD at {} refused to sign in: {error}", name(server)),
        )
    })
}

fn name(server: &Url) -> &str {
    server.host_str().unwrap_or_default()
}
