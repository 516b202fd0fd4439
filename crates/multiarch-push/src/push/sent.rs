//! What was sent to a destination and what was not.

use crate::registry::Placed;

/// Bytes and blobs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sent {
    /// Bytes of blobs and manifests that were sent.
    pub(crate) bytes_uploaded: u64,
    /// Bytes of blobs that were there or could be mounted.
    pub(crate) bytes_skipped: u64,
    /// Blobs that were sent.
    pub(crate) uploaded: usize,
    /// Blobs that were mounted.
    pub(crate) mounted: usize,
    /// Blobs that were there.
    pub(crate) present: usize,
}

impl Sent {
    /// Counts a blob; none says that it was not looked at, since the manifest that names it is there.
    pub(super) fn count(&mut self, size: u64, placed: Option<&Placed>) {
        match placed {
            Some(Placed::Uploaded { .. }) => {
                self.uploaded += 1;
                self.bytes_uploaded += size;
            }
            Some(Placed::Mounted) => {
                self.mounted += 1;
                self.bytes_skipped += size;
            }
            Some(Placed::Present) | None => {
                self.present += 1;
                self.bytes_skipped += size;
            }
        }
    }

    /// Adds what was sent elsewhere.
    pub(crate) fn add(&mut self, other: &Self) {
        self.bytes_uploaded += other.bytes_uploaded;
        self.bytes_skipped += other.bytes_skipped;
        self.uploaded += other.uploaded;
        self.mounted += other.mounted;
        self.present += other.present;
    }
}
