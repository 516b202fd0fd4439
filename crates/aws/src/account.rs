//! An AWS account.

use std::{fmt, str::FromStr};

use model::ParseError;

/// The twelve digits of an account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccountId(String);

impl AccountId {
    /// Returns the digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

crate::as_text::as_text!(AccountId);

impl FromStr for AccountId {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Self(text.to_owned()));
        }
        // YAML reads 012345678901 as a number and drops the zero.
        Err(ParseError::new("an account id", text, "12 digits, quoted in YAML so that leading zeros stay"))
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
