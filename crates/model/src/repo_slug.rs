//! A repository on GitHub.

use std::{fmt, str::FromStr};

use crate::ParseError;

/// `owner/name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoSlug {
    owner: String,
    name: String,
}

impl RepoSlug {
    /// Returns the account that owns the repository.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Returns the repository's name in that account.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl FromStr for RepoSlug {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let word = |part: &str| {
            !part.is_empty()
                && part != "."
                && part != ".."
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        };
        match text.split_once('/') {
            Some((owner, name)) if word(owner) && word(name) => {
                Ok(Self { owner: owner.to_owned(), name: name.to_owned() })
            }
            _ => Err(ParseError::new("a repository", text, "`owner/name`")),
        }
    }
}

impl fmt::Display for RepoSlug {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.owner, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_two_words() {
        assert_eq!("org/day2.x".parse::<RepoSlug>().unwrap().to_string(), "org/day2.x");
        for text in ["", "org", "org/", "/x", "a/b/c", "a b/c", "a/.."] {
            assert!(text.parse::<RepoSlug>().is_err(), "{text}");
        }
    }
}
