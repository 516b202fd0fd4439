//! Label selectors: `a=b`, `a==b`, `a!=b`, `a`, `!a`, separated by commas.

use std::collections::BTreeMap;

/// Whether labels match a selector.
pub(super) fn matches(selector: &str, labels: &BTreeMap<String, String>) -> bool {
    selector.split(',').map(str::trim).filter(|term| !term.is_empty()).all(|term| {
        if let Some((name, value)) = term.split_once("!=") {
            labels.get(name.trim()).map(String::as_str) != Some(value.trim())
        } else if let Some((name, value)) = term.split_once('=') {
            labels.get(name.trim()).map(String::as_str) == Some(value.trim_start_matches('=').trim())
        } else if let Some(name) = term.strip_prefix('!') {
            !labels.contains_key(name)
        } else {
            labels.contains_key(term)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_all_required() {
        let labels = BTreeMap::from([("team".to_owned(), "a".to_owned())]);
        for (selector, expected) in
            [("", true), ("team=a", true), ("team==a,!x", true), ("team!=a", false), ("team,x", false)]
        {
            assert_eq!(matches(selector, &labels), expected, "{selector}");
        }
    }
}
