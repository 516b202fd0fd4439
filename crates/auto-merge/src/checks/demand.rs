//! What the input `checks` asks for.

use github::checks::Check;
use globset::{GlobBuilder, GlobMatcher};

use super::{Own, is_of};

/// What the input `checks` asks for.
#[derive(Debug, Clone)]
pub(crate) enum Demand {
    /// What GitHub itself requires for the base.
    Required,
    /// Nothing is waited for: GitHub decides at once.
    None,
    /// Every check of the head but those of this run, besides what GitHub requires.
    All,
    /// The checks that match, each pattern at least one, besides what GitHub requires.
    Named(Vec<GlobMatcher>),
}

impl Demand {
    /// Reads the input's values; an empty list means `required`.
    pub(crate) fn parse(values: &[String]) -> Result<Self, String> {
        let words: Vec<&str> =
            values.iter().map(|value| value.trim()).filter(|text| !text.is_empty()).collect();
        match words.as_slice() {
            [] | ["required"] => Ok(Self::Required),
            ["all"] => Ok(Self::All),
            ["none"] => Ok(Self::None),
            names => match names.iter().find(|name| matches!(**name, "required" | "all" | "none")) {
                Some(word) => Err(format!(
                    "`{word}` stands alone; names are waited for besides the checks that GitHub requires"
                )),
                None => names.iter().map(|name| pattern(name)).collect::<Result<_, _>>().map(Self::Named),
            },
        }
    }

    /// The names of what is asked for. A pattern that matches nothing stands for itself, and so is missing.
    pub(super) fn names(&self, reported: &[Check], own: Option<&Own>) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        let mut add = |name: &str| {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        };
        match self {
            Self::Required | Self::None => {}
            Self::All => {
                let others = reported.iter().filter(|check| !is_of(check, own));
                others.for_each(|check| add(&check.name));
                // Right after a push nothing is reported yet, which is no success.
                if names.is_empty() {
                    names.push("*".to_owned());
                }
            }
            Self::Named(patterns) => {
                for pattern in patterns {
                    let text = pattern.glob().glob();
                    // A plain name means that check, whoever reports it; a pattern does not mean this run's own.
                    let matches = |check: &&Check| {
                        check.name == text || pattern.is_match(&check.name) && !is_of(check, own)
                    };
                    let mut matching = reported.iter().filter(matches).peekable();
                    if matching.peek().is_none() {
                        add(text);
                    }
                    matching.for_each(|check| add(&check.name));
                }
            }
        }
        names
    }

    /// Whether checks have to be read before the merge is tried: GitHub does not know what we ask for.
    pub(crate) fn is_ours(&self) -> bool {
        matches!(self, Self::All | Self::Named(_))
    }
}

/// A name may have any character in it, so that a star does not stop at a slash.
fn pattern(text: &str) -> Result<GlobMatcher, String> {
    GlobBuilder::new(text)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|error| format!("`{text}` is not a name of a check, nor a pattern: {}", error.kind()))
}
