//! The token that a role is assumed with: the workflow job's own, or the one in a file that the cluster renews.

use std::{
    fs,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use model::{Failure, Secret, codes as general};
use serde_json::Value;
use toolkit::oidc::{self, OIDC_UNAVAILABLE};

use crate::{Aws, Source, retry::Stop};

/// A token with less time left than this many seconds is made anew before it is used again.
const RESERVE: u64 = 60;

/// Keeps one token as long as it is good.
pub(crate) struct Tokens<'a> {
    aws: &'a Aws,
    source: &'a Source,
    token: Option<Secret>,
}

impl<'a> Tokens<'a> {
    pub(crate) fn new(aws: &'a Aws, source: &'a Source) -> Self {
        Self { aws, source, token: None }
    }

    /// Returns the token, another one if it is about to end or was refused as expired.
    pub(crate) async fn get(&mut self, new: bool) -> Result<Secret, Stop> {
        if let Some(token) = self.token.as_ref().filter(|token| !new && has_time(token)) {
            return Ok(token.clone());
        }
        let token = self.fetch().await.map_err(|failure| Stop::Failure(Box::new(failure)))?;
        self.aws.host.mask(&token);
        self.token = Some(token.clone());
        Ok(token)
    }

    /// Returns the claims of the last token.
    pub(crate) fn claims(&self) -> Option<Value> {
        self.token.as_ref().and_then(oidc::claims)
    }

    async fn fetch(&self) -> Result<Secret, Failure> {
        match self.source {
            Source::Oidc { audience, .. } => {
                let host = &self.aws.host;
                let fetch = oidc::fetch(host.env(), &self.aws.http, audience, self.aws.deadline);
                self.aws
                    .phases()
                    .time("OIDC token", fetch)
                    .await
                    .map_err(|failure| of_fork(self.aws, failure))
            }
            Source::WebIdentity { token_file, .. } => read(token_file),
            _ => Err(Failure::new(&general::INTERNAL, "this identity has no token")),
        }
    }
}

fn read(path: &Path) -> Result<Secret, Failure> {
    let refused = |why: &str| {
        Failure::new(
            &general::FILE_ACCESS,
            format!("cannot read the web identity's token ({}): {why}", path.display()),
        )
        .with_remedy("Check `AWS_WEB_IDENTITY_TOKEN_FILE`, and that the pod's service account is mounted.")
    };
    let text = fs::read_to_string(path).map_err(|error| refused(&error.to_string()))?;
    let token = text.trim();
    if token.is_empty() { Err(refused("it is empty")) } else { Ok(Secret::new(token)) }
}

/// Tells the two reasons for a missing token apart: no permission, or a pull request from a fork, which never has it.
fn of_fork(aws: &Aws, failure: Failure) -> Failure {
    let env = aws.host.env();
    let is_unavailable = failure.code == &OIDC_UNAVAILABLE;
    let event = env
        .get("GITHUB_EVENT_PATH")
        .filter(|_| is_unavailable)
        .and_then(|path| serde_json::from_str::<Value>(&fs::read_to_string(path).ok()?).ok());
    let fork = event.as_ref().and_then(|event| event["pull_request"]["head"]["repo"]["full_name"].as_str());
    match fork.filter(|fork| env.get("GITHUB_REPOSITORY").is_some_and(|own| !own.eq_ignore_ascii_case(fork))) {
        Some(fork) if env.get("GITHUB_EVENT_NAME") == Some("pull_request") => Failure::new(
            &OIDC_UNAVAILABLE,
            format!("this run is for a pull request from the fork {fork}, and GitHub gives such runs no OIDC token"),
        )
        .with_remedy("Sign in after the merge, on `push`, or leave the step out for forks."),
        _ => failure,
    }
}

/// Whether a token is good for another call. One that does not say its end is asked for again each time.
fn has_time(token: &Secret) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let expires = oidc::claims(token).and_then(|claims| claims["exp"].as_u64());
    expires.is_some_and(|expires| expires > now + RESERVE)
}
