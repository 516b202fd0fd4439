//! What an image runs on.

use std::{fmt, str::FromStr};

use crate::ParseError;

/// An operating system, an architecture and maybe a variant: `linux/amd64`, `linux/arm/v7`, named as in
/// Go's `GOOS` and `GOARCH` (<https://github.com/opencontainers/image-spec/blob/main/image-index.md>).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Platform {
    /// The operating system, `linux`.
    pub os: String,
    /// The architecture, `amd64`.
    pub architecture: String,
    /// The variant, `v8`.
    pub variant: Option<String>,
}

impl FromStr for Platform {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let parts: Vec<&str> = text.split('/').collect();
        let word = |part: &&str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        match parts.as_slice() {
            [os, architecture, variant @ ..] if variant.len() <= 1 && parts.iter().all(word) => Ok(Self {
                os: (*os).to_owned(),
                architecture: (*architecture).to_owned(),
                variant: variant.first().map(|v| (*v).to_owned()),
            }),
            _ => {
                Err(ParseError::new("a platform", text, "`os/architecture[/variant]`, such as `linux/amd64`"))
            }
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.os, self.architecture)?;
        match &self.variant {
            Some(variant) => write!(formatter, "/{variant}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips() {
        for text in ["linux/amd64", "linux/arm/v7"] {
            assert_eq!(text.parse::<Platform>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn refuses_other_forms() {
        for text in ["", "linux", "linux/", "linux/arm/v7/x", "Linux/amd64", "linux amd64"] {
            assert!(text.parse::<Platform>().is_err(), "{text}");
        }
    }
}
