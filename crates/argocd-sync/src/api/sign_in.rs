//! From a user's name and password to a token.

use model::{Deadline, Failure, Secret};
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::{ArgoCd, RefusalKind};
use crate::{
    codes,
    request::{ApplicationName, Credential, Server},
};

#[derive(Deserialize)]
struct Session {
    token: String,
}

impl ArgoCd {
    /// Signs in. Returns the token as well, so that it can be masked.
    pub(crate) async fn sign_in(
        server: &Server,
        application: &ApplicationName,
        deadline: Deadline,
    ) -> Result<(Self, Secret), Failure> {
        let (user, password) = match &server.credential {
            Credential::Token(token) => {
                return Ok((Self::new(server, application, Some(token), deadline)?, token.clone()));
            }
            Credential::Password { user, password } => (user, password),
        };
        let anonymous = Self::new(server, application, None, deadline)?;
        let body = json!({ "username": user, "password": password.expose() });
        let request = anonymous.request(&Method::POST, &["api", "v1", "session"], &[]).json(&body);
        match anonymous.json::<Session>(request).await {
            Ok(session) => {
                let token = Secret::new(session.token);
                Ok((Self::new(server, application, Some(&token), deadline)?, token))
            }
            Err(error) if error.refusal_kind() == Some(RefusalKind::Unauthorized) => Err(Failure::new(
                &codes::ARGOCD_UNAUTHORIZED,
                format!("Argo CD does not let `{user}` sign in: {error}"),
            )
            .with_remedy(
                "Check `username` and `password`, and that the account has the capability `login`.",
            )),
            Err(error) => Err(anonymous.explain(error, "sign in for").await),
        }
    }
}
