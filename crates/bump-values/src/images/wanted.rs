//! An image that was asked for.

use std::{fmt, str::FromStr};

use model::{ImageName, ImageRef, ParseError};

/// An image with something to set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// What it is.
    pub(crate) image: ImageRef,
    /// Its name as it was written: kustomize compares `name` letter by letter, so that `nginx` has to stay `nginx`.
    pub(crate) written: String,
}

impl Wanted {
    /// Whether `name` is that image's: `nginx`, `docker.io/nginx` and `index.docker.io/library/nginx` are one.
    pub(super) fn is(&self, name: &ImageName) -> bool {
        canonical(&self.image.name) == canonical(name)
    }

    /// Whether two lines are for one image.
    pub(crate) fn same_name(&self, other: &Self) -> bool {
        self.is(&other.image.name)
    }
}

/// Returns registry and repository as Docker resolves them (distribution/reference `normalize.go`).
pub(super) fn canonical(name: &ImageName) -> (String, String) {
    let registry = name.registry().to_ascii_lowercase();
    let is_hub = registry == "docker.io" || registry == "index.docker.io";
    let registry = if is_hub { "docker.io".to_owned() } else { registry };
    let repository = name.repository();
    let is_official = is_hub && !repository.contains('/');
    (registry, if is_official { format!("library/{repository}") } else { repository.to_owned() })
}

impl FromStr for Wanted {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Ok(Self { image: text.parse()?, written: split(text).0.to_owned() })
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.written)?;
        if let Some(tag) = &self.image.tag {
            write!(formatter, ":{tag}")?;
        }
        if let Some(digest) = &self.image.digest {
            write!(formatter, "@{digest}")?;
        }
        Ok(())
    }
}

/// Splits `name[:tag][@digest]` after the name; the rest has its separators.
pub(super) fn split(image: &str) -> (&str, &str) {
    let end = image.find('@').unwrap_or(image.len());
    // A colon after the last slash separates a tag; one before it, a port.
    let colon = image[..end].rfind(':').filter(|&at| !image[at..end].contains('/'));
    image.split_at(colon.unwrap_or(end))
}
