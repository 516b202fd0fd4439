//! The host of an ECR registry, which names its account and its region.

use std::fmt;

use crate::{AccountId, Region};

/// The host of Amazon's public gallery, which has an interface of its own.
pub const PUBLIC_GALLERY: &str = "public.ecr.aws";

/// `ACCOUNT.dkr.ecr.REGION.SUFFIX`, `…dkr.ecr-fips.REGION…` or the dual-stack `ACCOUNT.dkr-ecr.REGION.on.aws`
/// (awslabs/amazon-ecr-credential-helper, `api/client.go`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryHost {
    account: AccountId,
    region: Region,
    text: String,
}

impl RegistryHost {
    /// Returns the host of an account's registry.
    pub fn of(account: &AccountId, region: &Region) -> Self {
        let text = format!("{account}.dkr.ecr.{region}.{}", region.dns_suffix());
        Self { account: account.clone(), region: region.clone(), text }
    }

    /// Reads a host without a port; none if it is no registry of ECR.
    pub fn parse(host: &str) -> Option<Self> {
        let labels: Vec<&str> = host.split('.').collect();
        let (account, region) = match labels.as_slice() {
            [account, "dkr", "ecr" | "ecr-fips", region, ..] | [account, "dkr-ecr", region, "on", ..] => {
                (account.parse().ok()?, region.parse().ok()?)
            }
            _ => return None,
        };
        Some(Self { account, region, text: host.to_owned() })
    }

    /// Returns the account that the registry belongs to.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// Returns the region that its tokens come from.
    pub fn region(&self) -> &Region {
        &self.region
    }
}

impl fmt::Display for RegistryHost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}
