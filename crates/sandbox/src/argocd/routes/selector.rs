//! Label selectors: what `labels.Parse` of `k8s.io/apimachinery` takes, without `<` and `>`.

use std::collections::BTreeMap;

use crate::argocd::refusal::{Code, Refusal};

/// A condition on one label.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    /// The label is there.
    Exists(String),
    /// It is not.
    Absent(String),
    /// It has one of these values.
    In(String, Vec<String>),
    /// It has none of them, or is not there.
    NotIn(String, Vec<String>),
}

/// All of its terms are required.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Selector(Vec<Term>);

impl Selector {
    /// Reads `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, separated by commas.
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        let terms: Option<Vec<Term>> = split(text).into_iter().map(|term| Term::parse(&term)).collect();
        terms.map(Self).ok_or_else(|| {
            // The words for the one mistake that is easily made; those for others are not told apart here.
            let found = if text.contains("===") { "=" } else { text };
            let text = format!(
                "error parsing the selector: unable to parse requirement: found '{found}', expected: identifier"
            );
            Refusal::new(Code::Unknown, text)
        })
    }

    /// Whether labels match.
    pub(super) fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.0.iter().all(|term| match term {
            Term::Exists(name) => labels.contains_key(name),
            Term::Absent(name) => !labels.contains_key(name),
            Term::In(name, values) => labels.get(name).is_some_and(|value| values.contains(value)),
            Term::NotIn(name, values) => labels.get(name).is_none_or(|value| !values.contains(value)),
        })
    }
}

impl Term {
    fn parse(text: &str) -> Option<Self> {
        if let Some((name, value)) = text.split_once("!=") {
            return Some(Self::NotIn(key(name)?, vec![word(value)?]));
        }
        if let Some((name, value)) = text.split_once('=') {
            return Some(Self::In(key(name)?, vec![word(value.strip_prefix('=').unwrap_or(value))?]));
        }
        if let Some((head, values)) = text.strip_suffix(')').and_then(|text| text.split_once('(')) {
            let values = values.split(',').map(word).collect::<Option<Vec<_>>>()?;
            return match head.trim().split_once(char::is_whitespace)? {
                (name, operator) if operator.trim() == "in" => Some(Self::In(key(name)?, values)),
                (name, operator) if operator.trim() == "notin" => Some(Self::NotIn(key(name)?, values)),
                _ => None,
            };
        }
        match text.strip_prefix('!') {
            Some(name) => Some(Self::Absent(key(name)?)),
            None => Some(Self::Exists(key(text)?)),
        }
    }
}

/// Splits at the commas that are not within parentheses.
fn split(text: &str) -> Vec<String> {
    let (mut terms, mut depth) = (vec![String::new()], 0_u32);
    for sign in text.chars() {
        match sign {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if sign == ',' && depth == 0 {
            terms.push(String::new());
        } else if let Some(term) = terms.last_mut() {
            term.push(sign);
        }
    }
    let trimmed = terms.into_iter().map(|term| term.trim().to_owned());
    if text.trim().is_empty() { Vec::new() } else { trimmed.collect() }
}

/// A label's name, with its prefix; none if it is no such name.
fn key(text: &str) -> Option<String> {
    word(text).filter(|word| !word.is_empty())
}

/// A label's value, which may be empty.
fn word(text: &str) -> Option<String> {
    let text = text.trim();
    let is_part = |sign: char| sign.is_ascii_alphanumeric() || "._-/".contains(sign);
    text.chars().all(is_part).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_all_required() {
        let labels = BTreeMap::from([("team".to_owned(), "a".to_owned())]);
        for (selector, expected) in [
            ("", true),
            ("team=a", true),
            ("team==a,!x", true),
            ("team!=a", false),
            ("tier!=a", true),
            ("team,x", false),
            ("team in (b, a), !x", true),
            ("team in (b)", false),
            ("team notin (a,b)", false),
            ("tier notin (a)", true),
        ] {
            assert_eq!(Selector::parse(selector).unwrap().matches(&labels), expected, "{selector}");
        }
    }

    #[test]
    fn what_is_no_selector_is_refused() {
        for text in ["team=a b", "team in a", "=a", "a,,b", "a of (b)"] {
            let refusal = Selector::parse(text).unwrap_err();
            assert_eq!(refusal.code, Code::Unknown);
            assert!(refusal.message.starts_with("error parsing the selector: "), "{}", refusal.message);
        }
    }
}
