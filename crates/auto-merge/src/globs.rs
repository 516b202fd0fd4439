//! Branch patterns, as workflow filters write them: `*` stops at a slash, `**` does not
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet>).

use globset::{GlobBuilder, GlobMatcher};

/// Patterns of which one has to match.
#[derive(Debug, Clone, Default)]
pub(crate) struct Globs(Vec<GlobMatcher>);

impl Globs {
    /// Gathers patterns that were parsed by [`glob`].
    pub(crate) fn new(globs: Vec<GlobMatcher>) -> Self {
        Self(globs)
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them matches.
    pub(crate) fn has(&self, branch: &str) -> bool {
        self.0.iter().any(|glob| glob.is_match(branch))
    }

    /// Whether one of them is the branch's plain name: who writes it means one branch that stays.
    pub(crate) fn names(&self, branch: &str) -> bool {
        self.0.iter().any(|glob| glob.glob().glob() == branch)
    }

    /// The patterns for a message: `` `dev`, `feature/*` ``.
    pub(crate) fn list(&self) -> String {
        let quoted: Vec<String> = self.0.iter().map(|glob| format!("`{}`", glob.glob().glob())).collect();
        quoted.join(", ")
    }
}

/// Parses one pattern.
pub(crate) fn glob(text: &str) -> Result<GlobMatcher, String> {
    GlobBuilder::new(text)
        .literal_separator(true)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|error| format!("`{text}` is not a branch pattern: {}", error.kind()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn globs(patterns: &[&str]) -> Globs {
        Globs::new(patterns.iter().map(|pattern| glob(pattern).unwrap()).collect())
    }

    #[test]
    fn a_star_stops_at_a_slash() {
        let globs = globs(&["dev", "feature/*", "release/**"]);
        for (branch, matches) in [
            ("dev", true),
            ("dev2", false),
            ("feature/a", true),
            ("feature/a/b", false),
            ("release/a/b", true),
            ("x/dev", false),
        ] {
            assert_eq!(globs.has(branch), matches, "{branch}");
        }
        assert!(globs.names("dev") && !globs.names("feature/a"));
        assert_eq!(globs.list(), "`dev`, `feature/*`, `release/**`");
    }

    #[test]
    fn a_bad_pattern_is_named() {
        assert!(glob("a[").unwrap_err().starts_with("`a[` is not a branch pattern"));
    }
}
