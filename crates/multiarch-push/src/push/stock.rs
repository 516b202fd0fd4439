//! Where blobs are taken from, shared by all destinations.
//!
//! A file is streamed to each destination by itself (`registry/body.rs` says why). What comes from another registry is
//! streamed through if there is one destination, and fetched into a file once if there are several: each of them may
//! then take its time, and try again.

use std::{collections::HashMap, path::PathBuf};

use model::{Digest, Failure};
use tokio::sync::OnceCell;

use crate::{
    artifact::{Artifact, Blob, Origin},
    registry::Content,
};

/// The blobs of an artifact.
#[derive(Debug)]
pub(crate) struct Stock {
    /// The directory for what is fetched; none if there is one destination.
    fetched: Option<PathBuf>,
    entries: HashMap<Digest, OnceCell<PathBuf>>,
}

impl Stock {
    /// Takes stock of `artifact`; `fetched` is a directory for what several destinations need of another registry.
    pub(crate) fn new(artifact: &Artifact, fetched: Option<PathBuf>) -> Self {
        let blobs = artifact.manifests().flat_map(|child| &child.blobs);
        let entries = blobs.map(|blob| (blob.digest.clone(), OnceCell::new())).collect();
        Self { fetched, entries }
    }

    /// Returns a blob's bytes for an upload.
    pub(super) async fn content<'a>(&'a self, blob: &'a Blob) -> Result<Content<'a>, Failure> {
        let entry = self.entries.get(&blob.digest);
        match (&blob.origin, entry, &self.fetched) {
            (Origin::Bytes(bytes), ..) => Ok(Content::Bytes(bytes)),
            (Origin::File(path), ..) => Ok(Content::File(path, None)),
            (Origin::Layer(layer), ..) => Ok(Content::File(layer.path().await?, None)),
            (Origin::Part { file, offset }, ..) => Ok(Content::File(file, Some(*offset))),
            (Origin::Base(source), Some(entry), Some(directory)) => {
                let path = directory.join(blob.digest.hex());
                let fetch = || async {
                    source.fetch_blob(&blob.digest, blob.size, &path).await?;
                    Ok::<_, Failure>(path.clone())
                };
                Ok(Content::File(entry.get_or_try_init(fetch).await?, None))
            }
            (Origin::Base(source), ..) => Ok(Content::Repository(source)),
        }
    }
}
