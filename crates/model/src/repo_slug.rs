//! A repository on GitHub.

use std::{fmt, str::FromStr};

use crate::ParseError;

/// `owner/name`, as it was written. Two that differ in their letters' case only are the same repository, as on GitHub.
#[derive(Debug, Clone)]
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

impl PartialEq for RepoSlug {
    fn eq(&self, other: &Self) -> bool {
        self.owner.eq_ignore_ascii_case(&other.owner) && self.name.eq_ignore_ascii_case(&other.name)
    }
}

impl Eq for RepoSlug {}

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

    #[test]
    fn the_case_of_letters_makes_no_other_repository() {
        let slug = |text: &str| text.parse::<RepoSlug>().unwrap();
        assert_eq!(slug("Org/Day2"), slug("org/day2"));
        assert_eq!(slug("Org/Day2").to_string(), "Org/Day2");
        assert!(slug("org/day2") != slug("org/day3") && slug("org/day2") != slug("orc/day2"));
    }
}
