//! `.dockerignore`.

use globset::GlobMatcher;

use super::pattern::{clean, compile};

/// Which files of the context are left out: the last rule that matches a path or one of its parents decides
/// (`moby/patternmatcher`, <https://docs.docker.com/build/concepts/context/#dockerignore-files>).
///
/// The first rule is ours: `.git` is left out, as BuildKit does with contexts that it clones itself, since it differs
/// between two clones of one commit and may hold the checkout's token. A line `!.git` brings it back.
#[derive(Debug, Default)]
pub(crate) struct Ignore {
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    matcher: GlobMatcher,
    brings_back: bool,
}

impl Ignore {
    /// Reads a file's text. The error is the line and what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, (usize, String)> {
        let mut rules = Vec::new();
        let own = std::iter::once((0, ".git"));
        let given = text.strip_prefix('\u{feff}').unwrap_or(text).lines().enumerate();
        for (number, line) in own.chain(given.map(|(index, line)| (index + 1, line))) {
            if line.starts_with('#') {
                continue;
            }
            let line = line.trim();
            let (brings_back, pattern) = match line.strip_prefix('!') {
                Some(rest) => (true, rest.trim()),
                None => (false, line),
            };
            let Some(pattern) = clean(pattern).filter(|pattern| !pattern.is_empty()) else { continue };
            let matcher = compile(&pattern).map_err(|message| (number, message))?;
            rules.push(Rule { matcher, brings_back });
        }
        Ok(Self { rules })
    }

    /// Whether a path, relative to the context, is left out.
    pub(crate) fn excludes(&self, path: &str) -> bool {
        let parents = path.match_indices('/').map(|(at, _)| &path[..at]);
        let candidates: Vec<&str> = parents.chain([path]).collect();
        self.rules.iter().fold(false, |excluded, rule| {
            if excluded == rule.brings_back && candidates.iter().any(|path| rule.matcher.is_match(path)) {
                !rule.brings_back
            } else {
                excluded
            }
        })
    }

    /// Whether something below a directory that is left out may still be in.
    pub(crate) fn brings_back(&self) -> bool {
        self.rules.iter().any(|rule| rule.brings_back)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_rule_decides() {
        for (text, path, expected) in [
            ("", "a", false),
            ("a", "a", true),
            ("a", "a/b/c", true),
            ("a", "b/a", false),
            ("**/a", "b/a", true),
            ("/a", "a", true),
            ("./a/", "a", true),
            ("*.md\n!README.md", "README.md", false),
            ("*.md\n!README.md", "x.md", true),
            ("!README.md\n*.md", "README.md", true),
            ("*\n!src", "src/a", false),
            ("*\n!src\nsrc/*.o", "src/a.o", true),
            ("*\n!src", "b", true),
            ("# a\n a ", "a", true),
            ("a/*\n!a/b", "a/b/c", false),
            ("*/temp*", "x/temporary", true),
            ("*/temp*", "x/y/temporary", false),
            ("**/*.go", "a/b.go", true),
            ("..\n.\n/", "a", false),
            ("", ".git/config", true),
            ("", "sub/.git/config", false),
            ("!.git", ".git/config", false),
        ] {
            assert_eq!(Ignore::parse(text).unwrap().excludes(path), expected, "{text:?} {path}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_below_shares_the_fate_of_a_plain_rule(name in "[a-z]{1,3}", below in "[a-z]{1,3}(/[a-z]{1,3}){0,2}") {
            let ignore = Ignore::parse(&name).unwrap();
            proptest::prop_assert!(ignore.excludes(&name));
            let below = format!("{name}/{below}");
            proptest::prop_assert!(ignore.excludes(&below));
            let back = Ignore::parse(&format!("{name}\n!{below}")).unwrap();
            proptest::prop_assert!(!back.excludes(&below) && back.brings_back());
        }
    }

    #[test]
    fn a_bad_rule_has_a_line() {
        assert_eq!(Ignore::parse("a\n[b").unwrap_err().0, 2);
    }
}
