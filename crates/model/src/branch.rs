//! A branch's name.

use std::{fmt, str::FromStr};

use crate::ParseError;

/// A branch name without `refs/heads/`, by the rules of `git check-ref-format --branch`
/// (<https://git-scm.com/docs/git-check-ref-format>).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Branch(String);

impl Branch {
    /// Returns the name, `feature/x`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the full ref name, `refs/heads/feature/x`.
    pub fn full_ref(&self) -> String {
        format!("refs/heads/{}", self.0)
    }
}

impl FromStr for Branch {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let name = text.strip_prefix("refs/heads/").unwrap_or(text);
        let component =
            |part: &str| !part.is_empty() && !part.starts_with('.') && part.strip_suffix(".lock").is_none();
        let valid = !name.starts_with('-')
            && name != "@"
            && name != "HEAD"
            && !name.ends_with('.')
            && !name.contains("..")
            && !name.contains("@{")
            && !name.chars().any(|c| c.is_ascii_control() || " ~^:?*[\\".contains(c))
            && name.split('/').all(component);
        if valid {
            Ok(Self(name.to_owned()))
        } else {
            Err(ParseError::new("a branch name", text, "a name that `git check-ref-format --branch` accepts"))
        }
    }
}

impl fmt::Display for Branch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_the_prefix() {
        let branch: Branch = "refs/heads/feature/x".parse().unwrap();
        assert_eq!(branch.as_str(), "feature/x");
        assert_eq!(branch.full_ref(), "refs/heads/feature/x");
    }

    #[test]
    fn refuses_what_git_refuses() {
        for text in [
            "", "-x", "a..b", "a b", "a~1", "a^", "a:b", "a.lock", "/a", "a/", "a//b", ".a", "a.", "@",
            "a@{b", "HEAD",
        ] {
            assert!(text.parse::<Branch>().is_err(), "{text}");
        }
    }
}
