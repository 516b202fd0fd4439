//! AWS's default chain: the environment, profiles with keys or roles, and the metadata of containers and instances.

use std::error::Error;

use aws_config::{
    BehaviorVersion, default_provider::credentials::DefaultCredentialsChain, provider_config::ProviderConfig,
};
use aws_credential_types::provider::ProvideCredentials;
use model::{Failure, Secret, codes as general};
use toolkit::http::{self, ClientOptions};

use crate::{Aws, Keys, Region, codes, connector};

/// Returns the keys that the chain finds. It reads the process's own environment and the files of `~/.aws`.
pub(crate) async fn keys(aws: &Aws, region: &Region) -> Result<Keys, Failure> {
    // No proxy can reach the agents of the machine, and none may see their tokens and the keys that they give.
    let direct = http::client(&ClientOptions { use_proxies: false, ..ClientOptions::default() })?;
    let config = ProviderConfig::without_region()
        .with_behavior_version(Some(BehaviorVersion::latest()))
        .with_region(Some(aws_config::Region::new(region.as_str().to_owned())))
        .with_use_fips(Some(aws.endpoints.fips))
        .with_use_dual_stack(Some(aws.endpoints.dual_stack))
        .with_http_client(connector::with_agents(aws.http.clone(), direct, aws.deadline));
    let look = async {
        let chain = DefaultCredentialsChain::builder().configure(config).build().await;
        chain.provide_credentials().await
    };
    let nothing = |why: String| {
        Failure::new(&codes::NO_CREDENTIALS, format!("AWS's default chain found no keys: {why}"))
    };
    let found =
        tokio::time::timeout(aws.deadline.remaining(), aws.phases().time("default chain", look)).await;
    let keys = found
        .map_err(|_| Failure::new(&general::DEADLINE_PASSED, "AWS's default chain found no keys in time"))?
        .map_err(|error| nothing(without_token(aws, &chain(&error))))?;
    Ok(Keys {
        access_key_id: keys.access_key_id().to_owned(),
        secret_access_key: Secret::new(keys.secret_access_key()),
        session_token: keys.session_token().map(Secret::new),
    })
}

/// Returns what the errors say; their debug text has whole replies.
fn chain(error: &dyn Error) -> String {
    let mut texts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(inner) = source {
        texts.push(inner.to_string());
        source = inner.source();
    }
    texts.dedup();
    texts.join(": ")
}

/// Takes the web identity's token out, which a refusal may quote, and which the chain has read by itself.
fn without_token(aws: &Aws, text: &str) -> String {
    let path = aws.host.env().get("AWS_WEB_IDENTITY_TOKEN_FILE");
    let token = path.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
    match token.trim() {
        "" => text.to_owned(),
        token => {
            aws.host.mask(&Secret::new(token));
            text.replace(token, "***")
        }
    }
}
