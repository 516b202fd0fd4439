//! An AWS region, and what its name says about the partition that it belongs to.

use std::{fmt, str::FromStr};

use model::ParseError;

/// A region such as `eu-central-1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Region(String);

impl Region {
    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the partition, the second part of every ARN in it.
    pub fn partition(&self) -> &'static str {
        self.rules().name
    }

    /// Returns what registry hosts end in.
    pub fn dns_suffix(&self) -> &'static str {
        self.rules().suffix
    }

    /// Returns what dual-stack registry hosts end in.
    pub(crate) fn dual_stack_suffix(&self) -> &'static str {
        self.rules().dual_stack_suffix
    }

    fn rules(&self) -> &'static Partition {
        PARTITIONS.iter().find(|rules| self.0.starts_with(rules.prefix)).unwrap_or(&COMMERCIAL)
    }
}

/// What the regions of a partition have in common.
struct Partition {
    /// What their names begin with.
    prefix: &'static str,
    name: &'static str,
    suffix: &'static str,
    dual_stack_suffix: &'static str,
}

const COMMERCIAL: Partition =
    Partition { prefix: "", name: "aws", suffix: "amazonaws.com", dual_stack_suffix: "on.aws" };

/// Names and suffixes are from `aws-sdk-ecr`'s `config/endpoint.rs`, the suffixes of dual-stack registries from
/// `awslabs/amazon-ecr-credential-helper`, `api/client.go`; partitions that have none there keep their suffix.
const PARTITIONS: &[Partition] = &[
    Partition {
        prefix: "cn-",
        name: "aws-cn",
        suffix: "amazonaws.com.cn",
        dual_stack_suffix: "on.amazonwebservices.com.cn",
    },
    Partition { prefix: "us-gov-", name: "aws-us-gov", ..COMMERCIAL },
    isolated("us-isob-", "aws-iso-b", "sc2s.sgov.gov"),
    isolated("us-isof-", "aws-iso-f", "csp.hci.ic.gov"),
    isolated("us-iso-", "aws-iso", "c2s.ic.gov"),
    isolated("eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"),
    isolated("eusc-", "aws-eusc", "amazonaws.eu"),
];

const fn isolated(prefix: &'static str, name: &'static str, suffix: &'static str) -> Partition {
    Partition { prefix, name, suffix, dual_stack_suffix: suffix }
}

crate::as_text::as_text!(Region);

impl FromStr for Region {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let parts: Vec<&str> = text.split('-').collect();
        let word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
        match parts.as_slice() {
            [words @ .., number]
                if words.len() >= 2
                    && words.iter().all(word)
                    && !number.is_empty()
                    && number.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => Err(ParseError::new("an AWS region", text, "a name such as `eu-central-1`")),
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_the_partition() {
        for (name, partition, suffix) in [
            ("eu-central-1", "aws", "amazonaws.com"),
            ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
            ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
            ("eusc-de-east-1", "aws-eusc", "amazonaws.eu"),
        ] {
            let region: Region = name.parse().unwrap();
            assert_eq!((region.partition(), region.dns_suffix()), (partition, suffix), "{name}");
        }
        for text in ["", "eu", "eu-central", "eu-central-1a", "EU-central-1", "eu--1", "eu-central-1.evil"] {
            assert!(text.parse::<Region>().is_err(), "{text}");
        }
    }
}
