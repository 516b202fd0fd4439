//! Layers: what is in them, what they are called, and their bytes, which are made only if someone wants them.

mod cache;
mod made;
mod maker;

use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::context::{NodeKind, Tree};

pub(crate) use cache::LayerCache;
pub(crate) use made::{Layer, LayerFile};
pub(crate) use maker::Maker;

/// The files of a layer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct LayerFiles {
    /// The files.
    pub(crate) tree: Tree,
    /// The time that all of them are given, in seconds since 1970.
    pub(crate) epoch: u64,
}

impl LayerFiles {
    /// Hashes all that is known of the layer without reading a file: two layers of different shape differ, two of the
    /// same shape may.
    fn shape(&self, hash: &mut Sha256) {
        hash.update(self.epoch.to_le_bytes());
        for (path, node) in &self.tree {
            text(hash, path);
            hash.update([node.mode, node.owner.uid, node.owner.gid].map(u32::to_le_bytes).concat());
            match &node.kind {
                NodeKind::File { size, .. } => {
                    hash.update(b"f");
                    hash.update(size.to_le_bytes());
                }
                NodeKind::Directory => hash.update(b"d"),
                NodeKind::Symlink(target) => {
                    hash.update(b"l");
                    text(hash, target);
                }
            }
        }
    }
}

/// Hashes a text with its length, so that no two lists of texts are the same bytes.
fn text(hash: &mut Sha256, text: &Path) {
    let bytes = text.as_os_str().as_encoded_bytes();
    hash.update((bytes.len() as u64).to_le_bytes());
    hash.update(bytes);
}

#[cfg(test)]
mod tests;
