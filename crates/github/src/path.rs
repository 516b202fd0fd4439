//! Paths of the REST interface.

use std::fmt::Write as _;

use model::RepoSlug;

/// Returns `/repos/owner/name` and `rest`, which starts with a slash.
pub(crate) fn repo(repository: &RepoSlug, rest: &str) -> String {
    format!("/repos/{}/{}{rest}", repository.owner(), repository.name())
}

/// Encodes one part of a path or one value of a query: everything but RFC 3986's unreserved characters.
pub(crate) fn part(text: &str) -> String {
    encode(text, b"-._~")
}

/// Encodes a ref name, whose slashes separate parts of the path.
pub(crate) fn ref_name(text: &str) -> String {
    encode(text, b"-._~/")
}

fn encode(text: &str, kept: &[u8]) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_what_would_change_the_path() {
        assert_eq!(part("feature/a b#1%"), "feature%2Fa%20b%231%25");
        assert_eq!(ref_name("feature/ä"), "feature/%C3%A4");
        assert_eq!(repo(&"org/x.y".parse().unwrap(), "/pulls"), "/repos/org/x.y/pulls");
    }
}
