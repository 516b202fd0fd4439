//! An image of a registry as the source.

use clap::Args;
use model::{ImageRef, ParseError};
use toolkit::Check;

use super::given::given;

/// The inputs.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct PromoteArgs {
    /// An image of a registry to push elsewhere as it is, `registry/repository@sha256:…`; a tag instead of the digest is looked up once
    #[arg(long, value_name = "IMAGE")]
    from: Option<String>,
}

impl PromoteArgs {
    /// Returns the names of those that were given.
    pub(super) fn given(&self) -> Vec<&'static str> {
        given([("from", self.from.as_slice())])
    }

    /// Validates them; none if something is missing.
    pub(super) fn check(&self, check: &mut Check<'_>) -> Option<ImageRef> {
        check.optional("from", self.from.as_deref(), image)
    }
}

/// Reads an image; which one is meant has to be said.
fn image(text: &str) -> Result<ImageRef, String> {
    let image: ImageRef = text.parse().map_err(|error: ParseError| error.to_string())?;
    match (&image.tag, &image.digest) {
        (None, None) => Err(format!("`{text}` has neither a digest nor a tag: expected `{text}@sha256:…`")),
        _ => Ok(image),
    }
}
