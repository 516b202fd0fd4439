//! An image of a registry as the source.

use clap::Args;
use model::ImageRef;
use toolkit::Check;

use super::given::{given, refuse_later};

/// The inputs.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct PromoteArgs {
    /// Not in this version: an image to promote by its digest; refused when given
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
        refuse_later(check, &self.given());
        check.optional("from", self.from.as_deref(), str::parse)
    }
}
