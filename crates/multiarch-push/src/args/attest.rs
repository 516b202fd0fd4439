//! What goes along with an image and refers to it: signatures, software bills of materials, provenance.

use clap::Args;
use toolkit::Check;

use super::given::{given, refuse_later};

/// The inputs.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct AttestArgs {
    /// Not in this version: whether signatures and attestations of the source go along; refused when given
    #[arg(long, value_name = "BOOLEAN", num_args = 0..=1, default_missing_value = "true")]
    referrers: Option<String>,

    /// Not in this version: a software bill of materials to attach to the image; refused when given
    #[arg(long, value_name = "FILE")]
    sbom: Option<String>,

    /// Not in this version: whether to attach a statement of where the image comes from; refused when given
    #[arg(long, value_name = "BOOLEAN", num_args = 0..=1, default_missing_value = "true")]
    provenance: Option<String>,
}

impl AttestArgs {
    /// Validates them.
    pub(super) fn check(&self, check: &mut Check<'_>) {
        let later = given([
            ("referrers", self.referrers.as_slice()),
            ("sbom", self.sbom.as_slice()),
            ("provenance", self.provenance.as_slice()),
        ]);
        refuse_later(check, &later);
    }
}
