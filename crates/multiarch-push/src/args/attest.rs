//! What goes along with an image and refers to it: signatures, software bills of materials, provenance.

use std::path::PathBuf;

use clap::Args;
use toolkit::Check;

use super::given::{Kind, is_given, text};
use crate::attest::{Attest, RunFacts};

/// The inputs.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct AttestArgs {
    /// Whether signatures and attestations of the source go along: with `from`, `true` by default; with `layout`, `false` by default, as referrers instead of entries of the index
    #[arg(long, value_name = "BOOLEAN", num_args = 0..=1, default_missing_value = "true")]
    referrers: Option<String>,

    /// A software bill of materials, SPDX or CycloneDX as JSON, to attach to the image
    #[arg(long, value_name = "FILE")]
    sbom: Option<String>,

    /// Whether to attach a statement of the repository, commit, workflow and run that the image comes from (in-toto, SLSA v1, not signed); `false` by default
    #[arg(long, value_name = "BOOLEAN", num_args = 0..=1, default_missing_value = "true")]
    provenance: Option<String>,
}

impl AttestArgs {
    /// Validates them.
    pub(super) fn check(&self, check: &mut Check<'_>, kind: Kind) -> Attest {
        let has_referrers = matches!(kind, Kind::Promote | Kind::Layout);
        if !has_referrers && is_given(self.referrers.as_slice()) {
            check.problem("referrers", "is about the image in `from` or `layout`, and neither is given");
        }
        let provenance = check.flag("provenance", self.provenance.as_deref(), false);
        let facts = RunFacts::from_env(check.env()).filter(|_| provenance);
        if provenance && kind == Kind::Promote {
            check.problem("provenance", "cannot be given with `from`: this run does not make the image");
        } else if provenance && facts.is_none() {
            let text = "needs a workflow's run: `GITHUB_REPOSITORY` and `GITHUB_RUN_ID` are not set";
            check.problem("provenance", text);
        }
        Attest {
            referrers: check.flag("referrers", self.referrers.as_deref(), kind == Kind::Promote),
            sbom: text(self.sbom.as_ref()).map(PathBuf::from),
            provenance: facts,
        }
    }
}
