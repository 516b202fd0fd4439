//! OCI image layouts as the source.

use std::path::PathBuf;

use clap::Args;
use toolkit::Check;

use super::given::{given, text};

/// The inputs.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct LayoutArgs {
    /// An OCI image layout (a directory or a tar file) to push as it is, instead of a Dockerfile
    #[arg(long, value_name = "PATH")]
    layout: Vec<String>,
}

impl LayoutArgs {
    /// Returns the names of those that were given.
    pub(super) fn given(&self) -> Vec<&'static str> {
        given([("layout", self.layout.as_slice())])
    }

    /// Validates them.
    pub(super) fn check(&self, check: &mut Check<'_>) -> Vec<PathBuf> {
        let paths: Vec<PathBuf> =
            self.layout.iter().filter_map(|path| text(Some(path))).map(PathBuf::from).collect();
        if paths.len() > 1 {
            check.problem("layout", "names several layouts, which is not in this version");
        }
        paths
    }
}
