//! STS and ECR through the AWS SDK.
//!
//! The SDK signs, encodes and decodes. What it would take from its surroundings it gets from us: endpoints and
//! regions from the inputs and the environment's snapshot, connections from the client that all actions share, and
//! no retries, since ours know the deadline and the token's age.

#[cfg(test)]
mod sandbox_tests;
#[cfg(test)]
mod tests;

use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use model::{Deadline, Failure, Secret, codes as general};
use reqwest::Client;
use toolkit::{
    Host, Phases,
    http::{self, ClientOptions},
};

use crate::{
    CallError, Keys, Region, Session, Token, connector,
    diagnose::{self, About},
    endpoint::Endpoints,
    error,
    retry::{self, Stop},
};

/// AWS, called within one deadline. Every secret that it gets is masked in the log at once.
#[derive(Debug)]
pub struct Aws {
    pub(crate) host: Host,
    pub(crate) http: Client,
    pub(crate) deadline: Deadline,
    pub(crate) base: SdkConfig,
    pub(crate) endpoints: Endpoints,
    pub(crate) hides_accounts: bool,
    phases: Phases,
}

/// How long a connection may take: within the default `timeout` of a login a second and a third one can still be made.
const CONNECT: Duration = Duration::from_secs(3);

impl Aws {
    /// Sets the clients up; no call is made. The authorities that `AWS_CA_BUNDLE` names are trusted, as by every AWS tool.
    pub fn open(host: &Host, deadline: Deadline) -> Result<Self, Failure> {
        let client = http::client(&ClientOptions {
            ca_pem: ca_bundle(host)?,
            connect_timeout: CONNECT,
            connects_early: true,
            ..ClientOptions::default()
        })?;
        Ok(Self::new(host, client, deadline))
    }

    /// The same over a given client.
    pub(crate) fn new(host: &Host, http: Client, deadline: Deadline) -> Self {
        let endpoints = Endpoints::of(host.env());
        let base = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(connector::client(http.clone(), deadline))
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::disabled())
            .use_fips(endpoints.fips)
            .use_dual_stack(endpoints.dual_stack)
            .build();
        Self {
            host: host.clone(),
            http,
            deadline,
            base,
            endpoints,
            hides_accounts: false,
            phases: Phases::new(),
        }
    }

    /// Begins to connect to STS in `region`, and to where the tokens of the registries in `registries` and, if it is
    /// `public`, of the gallery come from. It is called before the first call, during which the connections are made.
    pub async fn connect_early(&self, region: &Region, registries: &[Region], public: bool) {
        let mut urls = vec![self.endpoints.sts_url(region).await];
        for region in registries {
            urls.push(self.endpoints.ecr_url(region).await);
        }
        urls.extend(public.then(|| Some(self.endpoints.ecr_public_url().to_owned())));
        for url in urls.iter().flatten() {
            http::connect_early(&self.http, url).await;
        }
    }

    /// Masks the account of keys that are used as they are, as soon as it is known.
    #[must_use]
    pub fn hiding_accounts(mut self, hides_accounts: bool) -> Self {
        self.hides_accounts = hides_accounts;
        self
    }

    /// Returns how long the calls took.
    pub fn phases(&self) -> &Phases {
        &self.phases
    }

    /// Asks for a credential for the registries of `region`: every one there that the session may reach
    /// (API reference of `GetAuthorizationToken`, `registryIds`).
    pub async fn registry_token(&self, session: &Session, region: &Region) -> Result<Token, Failure> {
        let client = self.ecr(region, &session.keys);
        let call = async |_| {
            let call_error = |error| Stop::Call(CallError::new("ECR", "GetAuthorizationToken", &error));
            let reply = client.get_authorization_token().send().await.map_err(call_error)?;
            let incomplete = || Stop::Call(CallError::incomplete("ECR", "GetAuthorizationToken"));
            let data = reply.authorization_data().first().ok_or_else(incomplete)?;
            let endpoint = data.proxy_endpoint().ok_or_else(incomplete)?;
            let host = endpoint.split_once("://").map_or(endpoint, |(_, host)| host).trim_end_matches('/');
            Ok(Token {
                region: region.clone(),
                host: host.to_owned(),
                auth: Secret::new(data.authorization_token().ok_or_else(incomplete)?),
                expires_at: data.expires_at().map(error::time).unwrap_or_default(),
            })
        };
        let about =
            About { caller: Some(session.arn.clone()), region: region.to_string(), ..About::default() };
        let token = self.until_done("registry token", call, &about).await?;
        self.mask_token(&token.auth);
        Ok(token)
    }

    /// Makes calls of one kind until one works, is refused, or there is no time; `phase` is what the timings show.
    pub(crate) async fn until_done<T>(
        &self,
        phase: &'static str,
        call: impl AsyncFnMut(bool) -> Result<T, Stop>,
        about: &About,
    ) -> Result<T, Failure> {
        let result = self.phases.time(phase, retry::until_done(self.deadline, call)).await;
        result.map_err(|gave_up| diagnose::explained(gave_up, about))
    }

    /// Makes sure that no later line can show the keys.
    pub(crate) fn mask_keys(&self, keys: &Keys) {
        self.host.mask(&keys.secret_access_key);
        if let Some(token) = &keys.session_token {
            self.host.mask(token);
        }
    }

    /// The same for a registry credential, as it stands in the file and as the password that is in it.
    pub(crate) fn mask_token(&self, auth: &Secret) {
        self.host.mask(auth);
        if let Some(password) = password(auth) {
            self.host.mask(&password);
        }
    }

    /// A client of ECR's interface in `region`.
    pub(crate) fn ecr(&self, region: &Region, keys: &Keys) -> aws_sdk_ecr::Client {
        let mut config = aws_sdk_ecr::config::Builder::from(&self.base)
            .region(aws_config::Region::new(region.as_str().to_owned()))
            .credentials_provider(keys.for_sdk());
        config.set_endpoint_url(self.endpoints.ecr.clone());
        aws_sdk_ecr::Client::from_conf(config.build())
    }

    /// A regional client: VPC endpoints have private names for regional hosts only.
    pub(crate) fn sts(&self, region: &Region, keys: Option<&Keys>) -> aws_sdk_sts::Client {
        let mut config = aws_sdk_sts::config::Builder::from(&self.base)
            .region(aws_config::Region::new(region.as_str().to_owned()));
        config.set_endpoint_url(self.endpoints.sts.clone());
        config.set_credentials_provider(keys.map(|keys| SharedCredentialsProvider::new(keys.for_sdk())));
        aws_sdk_sts::Client::from_conf(config.build())
    }
}

fn ca_bundle(host: &Host) -> Result<Option<Vec<u8>>, Failure> {
    let Some(path) = host.env().get("AWS_CA_BUNDLE") else { return Ok(None) };
    std::fs::read(path).map(Some).map_err(|error| {
        Failure::new(&general::FILE_ACCESS, format!("cannot read `AWS_CA_BUNDLE` ({path}): {error}"))
    })
}

/// Returns the password within a registry credential, the base64 of `AWS:password`.
pub fn password(auth: &Secret) -> Option<Secret> {
    let decoded = aws_smithy_types::base64::decode(auth.expose()).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    text.split_once(':').map(|(_, password)| Secret::new(password))
}
