//! Which variables an instruction sees.

use std::collections::BTreeMap;

use model::Platform;

use crate::dockerfile::{Dockerfile, Error, expand};

/// What the build was given.
#[derive(Debug, Clone)]
pub(crate) struct BuildArgs<'a> {
    /// `build-args`.
    pub(crate) given: &'a BTreeMap<String, String>,
    /// The platform of the image.
    pub(crate) platform: &'a Platform,
    /// The platform of the machine that builds.
    pub(crate) build_platform: &'a Platform,
}

impl BuildArgs<'_> {
    /// Returns one of the variables that BuildKit presets
    /// (<https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope>).
    fn preset(&self, name: &str) -> Option<String> {
        let (platform, part) = match (name.strip_prefix("TARGET"), name.strip_prefix("BUILD")) {
            (Some(part), _) => (self.platform, part),
            (_, Some(part)) => (self.build_platform, part),
            _ => return None,
        };
        Some(match part {
            "PLATFORM" => platform.to_string(),
            "OS" => platform.os.clone(),
            "ARCH" => platform.architecture.clone(),
            "VARIANT" => platform.variant.clone().unwrap_or_default(),
            _ => return None,
        })
    }
}

/// The variables outside every stage, which FROM sees: presets, and ARGs before the first FROM.
pub(super) fn globals(file: &Dockerfile, build: &BuildArgs<'_>) -> Result<BTreeMap<String, String>, Error> {
    let mut known = BTreeMap::new();
    for (line, name, default) in &file.global_args {
        let value = match (build.given.get(name), default) {
            (Some(given), _) => Some(given.clone()),
            (None, Some(default)) => {
                let lookup = |name: &str| known.get(name).cloned().or_else(|| build.preset(name));
                Some(
                    expand(default, file.escape, &lookup)
                        .map_err(|message| Error::invalid(*line, message))?,
                )
            }
            (None, None) => None,
        };
        if let Some(value) = value {
            known.insert(name.clone(), value);
        }
    }
    for prefix in ["TARGET", "BUILD"] {
        for part in ["PLATFORM", "OS", "ARCH", "VARIANT"] {
            let name = format!("{prefix}{part}");
            if let Some(value) = build.preset(&name) {
                known.entry(name).or_insert(value);
            }
        }
    }
    Ok(known)
}

/// Returns the value that `ARG name[=default]` has inside a stage, none if it stays unset.
pub(super) fn arg_value(
    name: &str,
    default: Option<String>,
    build: &BuildArgs<'_>,
    globals: &BTreeMap<String, String>,
) -> Option<String> {
    build.given.get(name).cloned().or(default).or_else(|| globals.get(name).cloned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dockerfile::parse;

    #[test]
    fn presets_and_global_arguments() {
        let given = BTreeMap::from([("V".to_owned(), "9".to_owned())]);
        let (platform, build_platform) = ("linux/arm/v7".parse().unwrap(), "linux/amd64".parse().unwrap());
        let build = BuildArgs { given: &given, platform: &platform, build_platform: &build_platform };
        let file = parse("ARG V=3\nARG W=$V-$TARGETARCH\nARG NONE\nFROM a").unwrap();
        let globals = globals(&file, &build).unwrap();
        let expected = [
            ("BUILDARCH", "amd64"),
            ("BUILDOS", "linux"),
            ("BUILDPLATFORM", "linux/amd64"),
            ("BUILDVARIANT", ""),
            ("TARGETARCH", "arm"),
            ("TARGETOS", "linux"),
            ("TARGETPLATFORM", "linux/arm/v7"),
            ("TARGETVARIANT", "v7"),
            ("V", "9"),
            ("W", "9-arm"),
        ];
        let found: Vec<_> = globals.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(found, expected);
        assert_eq!(arg_value("V", Some("1".into()), &build, &globals).as_deref(), Some("9"));
        assert_eq!(arg_value("W", Some("1".into()), &build, &globals).as_deref(), Some("1"));
        assert_eq!(arg_value("W", None, &build, &globals).as_deref(), Some("9-arm"));
        assert_eq!(arg_value("X", None, &build, &globals), None);
    }
}
