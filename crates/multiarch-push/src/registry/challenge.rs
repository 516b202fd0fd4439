//! `WWW-Authenticate` of a 401.

use std::collections::BTreeMap;

use reqwest::{Response, header::WWW_AUTHENTICATE};

/// What a registry asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// A user and a password.
    Basic,
    /// A token from another server (<https://distribution.github.io/distribution/spec/auth/token/>).
    Bearer {
        /// Where tokens are.
        realm: String,
        /// What the token is for.
        service: Option<String>,
        /// What it must allow; we ask for what we need ourselves.
        scope: Option<String>,
        /// Whether the token that was sent is good, and does not allow the call (RFC 6750 §3.1).
        is_insufficient: bool,
    },
}

impl Challenge {
    /// Reads it from a reply.
    pub(super) fn of(reply: &Response) -> Option<Self> {
        Self::parse(reply.headers().get(WWW_AUTHENTICATE)?.to_str().ok()?)
    }

    /// Reads the header's value; of several challenges the first that is known counts.
    pub(super) fn parse(header: &str) -> Option<Self> {
        let (scheme, rest) = header.trim().split_once(' ').unwrap_or((header.trim(), ""));
        if scheme.eq_ignore_ascii_case("basic") {
            return Some(Self::Basic);
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let mut parameters = parameters(rest);
        let realm = parameters.remove("realm")?;
        Some(Self::Bearer {
            realm,
            service: parameters.remove("service"),
            scope: parameters.remove("scope"),
            is_insufficient: parameters.remove("error").is_some_and(|error| error == "insufficient_scope"),
        })
    }
}

/// Reads `name="value",name=value`; a quoted value may hold commas.
fn parameters(mut text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    while let Some((name, rest)) = text.split_once('=') {
        let name = name.trim_matches([' ', ',']).to_ascii_lowercase();
        let (value, rest) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => rest.split_once(',').unwrap_or((rest, "")),
        };
        found.insert(name, value.to_owned());
        text = rest;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_challenges() {
        let bearer = Challenge::Bearer {
            realm: "https://a/token".to_owned(),
            service: Some("a".to_owned()),
            scope: Some("repository:x:pull,push".to_owned()),
            is_insufficient: false,
        };
        for (header, expected) in [
            (
                r#"Bearer realm="https://a/token",service="a",scope="repository:x:pull,push""#,
                Some(bearer.clone()),
            ),
            (r#"bearer scope="repository:x:pull,push", service=a, realm="https://a/token""#, Some(bearer)),
            (r#"Basic realm="https://a/",service="ecr.amazonaws.com""#, Some(Challenge::Basic)),
            ("Bearer service=a", None),
            ("Negotiate", None),
        ] {
            assert_eq!(Challenge::parse(header), expected, "{header}");
        }
    }
}
