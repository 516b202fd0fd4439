//! The name of the assumed session, which CloudTrail shows beside every call.

use std::{fmt, str::FromStr};

use model::ParseError;
use toolkit::GitHubContext;

/// The longest name that STS takes.
const LONGEST: usize = 64;

/// 2 to 64 characters of `[A-Za-z0-9_+=,.@-]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionName(String);

impl SessionName {
    /// Returns `<repository>-<run id>-<attempt>`: who did it, and in which run. A long repository name is cut, since
    /// the numbers are what finds the run.
    pub fn of_run(context: &GitHubContext) -> Self {
        let (Some(repository), Some(run_id)) = (&context.repository, &context.run_id) else {
            return Self("day2-actions".to_owned());
        };
        let attempt = context.run_attempt.as_deref().unwrap_or("1");
        let tail = format!("-{run_id}-{attempt}");
        let room = LONGEST.saturating_sub(tail.len());
        let name: String = repository.name().chars().take(room).collect();
        let clean: String =
            format!("{name}{tail}").chars().map(|c| if allowed(c) { c } else { '-' }).collect();
        Self(clean.chars().take(LONGEST).collect())
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_+=,.@-".contains(c)
}

crate::as_text::as_text!(SessionName);

impl FromStr for SessionName {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        if (2..=LONGEST).contains(&text.len()) && text.chars().all(allowed) {
            return Ok(Self(text.to_owned()));
        }
        Err(ParseError::new(
            "a session name",
            text,
            "2 to 64 letters, digits, `_`, `+`, `=`, `,`, `.`, `@` or `-`",
        ))
    }
}

impl fmt::Display for SessionName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use toolkit::Env;

    use super::*;

    #[test]
    fn the_run_is_named() {
        let name = |repository: &str| {
            let env = Env::from_pairs([
                ("GITHUB_REPOSITORY", repository),
                ("GITHUB_RUN_ID", "16123456789"),
                ("GITHUB_RUN_ATTEMPT", "2"),
            ]);
            SessionName::of_run(&GitHubContext::from_env(&env)).to_string()
        };
        assert_eq!(name("org/day2-product"), "day2-product-16123456789-2");
        let long = name(&format!("org/{}", "x".repeat(100)));
        assert_eq!(long.len(), 64);
        assert!(long.ends_with("xx-16123456789-2"));
        let outside = SessionName::of_run(&GitHubContext::from_env(&Env::default()));
        assert_eq!(outside.as_str(), "day2-actions");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "x", "a b", "a/b", &"x".repeat(65)] {
            assert!(text.parse::<SessionName>().is_err(), "{text}");
        }
    }
}
