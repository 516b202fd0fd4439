//! A label selector, as kubectl and Argo CD write it.

use std::{fmt, str::FromStr};

use model::ParseError;

/// A selector that Argo CD can read. It answers one that it cannot read as if it had failed itself (HTTP 500), so that
/// it has to be known before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selector(String);

impl Selector {
    /// Returns it as it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for Selector {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let expected = "label conditions such as `team=a,tier!=db`, `env in (dev, test)`, `canary` or `!canary`, separated by commas";
        match requirements(text) {
            Some(parts) if parts.iter().all(|part| is_requirement(part)) => Ok(Self(text.to_owned())),
            _ => Err(ParseError::new("a label selector", text, expected)),
        }
    }
}

/// Splits at the commas that stand outside of parentheses; none if these do not match.
fn requirements(text: &str) -> Option<Vec<&str>> {
    let (mut parts, mut start, mut is_inside) = (Vec::new(), 0, false);
    for (index, letter) in text.char_indices() {
        match (letter, is_inside) {
            ('(', false) => is_inside = true,
            (')', true) => is_inside = false,
            ('(', true) | (')', false) => return None,
            (',', false) => {
                parts.push(text.get(start..index)?);
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.push(text.get(start..)?);
    (!is_inside).then_some(parts)
}

/// One condition, by k8s.io/apimachinery `labels.Parse`.
fn is_requirement(text: &str) -> bool {
    let text = text.trim();
    if let Some(key) = text.strip_prefix('!') {
        return is_key(key.trim());
    }
    if let Some((head, values)) = text.strip_suffix(')').and_then(|text| text.split_once('(')) {
        let mut words = head.split_whitespace();
        let is_head = words.next().is_some_and(is_key)
            && matches!(words.next(), Some("in" | "notin"))
            && words.next().is_none();
        return is_head && values.split(',').all(|value| is_value(value.trim()));
    }
    for (operator, is_right) in [
        ("!=", is_value as fn(&str) -> bool),
        ("==", is_value),
        ("=", is_value),
        (">", is_number),
        ("<", is_number),
    ] {
        if let Some((key, value)) = text.split_once(operator) {
            return is_key(key.trim()) && is_right(value.trim());
        }
    }
    is_key(text)
}

/// `[prefix/]name`.
fn is_key(text: &str) -> bool {
    let (prefix, name) = text.rsplit_once('/').map_or((None, text), |(prefix, name)| (Some(prefix), name));
    prefix.is_none_or(|prefix| crate::request::parse_name(prefix).is_ok())
        && !name.is_empty()
        && is_value(name)
}

/// A label's value; it may be empty.
fn is_value(text: &str) -> bool {
    let is_word = |b: u8| b.is_ascii_alphanumeric();
    let bytes = text.as_bytes();
    bytes.len() <= 63
        && bytes.iter().all(|&b| is_word(b) || b"-_.".contains(&b))
        && bytes.first().is_none_or(|&b| is_word(b))
        && bytes.last().is_none_or(|&b| is_word(b))
}

fn is_number(text: &str) -> bool {
    text.parse::<i64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_of_every_kind_are_read() {
        for text in [
            "team=a",
            "team==a, tier != db",
            "env in (dev, test),app.kubernetes.io/part-of notin (x)",
            "canary",
            "!canary",
            "generation>3",
            "empty=",
        ] {
            assert_eq!(text.parse::<Selector>().map(|selector| selector.to_string()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_argo_cd_cannot_read_is_refused() {
        for text in [
            "",
            "team=a,",
            "=a",
            "team=a b",
            "env in dev",
            "env in (dev",
            "env)(",
            "env of (dev)",
            "a/b/c=d",
            "-a",
            "n>x",
            "!",
        ] {
            assert!(text.parse::<Selector>().is_err(), "{text}");
        }
    }
}
