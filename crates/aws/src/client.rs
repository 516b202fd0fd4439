//! STS and ECR through the AWS SDK.
//!
//! The SDK signs, encodes and decodes. What it would take from its surroundings it gets from us: endpoints and
//! regions from the inputs and the environment's snapshot, connections from the client that all actions share, and
//! no retries, since ours know the deadline and the token's age.

#[cfg(test)]
mod tests;

use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use model::{Deadline, Secret};
use toolkit::Env;

use crate::{CallError, Keys, Region, RoleArn, SessionName, connector, error};

/// A session of an assumed role.
#[derive(Debug)]
pub struct Session {
    /// Its keys.
    pub keys: Keys,
    /// `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`.
    pub arn: String,
    /// When the keys end.
    pub expires_at: String,
}

/// A token for the registries of one region.
#[derive(Debug, Clone)]
pub struct RegistryToken {
    /// The region.
    pub region: Region,
    /// The host of the identity's own registry.
    pub host: String,
    /// The base64 text of `AWS:password`, as Docker's configuration holds it.
    pub auth: Secret,
    /// When it ends.
    pub expires_at: String,
}

/// Clients for the regions that are needed.
#[derive(Debug)]
pub struct Aws {
    base: SdkConfig,
    sts_url: Option<String>,
    ecr_url: Option<String>,
}

impl Aws {
    /// Sets the clients up; no call is made.
    pub fn new(env: &Env, client: reqwest::Client, deadline: Deadline) -> Self {
        let is_true = |name: &str| env.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let base = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(connector::client(client, deadline))
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::disabled())
            .use_fips(is_true("AWS_USE_FIPS_ENDPOINT"))
            .use_dual_stack(is_true("AWS_USE_DUALSTACK_ENDPOINT"))
            .build();
        // <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>
        let configured = |name: &str| {
            let url = env.get(name).or(env.get("AWS_ENDPOINT_URL"));
            url.filter(|_| !is_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")).map(str::to_owned)
        };
        Self {
            base,
            sts_url: configured("AWS_ENDPOINT_URL_STS"),
            ecr_url: configured("AWS_ENDPOINT_URL_ECR"),
        }
    }

    /// Assumes `role` with an OIDC token. The call is not signed.
    pub async fn assume_role(
        &self,
        region: &Region,
        role: &RoleArn,
        session_name: &SessionName,
        duration_seconds: i32,
        token: &Secret,
    ) -> Result<Session, CallError> {
        let reply = self
            .sts(region, None)
            .assume_role_with_web_identity()
            .role_arn(role.as_str())
            .role_session_name(session_name.as_str())
            .duration_seconds(duration_seconds)
            .web_identity_token(token.expose())
            .send()
            .await
            // A validation error may quote the token.
            .map_err(|error| CallError::new("STS", &error).without(token))?;
        let incomplete = || CallError::incomplete("STS", "AssumeRoleWithWebIdentity");
        let keys = reply.credentials().ok_or_else(incomplete)?;
        Ok(Session {
            keys: Keys {
                access_key_id: keys.access_key_id().to_owned(),
                secret_access_key: Secret::new(keys.secret_access_key()),
                session_token: Some(Secret::new(keys.session_token())),
            },
            arn: reply.assumed_role_user().ok_or_else(incomplete)?.arn().to_owned(),
            expires_at: error::time(keys.expiration()),
        })
    }

    /// Asks whose keys these are; returns the ARN.
    pub async fn caller(&self, region: &Region, keys: &Keys) -> Result<String, CallError> {
        let reply = self
            .sts(region, Some(keys))
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| CallError::new("STS", &error))?;
        reply.arn().map(str::to_owned).ok_or_else(|| CallError::incomplete("STS", "GetCallerIdentity"))
    }

    /// Asks for a token for the registries of `region`.
    pub async fn registry_token(&self, region: &Region, keys: &Keys) -> Result<RegistryToken, CallError> {
        let config = self.ecr_config(region).credentials_provider(credentials(keys));
        let reply = aws_sdk_ecr::Client::from_conf(config.build())
            .get_authorization_token()
            .send()
            .await
            .map_err(|error| CallError::new("ECR", &error))?;
        let incomplete = || CallError::incomplete("ECR", "GetAuthorizationToken");
        let data = reply.authorization_data().first().ok_or_else(incomplete)?;
        let endpoint = data.proxy_endpoint().ok_or_else(incomplete)?;
        let host = endpoint.split_once("://").map_or(endpoint, |(_, host)| host).trim_end_matches('/');
        Ok(RegistryToken {
            region: region.clone(),
            host: host.to_owned(),
            auth: Secret::new(data.authorization_token().ok_or_else(incomplete)?),
            expires_at: data.expires_at().map(error::time).unwrap_or_default(),
        })
    }

    /// Returns the settings of ECR in `region`, keys left out.
    pub fn ecr_config(&self, region: &Region) -> aws_sdk_ecr::config::Builder {
        let mut config = aws_sdk_ecr::config::Builder::from(&self.base)
            .region(aws_config::Region::new(region.as_str().to_owned()));
        config.set_endpoint_url(self.ecr_url.clone());
        config
    }

    /// A regional client: VPC endpoints have private names for regional hosts only.
    fn sts(&self, region: &Region, keys: Option<&Keys>) -> aws_sdk_sts::Client {
        let mut config = aws_sdk_sts::config::Builder::from(&self.base)
            .region(aws_config::Region::new(region.as_str().to_owned()));
        config.set_endpoint_url(self.sts_url.clone());
        config.set_credentials_provider(keys.map(|keys| SharedCredentialsProvider::new(credentials(keys))));
        aws_sdk_sts::Client::from_conf(config.build())
    }
}

fn credentials(keys: &Keys) -> Credentials {
    Credentials::new(
        keys.access_key_id.clone(),
        keys.secret_access_key.expose(),
        keys.session_token.as_ref().map(|token| token.expose().to_owned()),
        None,
        "day2",
    )
}
