//! OCI image layouts as the source.

use std::path::PathBuf;

use clap::Args;

use super::given::{given, text};

/// The inputs.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct LayoutArgs {
    /// An OCI image layout (a directory or a tar file) to push as it is, instead of a Dockerfile; several, one per line, become one image
    #[arg(long, value_name = "PATH")]
    layout: Vec<String>,
}

impl LayoutArgs {
    /// Returns the names of those that were given.
    pub(super) fn given(&self) -> Vec<&'static str> {
        given([("layout", self.layout.as_slice())])
    }

    /// Returns the paths, each once.
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> = Vec::new();
        for path in self.layout.iter().filter_map(|path| text(Some(path))).map(PathBuf::from) {
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        paths
    }
}
