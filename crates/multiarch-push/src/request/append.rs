//! Files upon a base image, as they were asked for.

use std::{fmt, str::FromStr};

use model::{ImageRef, ParseError, Platform};

/// A base image and what is appended to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AppendSource {
    /// The base image.
    pub(crate) base: ImageRef,
    /// What is appended, from the bottom.
    pub(crate) append: Vec<Appended>,
    /// The platforms; none for all of the base image.
    pub(crate) platforms: Vec<Platform>,
    /// The program; none for that of the base image.
    pub(crate) entrypoint: Option<Vec<String>>,
    /// Its arguments.
    pub(crate) cmd: Option<Vec<String>>,
    /// Variables.
    pub(crate) env: Vec<(String, String)>,
    /// Who runs it.
    pub(crate) user: Option<String>,
    /// Where it runs.
    pub(crate) workdir: Option<String>,
}

/// A line of `append`: a directory, a file or a tar archive, and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Appended {
    source: String,
    destination: Option<String>,
}

/// What stands for a part of the platform's name.
const PLACEHOLDERS: [&str; 3] = ["{os}", "{arch}", "{variant}"];

impl Appended {
    /// Returns the path that is read for a platform.
    pub(crate) fn source_for(&self, platform: &Platform) -> String {
        filled(&self.source, platform)
    }

    /// Returns where it goes in the image of a platform: to the top, if nothing else was said.
    pub(crate) fn destination_for(&self, platform: &Platform) -> String {
        filled(self.destination.as_deref().unwrap_or("/"), platform)
    }
}

fn filled(text: &str, platform: &Platform) -> String {
    let parts = [&platform.os, &platform.architecture, platform.variant.as_ref().unwrap_or(&String::new())]
        .map(String::clone);
    PLACEHOLDERS.iter().zip(parts).fold(text.to_owned(), |text, (name, value)| text.replace(name, &value))
}

impl FromStr for Appended {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let (source, destination) = match text.rsplit_once(':') {
            Some((source, destination)) => (source.trim(), Some(destination.trim())),
            None => (text.trim(), None),
        };
        let rest = PLACEHOLDERS.iter().fold(text.to_owned(), |text, name| text.replace(name, ""));
        if source.is_empty() || destination == Some("") || rest.contains(['{', '}']) {
            let expected =
                "`SOURCE` or `SOURCE:DESTINATION`, with no placeholders but `{os}`, `{arch}` and `{variant}`";
            return Err(ParseError::new("something to append", text, expected));
        }
        Ok(Self { source: source.to_owned(), destination: destination.map(str::to_owned) })
    }
}

impl fmt::Display for Appended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.destination {
            Some(destination) => write!(f, "{}:{destination}", self.source),
            None => f.write_str(&self.source),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_source_and_destination() {
        let platform = "linux/arm/v7".parse().unwrap();
        for (line, source, destination) in [
            ("dist", "dist", "/"),
            ("bin/{os}-{arch}-{variant} : /app/{arch}", "bin/linux-arm-v7", "/app/arm"),
            ("a:b:/c", "a:b", "/c"),
        ] {
            let appended: Appended = line.parse().unwrap();
            assert_eq!(appended.source_for(&platform), source);
            assert_eq!(appended.destination_for(&platform), destination);
        }
        for line in ["", ":/x", "x:", "bin/{cpu}", "bin/{arch"] {
            assert!(line.parse::<Appended>().is_err(), "{line}");
        }
    }
}
