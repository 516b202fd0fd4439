//! A layer that an image names.

use std::{path::PathBuf, sync::Arc};

use model::{Digest, Failure, codes::INTERNAL};
use tokio::sync::OnceCell;

use super::{LayerFiles, Maker};

/// A layer by its digests.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    /// The digest of the tar archive.
    pub(crate) diff_id: Digest,
    /// The digest of the compressed file.
    pub(crate) digest: Digest,
    /// The compressed size.
    pub(crate) size: u64,
    /// The compressed bytes.
    pub(crate) file: Arc<LayerFile>,
}

/// The bytes of a layer: a file, or what it takes to make it.
#[derive(Debug)]
pub(crate) struct LayerFile {
    pub(super) files: LayerFiles,
    pub(super) maker: Arc<Maker>,
    pub(super) diff_id: Digest,
    pub(super) digest: Digest,
    pub(super) size: u64,
    pub(super) path: OnceCell<PathBuf>,
}

impl LayerFile {
    /// Returns the file; a layer that is known from the cache is made now, for a registry that lacks it.
    pub(crate) async fn path(self: &Arc<Self>) -> Result<&PathBuf, Failure> {
        let path = self.path.get_or_try_init(async || {
            let this = self.clone();
            let made = tokio::task::spawn_blocking(move || this.maker.remake(&this)).await;
            made.unwrap_or_else(|error| {
                Err(Failure::new(&INTERNAL, format!("making a layer broke off: {error}")))
            })
        });
        path.await
    }
}
