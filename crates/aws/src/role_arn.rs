//! The ARN of an IAM role.

use std::{fmt, str::FromStr};

use model::ParseError;

use crate::AccountId;

/// `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleArn {
    text: String,
    partition: String,
    account: AccountId,
}

impl RoleArn {
    /// Returns the whole ARN.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns `aws`, `aws-cn` and so on.
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// Returns the account that the role is in.
    pub fn account(&self) -> &AccountId {
        &self.account
    }
}

crate::as_text::as_text!(RoleArn);

impl FromStr for RoleArn {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let error = || {
            ParseError::new(
                "the ARN of a role",
                text,
                "`arn:aws:iam::ACCOUNT:role/NAME` with the account's 12 digits",
            )
        };
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", partition, "iam", "", account, resource] = parts.as_slice() else { return Err(error()) };
        let known = *partition == "aws"
            || partition.strip_prefix("aws-").is_some_and(|rest| {
                !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
            });
        let path = resource.strip_prefix("role/").ok_or_else(error)?;
        let name = path.rsplit('/').next().unwrap_or_default();
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
        if !known
            || !(1..=64).contains(&name.len())
            || !name.chars().all(allowed)
            || !path.chars().all(|c| c.is_ascii_graphic())
        {
            return Err(error());
        }
        let account = account.parse().map_err(|_| error())?;
        Ok(Self { text: text.to_owned(), partition: (*partition).to_owned(), account })
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_and_partition_are_read() {
        let arn: RoleArn = "arn:aws-cn:iam::012345678901:role/ci/day2-dev".parse().unwrap();
        assert_eq!((arn.partition(), arn.account().as_str()), ("aws-cn", "012345678901"));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "day2-dev",
            "arn:aws:iam::123456789012:user/x",
            "arn:aws:iam::12345678901:role/x",
            "arn:aws:sts::123456789012:assumed-role/x/y",
            "arn:aws:iam:eu-central-1:123456789012:role/x",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam::123456789012:role/a b",
            "arn:azure:iam::123456789012:role/x",
        ] {
            assert!(text.parse::<RoleArn>().is_err(), "{text}");
        }
    }
}
