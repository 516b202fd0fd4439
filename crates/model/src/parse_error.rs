//! What was wrong with a value.

/// A text that is not a valid value of some type.
///
/// Displays as a lowercase fragment: "`a/b` is not an image tag: expected …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is not {what}: expected {expected}")]
pub struct ParseError {
    /// The kind of value, with its article: "an image tag".
    pub what: &'static str,
    /// The text as it was given.
    pub value: String,
    /// What is accepted, as a noun phrase.
    pub expected: &'static str,
}

impl ParseError {
    /// Builds the error for `value`, which is cut at 200 characters.
    pub fn new(what: &'static str, value: &str, expected: &'static str) -> Self {
        let value = if value.chars().count() > 200 {
            value.chars().take(200).chain(['…']).collect()
        } else {
            value.to_owned()
        };
        Self { what, value, expected }
    }
}
