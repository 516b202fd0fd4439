//! The shape of an exchange: what stays when ids, names, dates and texts are taken away.
//!
//! Words that may be values of an enumeration are part of the shape, so that no state of anything goes unchecked.

use std::collections::BTreeSet;

use serde_json::Value;

/// The longest word of an enumeration that counts.
const LONGEST_WORD: usize = 32;

/// Returns the shape of a JSON value.
pub(crate) fn of(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "bool".to_owned(),
        Value::Number(number) => if number.is_f64() { "number" } else { "integer" }.to_owned(),
        Value::String(text) => of_text(text),
        Value::Array(items) => {
            let shapes: BTreeSet<String> = items.iter().map(of).collect();
            format!("[{}]", shapes.into_iter().collect::<Vec<_>>().join(","))
        }
        Value::Object(fields) => {
            let mut shapes: Vec<String> =
                fields.iter().map(|(name, value)| format!("{name}:{}", of(value))).collect();
            shapes.sort();
            format!("{{{}}}", shapes.join(","))
        }
    }
}

fn of_text(text: &str) -> String {
    let is_word = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-');
    let kind = if text.is_empty() {
        "empty"
    } else if text.len() <= LONGEST_WORD && text.bytes().all(is_word) {
        return format!("'{text}'");
    } else if text.starts_with("http://") || text.starts_with("https://") {
        "url"
    } else if text.len() == 20 && text.ends_with('Z') && text.as_bytes()[10] == b'T' {
        "date"
    } else if text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        "hex"
    } else if text.starts_with("query") || text.starts_with("mutation") {
        // Each document of GraphQL counts.
        return text.to_owned();
    } else {
        "text"
    };
    kind.to_owned()
}

/// Returns a path without its ids; an object id is one, and so is a number.
pub(crate) fn of_path(path: &str) -> String {
    let part = |part: &str| {
        let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
        let is_oid = part.len() == 40 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !part.is_empty() && (is_number || is_oid) { "*".to_owned() } else { part.to_owned() }
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// Returns the names of a query's parameters with the shapes of their values.
pub(crate) fn of_query(query: &str) -> String {
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.map(|(name, value)| format!("{name}={}", of_text(&value))).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_and_names_make_no_difference_but_states_do() {
        let one = json!({ "id": 1, "state": "open", "url": "http://a/1", "items": [{ "n": 1 }, { "n": 2 }] });
        let same = json!({ "id": 2, "state": "open", "url": "http://a/2", "items": [{ "n": 3 }] });
        let other = json!({ "id": 2, "state": "closed", "url": "http://a/2", "items": [{ "n": 3 }] });
        assert_eq!(of(&one), of(&same));
        assert_ne!(of(&one), of(&other));
        assert_ne!(of(&json!({ "id": 1 })), of(&json!({ "id": null })));
    }

    #[test]
    fn paths_lose_their_ids() {
        let sha = "0123456789012345678901234567890123456789";
        assert_eq!(of_path(&format!("/repos/o/r/commits/{sha}/pulls")), "/repos/o/r/commits/*/pulls");
        assert_eq!(of_path("/repos/o/r/pulls/12"), "/repos/o/r/pulls/*");
        assert_eq!(of_query("state=open&page=2"), of_query("state=open&page=3"));
    }
}
