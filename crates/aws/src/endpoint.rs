//! Which hosts are called, as AWS's tools are told by the environment
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>).

use aws_sdk_ecr::config::endpoint as ecr;
use aws_sdk_sts::config::endpoint as sts;
use toolkit::Env;

use crate::Region;

/// Where tokens for the public gallery come from.
const PUBLIC: &str = "https://api.ecr-public.us-east-1.amazonaws.com";

/// What the environment says of endpoints. Without an own URL the SDK's rules say the host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Endpoints {
    /// `AWS_USE_FIPS_ENDPOINT`.
    pub(crate) fips: bool,
    /// `AWS_USE_DUALSTACK_ENDPOINT`.
    pub(crate) dual_stack: bool,
    /// `AWS_ENDPOINT_URL_STS`, or else `AWS_ENDPOINT_URL`.
    pub(crate) sts: Option<String>,
    /// `AWS_ENDPOINT_URL_ECR`, or else `AWS_ENDPOINT_URL`.
    pub(crate) ecr: Option<String>,
    /// `AWS_ENDPOINT_URL_ECR_PUBLIC`, or else `AWS_ENDPOINT_URL`.
    pub(crate) ecr_public: Option<String>,
}

impl Endpoints {
    pub(crate) fn of(env: &Env) -> Self {
        let is_true = |name: &str| env.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let configured = |name: &str| {
            let url = env.get(name).or(env.get("AWS_ENDPOINT_URL"));
            url.filter(|_| !is_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")).map(str::to_owned)
        };
        Self {
            fips: is_true("AWS_USE_FIPS_ENDPOINT"),
            dual_stack: is_true("AWS_USE_DUALSTACK_ENDPOINT"),
            sts: configured("AWS_ENDPOINT_URL_STS"),
            ecr: configured("AWS_ENDPOINT_URL_ECR"),
            ecr_public: configured("AWS_ENDPOINT_URL_ECR_PUBLIC"),
        }
    }

    /// The URL of STS in `region`; none where the partition has none like that, which the call itself explains.
    pub(crate) async fn sts_url(&self, region: &Region) -> Option<String> {
        use sts::ResolveEndpoint as _;
        if let Some(url) = &self.sts {
            return Some(url.clone());
        }
        let params = sts::Params::builder()
            .region(region.as_str())
            .use_fips(self.fips)
            .use_dual_stack(self.dual_stack)
            .build()
            .ok()?;
        Some(sts::DefaultResolver::new().resolve_endpoint(&params).await.ok()?.url().to_owned())
    }

    /// The same of ECR's interface.
    pub(crate) async fn ecr_url(&self, region: &Region) -> Option<String> {
        use ecr::ResolveEndpoint as _;
        if let Some(url) = &self.ecr {
            return Some(url.clone());
        }
        let params = ecr::Params::builder()
            .region(region.as_str())
            .use_fips(self.fips)
            .use_dual_stack(self.dual_stack)
            .build()
            .ok()?;
        Some(ecr::DefaultResolver::new().resolve_endpoint(&params).await.ok()?.url().to_owned())
    }

    /// The URL of the public gallery's interface.
    pub(crate) fn ecr_public_url(&self) -> &str {
        self.ecr_public.as_deref().unwrap_or(PUBLIC)
    }
}

#[cfg(test)]
mod tests;
