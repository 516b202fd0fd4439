//! An image tag.

use std::{fmt, str::FromStr};

use crate::ParseError;

/// A tag by the OCI distribution grammar `[A-Za-z0-9_][A-Za-z0-9._-]{0,127}`
/// (<https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests>).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(String);

impl Tag {
    /// Returns the tag's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Tag {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let first = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let valid = text.len() <= 128
            && text.starts_with(first)
            && text.chars().all(|c| first(c) || c == '.' || c == '-');
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseError::new(
                "an image tag",
                text,
                "1 to 128 letters, digits, `_`, `.` or `-`, not starting with `.` or `-`",
            ))
        }
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_the_grammar() {
        for text in ["latest", "1.20", "_x", "A-b_c.d", &"a".repeat(128)] {
            assert_eq!(text.parse::<Tag>().unwrap().as_str(), text);
        }
    }

    #[test]
    fn refuses_everything_else() {
        for text in ["", "a/b", "feature/x", ".a", "-a", "a b", "ä", "a:b", &"a".repeat(129)] {
            assert!(text.parse::<Tag>().is_err(), "{text}");
        }
    }
}
