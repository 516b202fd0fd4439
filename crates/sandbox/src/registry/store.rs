//! Blobs on disk, by digest. Which repository has which blob is said elsewhere.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use futures_util::{Stream, stream};
use tokio::io::AsyncReadExt;

use super::digest;
use crate::world::created;

/// How much of a blob is in memory at a time.
const CHUNK: usize = 256 * 1024;

/// The directories of blobs and of uploads.
#[derive(Debug)]
pub(super) struct Store {
    blobs: PathBuf,
    uploads: PathBuf,
}

impl Store {
    pub(super) fn new(directory: &Path) -> io::Result<Self> {
        Ok(Self { blobs: created(&directory.join("blobs"))?, uploads: created(&directory.join("uploads"))? })
    }

    /// Where a blob is kept. `digest` has been checked: it is also a file name.
    pub(super) fn blob(&self, digest: &str) -> PathBuf {
        self.blobs.join(digest.replace(':', "-"))
    }

    /// Where an upload collects its bytes.
    pub(super) fn upload(&self, id: &str) -> PathBuf {
        self.uploads.join(id)
    }

    /// Writes a blob that is at hand as a whole.
    pub(super) fn put(&self, bytes: &[u8]) -> io::Result<String> {
        let digest = digest::of(bytes);
        let mut file = tempfile::NamedTempFile::new_in(&self.uploads)?;
        file.write_all(bytes)?;
        file.persist(self.blob(&digest)).map_err(|error| error.error)?;
        Ok(digest)
    }
}

/// Streams a file in chunks.
pub(super) fn chunks(file: tokio::fs::File) -> impl Stream<Item = io::Result<Vec<u8>>> {
    stream::try_unfold(file, |mut file| async move {
        let mut chunk = Vec::with_capacity(CHUNK);
        let read = file.read_buf(&mut chunk).await?;
        Ok((read > 0).then_some((chunk, file)))
    })
}
