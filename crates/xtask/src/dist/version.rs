//! A release's version, `vX.Y.Z`.

use std::{fmt, str::FromStr};

/// The version of a release. Pre-releases have none: what is tagged is meant to be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    major: u64,
    minor: u64,
    patch: u64,
}

impl Version {
    /// The version in the workspace's manifest, for a tree that is no release yet.
    pub(crate) fn of_workspace() -> Self {
        let number = |text: &str| text.parse().unwrap_or_default();
        Self {
            major: number(env!("CARGO_PKG_VERSION_MAJOR")),
            minor: number(env!("CARGO_PKG_VERSION_MINOR")),
            patch: number(env!("CARGO_PKG_VERSION_PATCH")),
        }
    }

    /// The tag that moves from release to release, `vX`.
    pub(crate) fn moving_tag(self) -> String {
        format!("v{}", self.major)
    }

    /// Whether both have the same moving tag.
    pub(crate) fn is_sibling(self, other: Self) -> bool {
        self.major == other.major
    }
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` is not of the form vX.Y.Z");
        let rest = text.strip_prefix('v').ok_or_else(wrong)?;
        let number = |part: &str| {
            let canonical = part.parse::<u64>().ok().filter(|number| number.to_string() == part);
            canonical.ok_or_else(wrong)
        };
        match rest.split('.').collect::<Vec<_>>()[..] {
            [major, minor, patch] => {
                Ok(Self { major: number(major)?, minor: number(minor)?, patch: number(patch)? })
            }
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_full_versions_are_taken() {
        let version: Version = "v1.20.3".parse().unwrap();
        assert_eq!((version.to_string().as_str(), version.moving_tag().as_str()), ("v1.20.3", "v1"));
        for wrong in ["1.2.3", "v1.2", "v1.2.3-rc1", "v01.2.3", "v1.2.+3", "v1.2.3.4", "v"] {
            assert!(wrong.parse::<Version>().is_err(), "{wrong}");
        }
        assert!("v1.9.9".parse::<Version>().unwrap() < version);
    }
}
