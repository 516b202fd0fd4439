//! A registry to sign in to, as the input names it.

use std::str::FromStr;

use aws::{AccountId, HostForm, PUBLIC_GALLERY, Region, RegistryHost, RoleArn};
use model::ParseError;

/// A registry's host, or the account whose registry is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Registry {
    /// `123456789012`, in `aws-region`, or `123456789012/eu-central-1`.
    Account(AccountId, Option<Region>),
    /// `123456789012.dkr.ecr.eu-central-1.amazonaws.com`, or a name of one's own that leads there.
    Host {
        /// The host, and maybe a port.
        host: String,
        /// The account and the region, if the host names them.
        known: Option<RegistryHost>,
    },
    /// `public.ecr.aws`.
    Public,
}

/// A registry, and the role that it takes if that is another than the login's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Where.
    pub(crate) registry: Registry,
    /// The role in the registry's account, assumed with the login's session.
    pub(crate) role: Option<RoleArn>,
}

impl Registry {
    /// Returns the host; the one of an account is in `region`, unless it names one, and of the given form.
    pub(crate) fn host(&self, region: &Region, form: HostForm) -> String {
        match self {
            Self::Account(account, _) => RegistryHost::of(account, self.region(region), form).to_string(),
            Self::Host { host, .. } => host.clone(),
            Self::Public => PUBLIC_GALLERY.to_owned(),
        }
    }

    /// Returns the account that it belongs to, if it is known.
    pub(crate) fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Account(account, _) => Some(account),
            Self::Host { known, .. } => known.as_ref().map(RegistryHost::account),
            Self::Public => None,
        }
    }

    /// Whether Amazon's own names say that the host is Amazon's.
    pub(crate) fn is_amazons(&self) -> bool {
        !matches!(self, Self::Host { known: None, .. })
    }

    /// Returns the region that its token comes from: its own, else `region`.
    pub(crate) fn region<'a>(&'a self, region: &'a Region) -> &'a Region {
        match self {
            Self::Host { known: Some(host), .. } => host.region(),
            Self::Account(_, Some(own)) => own,
            _ => region,
        }
    }
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (registry, role) = text
            .split_once('=')
            .map_or((text, None), |(registry, role)| (registry.trim(), Some(role.trim())));
        // What looks like a URL with a user is not repeated: it may hold a password.
        if registry.contains('@') {
            return Err(
                "holds an `@` (not shown, since it may hold a password): write the host only".to_owned()
            );
        }
        let said = |error: ParseError| error.to_string();
        let role = role.map(str::parse::<RoleArn>).transpose().map_err(said)?;
        Ok(Self { registry: registry.parse().map_err(said)?, role })
    }
}

impl FromStr for Registry {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let error = |expected| Err(ParseError::new("a registry", text, expected));
        let expected = "a host such as `123456789012.dkr.ecr.eu-central-1.amazonaws.com`, 12 digits of an account, \
                        `ACCOUNT/REGION` or `public`";
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if digits(text) {
            return text.parse().map(|account| Self::Account(account, None));
        }
        if let Some((account, region)) = text.split_once('/').filter(|(account, _)| digits(account)) {
            return Ok(Self::Account(account.parse()?, Some(region.parse()?)));
        }
        let host = text.to_ascii_lowercase();
        if host == PUBLIC_GALLERY || host == "public" {
            return Ok(Self::Public);
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
        let known = RegistryHost::parse(name);
        if known.is_none() && looks_like_ecr(name) {
            return error(
                "a host of ECR, which this one is not: the region has to be one, and the end of the name the \
                 region's own (`amazonaws.com`, in China `amazonaws.com.cn`)",
            );
        }
        Ok(Self::Host { host, known })
    }
}

/// Whether a name was meant for a registry of ECR. If it is none, a credential for all repositories of the account
/// would go to whoever owns the name.
fn looks_like_ecr(name: &str) -> bool {
    let mut labels = name.split('.');
    let begins_with_account = labels.clone().next().is_some_and(|label| label.parse::<AccountId>().is_ok());
    begins_with_account || labels.any(|label| label == "dkr" || label.starts_with("dkr-ecr"))
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
            ("012345678901/us-west-2", "012345678901.dkr.ecr.us-west-2.amazonaws.com", "us-west-2"),
            ("public", "public.ecr.aws", "eu-central-1"),
            ("127.0.0.1:5000", "127.0.0.1:5000", "eu-central-1"),
            ("Images.example.com", "images.example.com", "eu-central-1"),
        ] {
            let registry: Registry = text.parse().unwrap();
            assert_eq!(registry.host(&default, HostForm::default()), host);
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
            "012345678901/nowhere",
            "1234/us-west-2",
            "host..example",
            "a.b:99999",
            // Hosts of somebody else's, which differ from ECR's by a slip.
            "123456789012.dkr.ecr.cn-north-1.amazonaws.com",
            "123456789012.dkr.ecr.eu-central-1.amazonaws.con",
            "123456789012.dkr.ecr.eu-central1.amazonaws.com",
            "12345678901.dkr.ecr.eu-central-1.amazonaws.com",
            "123456789012.dkr-ecr.us-west-2.on.aws.example",
            "123456789012.ecr.eu-central-1.amazonaws.com",
        ] {
            assert!(text.parse::<Registry>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_registry_may_have_a_role_of_its_own() {
        let role = "arn:aws:iam::210987654321:role/push@ci";
        let wanted: Wanted = format!("210987654321/us-east-1 = {role}").parse().unwrap();
        assert_eq!(wanted.role.unwrap().to_string(), role);
        assert_eq!("public".parse::<Wanted>().unwrap(), Wanted { registry: Registry::Public, role: None });
        assert!("210987654321=push".parse::<Wanted>().unwrap_err().contains("`push`"));
        assert!(!"https://AWS:hunter2@x.example".parse::<Wanted>().unwrap_err().contains("hunter2"));
    }
}
