//! The host of an ECR registry, which names its account and its region.

use std::fmt;

use toolkit::Env;

use crate::{AccountId, Region, endpoint::Endpoints};

/// The host of Amazon's public gallery, which has an interface of its own.
pub const PUBLIC_GALLERY: &str = "public.ecr.aws";

/// `ACCOUNT.dkr.ecr.REGION.SUFFIX`, the same with `ecr-fips`, or dual-stack `ACCOUNT.dkr-ecr.REGION.on.aws` and
/// `ACCOUNT.dkr-ecr-fips.REGION.on.aws` (awslabs/amazon-ecr-credential-helper, `api/client.go`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryHost {
    account: AccountId,
    region: Region,
    form: HostForm,
}

/// Which of a registry's hosts is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HostForm {
    /// Its cryptography is validated to FIPS 140.
    pub fips: bool,
    /// It has IPv6 addresses as well.
    pub dual_stack: bool,
}

impl HostForm {
    /// Returns the form that `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT` ask for.
    pub fn of(env: &Env) -> Self {
        let endpoints = Endpoints::of(env);
        Self { fips: endpoints.fips, dual_stack: endpoints.dual_stack }
    }
}

impl RegistryHost {
    /// Returns the host of an account's registry.
    pub fn of(account: &AccountId, region: &Region, form: HostForm) -> Self {
        Self { account: account.clone(), region: region.clone(), form }
    }

    /// Reads a host without a port; none if it is no registry of ECR. The suffix has to be the region's own: a name
    /// that merely looks like a registry is someone else's host.
    pub fn parse(host: &str) -> Option<Self> {
        let labels: Vec<&str> = host.split('.').collect();
        let (account, region, form) = match labels.as_slice() {
            [account, "dkr", service, region, ..] => (account, region, form("ecr", service, false)?),
            [account, service, region, ..] => (account, region, form("dkr-ecr", service, true)?),
            _ => return None,
        };
        let read = Self { account: account.parse().ok()?, region: region.parse().ok()?, form };
        (read.to_string() == host).then_some(read)
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

fn form(name: &str, service: &str, dual_stack: bool) -> Option<HostForm> {
    match service.strip_prefix(name)? {
        "" => Some(HostForm { fips: false, dual_stack }),
        "-fips" => Some(HostForm { fips: true, dual_stack }),
        _ => None,
    }
}

impl fmt::Display for RegistryHost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { account, region, form } = self;
        let fips = if form.fips { "-fips" } else { "" };
        if form.dual_stack {
            write!(formatter, "{account}.dkr-ecr{fips}.{region}.{}", region.dual_stack_suffix())
        } else {
            write!(formatter, "{account}.dkr.ecr{fips}.{region}.{}", region.dns_suffix())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_as_it_is_written() {
        let account: AccountId = "012345678901".parse().unwrap();
        for (region, form, host) in [
            ("eu-central-1", (false, false), "012345678901.dkr.ecr.eu-central-1.amazonaws.com"),
            ("us-east-2", (true, false), "012345678901.dkr.ecr-fips.us-east-2.amazonaws.com"),
            ("us-west-2", (false, true), "012345678901.dkr-ecr.us-west-2.on.aws"),
            ("us-west-2", (true, true), "012345678901.dkr-ecr-fips.us-west-2.on.aws"),
            ("us-gov-west-1", (true, false), "012345678901.dkr.ecr-fips.us-gov-west-1.amazonaws.com"),
            ("cn-north-1", (false, false), "012345678901.dkr.ecr.cn-north-1.amazonaws.com.cn"),
            ("cn-north-1", (false, true), "012345678901.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn"),
            ("us-iso-east-1", (false, false), "012345678901.dkr.ecr.us-iso-east-1.c2s.ic.gov"),
            ("us-isob-east-1", (false, false), "012345678901.dkr.ecr.us-isob-east-1.sc2s.sgov.gov"),
            ("eusc-de-east-1", (false, false), "012345678901.dkr.ecr.eusc-de-east-1.amazonaws.eu"),
        ] {
            let form = HostForm { fips: form.0, dual_stack: form.1 };
            let registry = RegistryHost::of(&account, &region.parse().unwrap(), form);
            assert_eq!(registry.to_string(), host);
            assert_eq!(RegistryHost::parse(host), Some(registry));
        }
    }

    #[test]
    fn what_merely_looks_like_a_registry_is_none() {
        for host in [
            "123456789012.dkr.ecr.eu-central-1.amazonaws.com.evil.example",
            "123456789012.dkr.ecr.eu-central-1.evil.example",
            "123456789012.dkr.ecr.cn-north-1.amazonaws.com",
            "12345.dkr.ecr.eu-central-1.amazonaws.com",
            "123456789012.dkr.ecr-x.eu-central-1.amazonaws.com",
            "public.ecr.aws",
            "localhost",
        ] {
            assert_eq!(RegistryHost::parse(host), None, "{host}");
        }
    }
}
