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
        self.rules().0
    }

    /// Returns what registry hosts end in.
    pub fn dns_suffix(&self) -> &'static str {
        self.rules().1
    }

    /// From `aws-sdk-ecr`'s `config/endpoint.rs`.
    fn rules(&self) -> (&'static str, &'static str) {
        const RULES: &[(&str, (&str, &str))] = &[
            ("cn-", ("aws-cn", "amazonaws.com.cn")),
            ("us-gov-", ("aws-us-gov", "amazonaws.com")),
            ("us-isob-", ("aws-iso-b", "sc2s.sgov.gov")),
            ("us-isof-", ("aws-iso-f", "csp.hci.ic.gov")),
            ("us-iso-", ("aws-iso", "c2s.ic.gov")),
            ("eu-isoe-", ("aws-iso-e", "cloud.adc-e.uk")),
            ("eusc-", ("aws-eusc", "amazonaws.eu")),
        ];
        RULES
            .iter()
            .find(|(prefix, _)| self.0.starts_with(prefix))
            .map_or(("aws", "amazonaws.com"), |(_, rules)| *rules)
    }
}

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
