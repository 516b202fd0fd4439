//! A registry to sign in to, as the input names it.

use std::str::FromStr;

use aws::{AccountId, HostForm, PUBLIC_GALLERY, Region, RegistryHost};
use model::ParseError;

/// A registry's host, or the account whose registry in `aws-region` is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Registry {
    /// `123456789012`.
    Account(AccountId),
    /// `123456789012.dkr.ecr.eu-central-1.amazonaws.com`, or a name of one's own that leads there.
    Host {
        /// The host, and maybe a port.
        host: String,
        /// The region, if the host names it.
        region: Option<Region>,
    },
}

impl Registry {
    /// Returns the host; the one of an account is in `region`.
    pub(crate) fn host(&self, region: &Region) -> String {
        match self {
            Self::Account(account) => RegistryHost::of(account, region, HostForm::default()).to_string(),
            Self::Host { host, .. } => host.clone(),
        }
    }

    /// Returns the region that its token comes from: the host's own, else `region`.
    pub(crate) fn region<'a>(&'a self, region: &'a Region) -> &'a Region {
        match self {
            Self::Host { region: Some(own), .. } => own,
            _ => region,
        }
    }
}

impl FromStr for Registry {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let error = |expected| Err(ParseError::new("a registry", text, expected));
        let expected =
            "a host such as `123456789012.dkr.ecr.eu-central-1.amazonaws.com`, or 12 digits of an account";
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse().map(Self::Account);
        }
        let host = text.to_ascii_lowercase();
        if host == PUBLIC_GALLERY {
            return error("a private registry: the public gallery is not in this version");
        }
        let (name, port) =
            host.split_once(':').map_or((host.as_str(), None), |(name, port)| (name, Some(port)));
        let label = |label: &str| {
            !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let is_host = name == "localhost" || name.contains('.');
        if !is_host || !name.split('.').all(label) || port.is_some_and(|port| port.parse::<u16>().is_err()) {
            return error(expected);
        }
        let region = RegistryHost::parse(name).map(|host| host.region().clone());
        Ok(Self::Host { host, region })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_know_their_region() {
        let default: Region = "eu-central-1".parse().unwrap();
        for (text, host, region) in [
            ("012345678901", "012345678901.dkr.ecr.eu-central-1.amazonaws.com", "eu-central-1"),
            (
                "123456789012.dkr.ecr.us-east-1.amazonaws.com",
                "123456789012.dkr.ecr.us-east-1.amazonaws.com",
                "us-east-1",
            ),
            (
                "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com",
                "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com",
                "us-gov-west-1",
            ),
            ("123456789012.dkr-ecr.us-west-2.on.aws", "123456789012.dkr-ecr.us-west-2.on.aws", "us-west-2"),
            ("127.0.0.1:5000", "127.0.0.1:5000", "eu-central-1"),
            ("Images.example.com", "images.example.com", "eu-central-1"),
        ] {
            let registry: Registry = text.parse().unwrap();
            assert_eq!(registry.host(&default), host);
            assert_eq!(registry.region(&default).as_str(), region, "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "12345678901",
            "product/dev",
            "https://123456789012.dkr.ecr.eu-central-1.amazonaws.com",
            "123456789012.dkr.ecr.eu-central-1.amazonaws.com/product",
            "public.ecr.aws",
            "host..example",
            "a.b:99999",
        ] {
            assert!(text.parse::<Registry>().is_err(), "{text}");
        }
    }
}
