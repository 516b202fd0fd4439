//! The process environment, read once.

use std::{collections::BTreeMap, fmt};

use model::{Failure, codes};

/// A snapshot of the environment. Values may be secrets, so `Debug` shows the names only.
#[derive(Clone, Default)]
pub struct Env(BTreeMap<String, String>);

impl Env {
    /// Takes the snapshot. Variables that are not UTF-8 are left out.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the process environment")]
    pub fn from_process() -> Self {
        let text = |value: std::ffi::OsString| value.into_string().ok();
        Self(std::env::vars_os().filter_map(|(name, value)| Some((text(name)?, text(value)?))).collect())
    }

    /// Builds an environment for a test.
    pub fn from_pairs<K: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// Returns a variable's value; an empty one counts as unset, since that is how GitHub passes what is not given.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Returns a variable's value, or a failure that names it.
    pub fn require(&self, name: &str) -> Result<&str, Failure> {
        self.get(name).ok_or_else(|| {
            Failure::new(&codes::INVALID_INPUT, format!("the environment variable `{name}` is not set"))
                .with_remedy(format!("Set `{name}`, which a GitHub Actions runner does by itself."))
        })
    }

    /// Whether this runs as a step of a workflow.
    pub fn in_actions(&self) -> bool {
        self.get("GITHUB_ACTIONS") == Some("true")
    }

    /// Whether debug logging was asked for.
    pub fn is_debug(&self) -> bool {
        self.get("RUNNER_DEBUG") == Some("1") || self.get("DAY2_DEBUG") == Some("1")
    }

    /// Returns the names and values that begin with `prefix`, without the prefix.
    pub fn with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(name, value)| {
            Some((name.strip_prefix(prefix)?, value.as_str())).filter(|(_, value)| !value.is_empty())
        })
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_is_unset() {
        let env = Env::from_pairs([("A", ""), ("B", "b")]);
        assert_eq!(env.get("A"), None);
        assert_eq!(env.get("B"), Some("b"));
        assert!(env.require("A").unwrap_err().cause.contains("`A`"));
    }

    #[test]
    fn debug_shows_no_values() {
        assert_eq!(format!("{:?}", Env::from_pairs([("TOKEN", "s3cret")])), r#"["TOKEN"]"#);
    }
}
