//! Go's file patterns, in terms of `globset`.

use globset::{GlobBuilder, GlobMatcher};

/// Compiles a pattern of `.dockerignore`, of COPY or of an input: `*` and `?` stop at a slash, `**` does not, `{` is literal
/// (Go `path/filepath.Match`, `moby/patternmatcher`).
pub(crate) fn compile(pattern: &str) -> Result<GlobMatcher, String> {
    let mut translated = String::with_capacity(pattern.len());
    let mut escaped = false;
    for character in pattern.chars() {
        if !escaped && matches!(character, '{' | '}') {
            translated.push('\\');
        }
        escaped = !escaped && character == '\\';
        translated.push(character);
    }
    GlobBuilder::new(&translated)
        .literal_separator(true)
        .backslash_escape(true)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|error| format!("`{pattern}` is not a pattern: {}", error.kind()))
}

/// Whether a source of COPY is a pattern, and not a path.
pub(super) fn is_pattern(source: &str) -> bool {
    source.contains(['*', '?', '['])
}

/// Cleans a path as Go's `path.Clean` does, without a slash at the start. None if it leaves its root.
pub(crate) fn clean(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_as_go_does() {
        for (pattern, path, expected) in [
            ("*.txt", "a.txt", true),
            ("*.txt", "b/a.txt", false),
            ("**/*.txt", "a.txt", true),
            ("**/*.txt", "b/c/a.txt", true),
            ("a/**", "a/b/c", true),
            ("a/**", "a", false),
            ("a?c", "abc", true),
            ("a?c", "a/c", false),
            ("[a-c]x", "bx", true),
            ("[^a]x", "bx", true),
            ("{a,b}", "a", false),
            ("{a,b}", "{a,b}", true),
            (r"a\*", "a*", true),
            (r"a\*", "ab", false),
        ] {
            assert_eq!(compile(pattern).unwrap().is_match(path), expected, "{pattern} {path}");
        }
        assert!(compile("[a").is_err());
    }

    #[test]
    fn paths_are_cleaned() {
        for (path, expected) in [
            ("./a//b/", Some("a/b")),
            ("/", Some("")),
            ("a/../b", Some("b")),
            ("..", None),
            ("a/../../b", None),
        ] {
            assert_eq!(clean(path).as_deref(), expected, "{path}");
        }
    }
}
