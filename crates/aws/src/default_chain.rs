//! AWS's default chain: profiles, the instance's metadata, and all else that its tools look at.

use aws_config::{
    BehaviorVersion, default_provider::credentials::DefaultCredentialsChain, provider_config::ProviderConfig,
};
use aws_credential_types::provider::ProvideCredentials;
use aws_smithy_types::error::display::DisplayErrorContext;
use model::{Failure, Secret};

use crate::{Aws, Keys, Region, codes, connector};

/// Returns the keys that the chain finds. It reads the process's own environment and the files of `~/.aws`.
pub(crate) async fn keys(aws: &Aws, region: &Region) -> Result<Keys, Failure> {
    let config = ProviderConfig::without_region()
        .with_behavior_version(Some(BehaviorVersion::latest()))
        .with_region(Some(aws_config::Region::new(region.as_str().to_owned())))
        .with_use_fips(Some(aws.endpoints.fips))
        .with_use_dual_stack(Some(aws.endpoints.dual_stack))
        .with_http_client(connector::client(aws.http.clone(), aws.deadline));
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
        .map_err(|_| nothing("the time was over".to_owned()))?
        .map_err(|error| nothing(DisplayErrorContext(error).to_string()))?;
    Ok(Keys {
        access_key_id: keys.access_key_id().to_owned(),
        secret_access_key: Secret::new(keys.secret_access_key()),
        session_token: keys.session_token().map(Secret::new),
    })
}
