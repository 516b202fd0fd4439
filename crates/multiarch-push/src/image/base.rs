//! What an image is built on.

use model::{ImageRef, Platform};

use super::scope::{BuildArgs, globals};
use crate::dockerfile::{Dockerfile, Error, expand};

/// The bottom of a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BaseOf {
    /// The line of the FROM that names it.
    pub(crate) line: usize,
    /// The image, none for `scratch`.
    pub(crate) image: Option<ImageRef>,
    /// The platform of the image to take.
    pub(crate) platform: Platform,
}

/// Finds what `stage` is built on in the end: the FROMs are followed through earlier stages.
pub(crate) fn base_of(file: &Dockerfile, stage: usize, build: &BuildArgs<'_>) -> Result<BaseOf, Error> {
    let globals = globals(file, build)?;
    let mut index = stage;
    loop {
        let stage = &file.stages[index];
        let expanded = |text: &str| {
            let value = expand(text, file.escape, &|name: &str| globals.get(name).cloned())
                .map_err(|message| Error::invalid(stage.line, message))?;
            match value.as_str() {
                "" => Err(Error::invalid(
                    stage.line,
                    format!("`{text}` in FROM is empty: give the argument a value"),
                )),
                _ => Ok(value),
            }
        };
        let from = expanded(&stage.from)?;
        if let Some(earlier) = file.earlier_stage_by_name(&from, index) {
            index = earlier;
            continue;
        }
        let platform = match &stage.platform {
            Some(text) => expanded(text)?
                .parse()
                .map_err(|error: model::ParseError| Error::invalid(stage.line, error.to_string()))?,
            None => build.platform.clone(),
        };
        let image = match from.as_str() {
            "scratch" => None,
            name => Some(
                name.parse()
                    .map_err(|error: model::ParseError| Error::invalid(stage.line, error.to_string()))?,
            ),
        };
        return Ok(BaseOf { line: stage.line, image, platform });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::dockerfile::parse;

    fn base(text: &str) -> Result<String, String> {
        let file = parse(text).unwrap();
        let (given, platform, build_platform) =
            (BTreeMap::new(), "linux/arm64".parse().unwrap(), "linux/amd64".parse().unwrap());
        let build = BuildArgs { given: &given, platform: &platform, build_platform: &build_platform };
        let base = base_of(&file, file.stages.len() - 1, &build).map_err(|error| error.to_string())?;
        let image = base.image.map_or("scratch".to_owned(), |image| image.to_string());
        Ok(format!("{} {image} {}", base.line, base.platform))
    }

    #[test]
    fn follows_stages_and_variables() {
        for (text, expected) in [
            ("FROM scratch", "1 scratch linux/arm64"),
            ("ARG V=3\nFROM python:$V-slim", "2 docker.io/library/python:3-slim linux/arm64"),
            ("FROM a.b/c:1 AS x\nFROM x AS y\nFROM y", "1 a.b/c:1 linux/arm64"),
            ("FROM --platform=$BUILDPLATFORM a.b/c:1", "1 a.b/c:1 linux/amd64"),
            ("FROM a.b/${TARGETARCH}/c", "1 a.b/arm64/c linux/arm64"),
        ] {
            assert_eq!(base(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn errors_have_the_line() {
        for (text, expected) in [
            ("FROM $V", "line 1: `$V` in FROM is empty"),
            ("FROM A/B", "line 1: `A/B` is not an image name"),
            ("FROM --platform=x a", "line 1: `x` is not a platform"),
            ("FROM ${V:?unset}", "line 1: `V` is not set: unset"),
        ] {
            let message = base(text).unwrap_err();
            assert!(message.starts_with(expected), "{text}: {message}");
        }
    }
}
