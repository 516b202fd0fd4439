//! The identities that the environment offers by itself.

use std::path::PathBuf;

use model::ParseError;
use toolkit::{Env, GitHubContext};

use crate::{Identity, RoleArn, SessionName, SessionPolicy, Source};

/// How long a session lasts if nobody says: the shortest that STS gives. A registry token outlives it.
pub const DEFAULT_SECONDS: i32 = 900;

/// What the environment offers; each with the variables that say so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ambient {
    /// The job may ask for an OIDC token.
    pub oidc: bool,
    /// There are keys.
    pub keys: bool,
    /// The role and the file of a web identity.
    pub web_identity: Option<Source>,
    /// The file of a web identity, also if it has no role.
    pub token_file: Option<PathBuf>,
    /// What is wrong with the role of the web identity.
    pub bad_role: Option<String>,
    /// There is an agent beside the container.
    pub container: bool,
}

impl Ambient {
    /// Looks at the variables that AWS's tools know
    /// (<https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html>).
    pub fn of(env: &Env) -> Self {
        let is_set = |name: &str| env.get(name).is_some();
        Self {
            oidc: is_set("ACTIONS_ID_TOKEN_REQUEST_URL"),
            keys: is_set("AWS_ACCESS_KEY_ID") && is_set("AWS_SECRET_ACCESS_KEY"),
            web_identity: web_identity(env),
            token_file: env.get("AWS_WEB_IDENTITY_TOKEN_FILE").map(PathBuf::from),
            bad_role: role(env).and_then(Result::err).map(|error| error.to_string()),
            container: is_set("AWS_CONTAINER_CREDENTIALS_FULL_URI")
                || is_set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
        }
    }

    /// Returns each source of keys that is there without a token of the job, with its value of `auth`.
    pub fn sources(&self) -> Vec<(&'static str, Source)> {
        [
            self.keys.then_some(("env", Source::Env)),
            self.web_identity.clone().map(|source| ("irsa", source)),
            self.container.then_some(("pod-identity", Source::Container)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn role(env: &Env) -> Option<Result<RoleArn, ParseError>> {
    env.get("AWS_ROLE_ARN").map(str::parse)
}

fn web_identity(env: &Env) -> Option<Source> {
    let role = role(env)?.ok()?;
    Some(Source::WebIdentity { role, token_file: env.get("AWS_WEB_IDENTITY_TOKEN_FILE")?.into() })
}

/// Returns the one identity that the environment has; none if there is none, or if there are several.
pub(crate) fn identity(env: &Env) -> Option<Identity> {
    match Ambient::of(env).sources().as_slice() {
        [(_, source)] => Some(Identity {
            source: source.clone(),
            chain: Vec::new(),
            session_name: SessionName::of_run(&GitHubContext::from_env(env)),
            duration_seconds: DEFAULT_SECONDS,
            policy: SessionPolicy::default(),
        }),
        _ => None,
    }
}
