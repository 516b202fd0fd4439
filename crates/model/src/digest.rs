//! A content digest.

use std::{fmt, str::FromStr};

use crate::ParseError;

/// A SHA-256 digest, `sha256:` and 64 lowercase hexadecimal digits
/// (<https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests>).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(String);

impl Digest {
    /// Returns `sha256:…`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the 64 hexadecimal digits.
    pub fn hex(&self) -> &str {
        &self.0["sha256:".len()..]
    }

    /// Builds a digest from the 32 bytes of a SHA-256 hash.
    pub fn from_sha256(hash: [u8; 32]) -> Self {
        use fmt::Write;
        let mut text = String::with_capacity(71);
        text.push_str("sha256:");
        for byte in hash {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        Self(text)
    }
}

impl FromStr for Digest {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let valid = text.strip_prefix("sha256:").is_some_and(|hex| {
            hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        });
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseError::new("a digest", text, "`sha256:` and 64 lowercase hexadecimal digits"))
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips() {
        let digest = Digest::from_sha256([0xab; 32]);
        assert_eq!(digest.as_str().parse::<Digest>().unwrap(), digest);
        assert_eq!(digest.hex(), "ab".repeat(32));
    }

    #[test]
    fn refuses_other_forms() {
        let upper = format!("sha256:{}", "AB".repeat(32));
        for text in ["", "sha256:", "sha256:ab", "sha512:00", &upper] {
            assert!(text.parse::<Digest>().is_err(), "{text}");
        }
    }
}
