//! The private directory of a mirror.

use std::{fs, io, os::unix::fs::PermissionsExt as _, path::Path};

use tempfile::TempDir;

/// How often the removal is tried: a git that was just killed may still finish the call that makes its last file.
const ATTEMPTS: u32 = 5;

/// A directory that only this user can read. It goes with this value, whatever is in it.
#[derive(Debug)]
pub(crate) struct Scratch(TempDir);

impl Scratch {
    /// Makes one below `place`, or in the system's place for temporary files.
    pub(crate) fn new(place: Option<&Path>) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("day2-git-").permissions(fs::Permissions::from_mode(0o700));
        place.map_or_else(|| builder.tempdir(), |place| builder.tempdir_in(place)).map(Self)
    }

    /// Returns its path.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // The secret first: it must go even where the rest cannot.
        fs::remove_file(self.path().join(crate::access::KEY)).ok();
        for _ in 0..ATTEMPTS {
            match fs::remove_dir_all(self.path()) {
                Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {}
                _ => return,
            }
        }
    }
}
