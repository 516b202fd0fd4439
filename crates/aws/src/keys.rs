//! AWS keys.

use aws_credential_types::Credentials;
use model::Secret;
use toolkit::Env;

/// One set of AWS keys.
#[derive(Debug, Clone)]
pub struct Keys {
    /// `AKIA…` or `ASIA…`.
    pub access_key_id: String,
    /// The secret key.
    pub secret_access_key: Secret,
    /// Only for temporary keys.
    pub session_token: Option<Secret>,
}

impl Keys {
    /// Reads the keys of the environment; none unless both are set.
    pub fn from_env(env: &Env) -> Option<Self> {
        Some(Self {
            access_key_id: env.get("AWS_ACCESS_KEY_ID")?.to_owned(),
            secret_access_key: Secret::new(env.get("AWS_SECRET_ACCESS_KEY")?),
            session_token: env.get("AWS_SESSION_TOKEN").map(Secret::new),
        })
    }

    /// Whether they belong to a session: what is assumed with them is chained.
    pub(crate) fn are_temporary(&self) -> bool {
        self.session_token.is_some()
    }

    pub(crate) fn for_sdk(&self) -> Credentials {
        Credentials::new(
            self.access_key_id.clone(),
            self.secret_access_key.expose(),
            self.session_token.as_ref().map(|token| token.expose().to_owned()),
            None,
            "day2",
        )
    }
}
