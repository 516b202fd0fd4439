//! Where an image lives, and which one it is.

use std::{fmt, str::FromStr};

use crate::{Digest, ParseError, Tag};

/// A registry host and a repository in it, without tag or digest: `host[:port]/path`.
///
/// A name whose first component is no host (`python`, `library/python`) is read as Docker does:
/// `docker.io/library/python`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageName {
    registry: String,
    repository: String,
}

impl ImageName {
    /// Returns the registry's host, with its port if one was given.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// Returns the repository's path inside the registry.
    pub fn repository(&self) -> &str {
        &self.repository
    }
}

const WHAT: &str = "an image name";
const EXPECTED: &str =
    "`registry/repository`, the repository in lowercase letters, digits, `.`, `_`, `-` and `/`";

impl FromStr for ImageName {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let error = || ParseError::new(WHAT, text, EXPECTED);
        let (registry, repository) = match text.split_once('/') {
            Some((first, rest)) if looks_like_host(first) => (first, rest.to_owned()),
            Some(_) => ("docker.io", text.to_owned()),
            None => ("docker.io", format!("library/{text}")),
        };
        let host_is_valid = registry.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b));
        let path_is_valid = repository.len() <= 255 && repository.split('/').all(is_component);
        if host_is_valid && path_is_valid {
            Ok(Self { registry: registry.to_owned(), repository })
        } else {
            Err(error())
        }
    }
}

/// Docker's rule: the first component is a host if it has a dot or a port, or is `localhost`.
fn looks_like_host(component: &str) -> bool {
    component == "localhost" || component.contains(['.', ':'])
}

/// A path component by the distribution specification: `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`.
fn is_component(component: &str) -> bool {
    let alphanumeric = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = component.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    if !alphanumeric(first) || !alphanumeric(last) {
        return false;
    }
    component
        .split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        .all(|separator| matches!(separator, "" | "." | "_" | "__") || separator.bytes().all(|b| b == b'-'))
}

impl fmt::Display for ImageName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.registry, self.repository)
    }
}

/// An image: a name with a tag, a digest, both, or neither: `host/path[:tag][@digest]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageRef {
    /// The registry and repository.
    pub name: ImageName,
    /// The tag, if one was given.
    pub tag: Option<Tag>,
    /// The digest, if one was given.
    pub digest: Option<Digest>,
}

impl ImageRef {
    /// Returns what a registry is asked for: the digest, else the tag, else `latest`.
    pub fn reference(&self) -> &str {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => digest.as_str(),
            (None, Some(tag)) => tag.as_str(),
            (None, None) => "latest",
        }
    }
}

impl FromStr for ImageRef {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.parse()?)),
            None => (text, None),
        };
        // A colon after the last slash separates a tag; one before it, a port.
        let tag_colon = rest.rfind(':').filter(|&at| !rest[at..].contains('/'));
        let (name, tag) = match tag_colon {
            Some(at) => (&rest[..at], Some(rest[at + 1..].parse()?)),
            None => (rest, None),
        };
        Ok(Self { name: name.parse()?, tag, digest })
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.name)?;
        if let Some(tag) = &self.tag {
            write!(formatter, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(formatter, "@{digest}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_part() {
        let digest = Digest::from_sha256([1; 32]);
        let text = format!("127.0.0.1:5000/product/dev:v1@{digest}");
        let image: ImageRef = text.parse().unwrap();
        assert_eq!(image.name.registry(), "127.0.0.1:5000");
        assert_eq!(image.name.repository(), "product/dev");
        assert_eq!(image.tag.as_ref().unwrap().as_str(), "v1");
        assert_eq!(image.digest, Some(digest));
        assert_eq!(image.to_string(), text);
    }

    #[test]
    fn short_names_are_docker_hub() {
        assert_eq!("python:3".parse::<ImageRef>().unwrap().to_string(), "docker.io/library/python:3");
        assert_eq!("org/app".parse::<ImageRef>().unwrap().to_string(), "docker.io/org/app");
        assert_eq!("localhost/app".parse::<ImageName>().unwrap().registry(), "localhost");
    }

    #[test]
    fn refuses_bad_names() {
        for text in
            ["", "UPPER", "a.b/", "a.b/C", "a.b//c", "a.b/c_", "a.b/c___d", "a.b/c d", "https://a.b/c"]
        {
            assert!(text.parse::<ImageRef>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_digest_wins_over_the_tag() {
        let digest = Digest::from_sha256([2; 32]);
        let image: ImageRef = format!("a.b/c:t@{digest}").parse().unwrap();
        assert_eq!(image.reference(), digest.as_str());
        assert_eq!("a.b/c".parse::<ImageRef>().unwrap().reference(), "latest");
    }
}
