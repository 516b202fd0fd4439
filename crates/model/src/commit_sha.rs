//! A commit's id.

use std::{fmt, str::FromStr};

use crate::ParseError;

/// A full commit id: 40 lowercase hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitSha(String);

impl CommitSha {
    /// Returns the 40 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the first seven digits, for people.
    pub fn short(&self) -> &str {
        &self.0[..7]
    }
}

impl FromStr for CommitSha {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        if text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(ParseError::new(
                "a commit id",
                text,
                "40 hexadecimal digits, not a branch or an abbreviation",
            ))
        }
    }
}

impl fmt::Display for CommitSha {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_full_ids_only() {
        let sha: CommitSha = "A94A8FE5CCB19BA61C4C0873D391E987982FBBD3".parse().unwrap();
        assert_eq!(sha.short(), "a94a8fe");
        for text in ["", "main", "a94a8fe", &"g".repeat(40)] {
            assert!(text.parse::<CommitSha>().is_err(), "{text}");
        }
    }
}
