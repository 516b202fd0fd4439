//! One blob upload: `POST` opens it, `PATCH` adds to it, `PUT ?digest=` completes it.

use std::{io, path::PathBuf};

use axum::body::Body;
use futures_util::StreamExt;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncSeekExt, AsyncWriteExt};

use super::{digest, refusal::Refusal};

/// The least size of a part that is not the last one: 5 MiB (ECR service quotas).
const LEAST_PART: u64 = 5 * 1024 * 1024;

/// An upload. Its bytes are in a file; what a broken request left behind is cut off by the next one.
#[derive(Debug)]
pub(super) struct Upload {
    path: PathBuf,
    hasher: Sha256,
    received: u64,
    /// The end that `Range` shows. ECR sets it with the first part and never again (mise#11376).
    shown: Option<u64>,
    small_part: bool,
}

impl Upload {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, hasher: Sha256::new(), received: 0, shown: None, small_part: false }
    }

    /// Appends a part, streamed, and tells `count` of every chunk. `start` is what `Content-Range` says.
    pub(super) async fn append(
        &mut self,
        body: Body,
        start: Option<u64>,
        count: impl Fn(u64),
    ) -> Result<(), Refusal> {
        if let Some(start) = start.filter(|start| *start != self.received) {
            return Err(Refusal::upload_out_of_order(start, self.received));
        }
        let disk = |error: io::Error| Refusal::disk(&error);
        let mut options = tokio::fs::OpenOptions::new();
        options.create(true).write(true).truncate(false);
        let mut file = options.open(&self.path).await.map_err(disk)?;
        file.set_len(self.received).await.map_err(disk)?;
        file.seek(io::SeekFrom::End(0)).await.map_err(disk)?;
        let (mut hasher, mut size) = (self.hasher.clone(), 0);
        let mut stream = body.into_data_stream();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|error| Refusal::upload_broken(&error.to_string()))?;
            count(chunk.len() as u64);
            hasher.update(&chunk);
            file.write_all(&chunk).await.map_err(disk)?;
            size += chunk.len() as u64;
        }
        file.flush().await.map_err(disk)?;
        if size > 0 {
            if self.small_part {
                return Err(Refusal::part_too_small());
            }
            self.small_part = size < LEAST_PART;
        }
        self.hasher = hasher;
        self.received += size;
        Ok(())
    }

    /// Returns the `Range` to show after a part: stale from the second part on.
    pub(super) fn range(&mut self) -> String {
        let end = *self.shown.get_or_insert(self.received.saturating_sub(1));
        format!("0-{end}")
    }

    /// Returns the digest of what has been received.
    pub(super) fn digest(&self) -> String {
        digest::finish(self.hasher.clone())
    }

    /// Moves the bytes to where the blob belongs.
    pub(super) async fn persist(&self, blob: PathBuf) -> io::Result<()> {
        if self.received == 0 {
            tokio::fs::write(&self.path, b"").await?;
        }
        tokio::fs::rename(&self.path, blob).await
    }
}
