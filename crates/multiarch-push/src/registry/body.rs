//! The bytes of a blob on their way out, in constant memory whatever its size.
//!
//! A file is read by a thread of its own, some pieces ahead of the connection, so that neither waits for the other.
//! Several destinations read the same file each by themselves, at the same time: the kernel reads it from the disk
//! once and keeps it (the page cache), and no destination waits for a slower one.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use model::{Digest, Failure, codes::FILE_ACCESS};
use reqwest::Body;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;

use super::client::Repository;
use crate::{codes, progress::Meter};

/// Where a blob's bytes come from.
#[derive(Debug, Clone)]
pub(crate) enum Content<'a> {
    /// Memory, for configurations.
    Bytes(&'a Bytes),
    /// A file, which is streamed: the whole of it, or what begins at an offset.
    File(&'a PathBuf, Option<u64>),
    /// Another repository, which is streamed through.
    Repository(&'a Repository),
}

/// How large the pieces of a file are, and how many are read ahead: with sixteen uploads, sixteen megabytes.
const PIECE: usize = 256 * 1024;
const AHEAD: usize = 3;

/// The memory of pieces that were sent, for the next ones: the allocator of a static binary (musl's) gives what is so
/// large back to the kernel at once, and each page of it would be faulted in anew.
#[derive(Debug, Clone, Default)]
struct Spent(Arc<Mutex<Vec<Vec<u8>>>>);

/// A piece whose memory is used again.
struct Piece {
    bytes: Vec<u8>,
    spent: Spent,
}

impl Spent {
    /// Returns an empty piece with room for [`PIECE`].
    fn piece(&self) -> Piece {
        let used = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Piece { bytes: used.unwrap_or_else(|| Vec::with_capacity(PIECE)), spent: self.clone() }
    }
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        self.spent.0.lock().unwrap_or_else(PoisonError::into_inner).push(bytes);
    }
}

/// Why a file could not be sent, which the connection's own error does not tell.
#[derive(Debug, Clone, Default)]
pub(super) struct Fault(Arc<Mutex<Option<Failure>>>);

impl Fault {
    fn set(&self, failure: Failure) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
    }

    /// Returns what went wrong on our side, if anything did.
    pub(super) fn take(&self) -> Option<Failure> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Streams a file, or the part of it at `offset`, that is to have this size. It is not hashed on its way: the registry
/// does that, and has to (`digest` of the PUT), so that doing it here as well would only take time.
pub(super) fn of_file(
    path: &Path,
    offset: Option<u64>,
    (digest, size): (&Digest, u64),
    meter: Meter,
    fault: Fault,
) -> Body {
    let (sender, receiver) = mpsc::channel(AHEAD);
    let (path, digest) = (path.to_owned(), digest.clone());
    tokio::task::spawn_blocking(move || {
        // A connection that is gone takes no pieces any more, and the request says why.
        let send = |piece| sender.blocking_send(Ok(piece)).is_ok();
        if let Err(failure) = read(&path, offset, (&digest, size), send) {
            fault.set(failure);
            // A stream that ends with an error ends the request: the registry never gets a whole blob.
            let _ = sender.blocking_send(Err(io::Error::other("the file cannot be sent")));
        }
    });
    let pieces = stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|piece: io::Result<Bytes>| (piece, receiver))
    });
    Body::wrap_stream(metered(pieces, meter))
}

/// Says what is wrong with a file that a registry refused; nothing if it is what its digest says, or cannot be read any
/// more.
pub(super) async fn damage(path: &Path, offset: Option<u64>, digest: &Digest, size: u64) -> Option<Failure> {
    let (path, digest) = (path.to_owned(), digest.clone());
    let hashed = tokio::task::spawn_blocking(move || {
        let mut hash = Sha256::new();
        read(&path, offset, (&digest, size), |piece| {
            hash.update(&piece);
            true
        })?;
        let found = Digest::from_sha256(hash.finalize().into());
        if found == digest {
            Ok(())
        } else {
            Err(damaged(&path, &digest, &format!("has the digest {found}")))
        }
    });
    hashed.await.ok()?.err()
}

fn damaged(path: &Path, digest: &Digest, what: &str) -> Failure {
    let text = format!("the file {} of the blob {digest} {what}", path.display());
    Failure::new(&codes::DIGEST_MISMATCH, text)
        .with_remedy("Let the tool that wrote the file write it again.")
}

/// Counts what passes.
pub(super) fn metered<E>(
    pieces: impl Stream<Item = Result<Bytes, E>>,
    meter: Meter,
) -> impl Stream<Item = Result<Bytes, E>> {
    pieces.inspect(move |piece| {
        if let Ok(piece) = piece {
            meter.sent(piece.len() as u64);
        }
    })
}

/// Reads a file piece by piece, for as long as `take` wants more.
fn read(
    path: &Path,
    offset: Option<u64>,
    (digest, size): (&Digest, u64),
    mut take: impl FnMut(Bytes) -> bool,
) -> Result<(), Failure> {
    let unreadable =
        |error: io::Error| Failure::new(&FILE_ACCESS, format!("cannot read {}: {error}", path.display()));
    let mut file = File::open(path).map_err(unreadable)?;
    if let Some(offset) = offset {
        file.seek(SeekFrom::Start(offset)).map(drop).map_err(unreadable)?;
    } else {
        let length = file.metadata().map_err(unreadable)?.len();
        if length != size {
            return Err(damaged(path, digest, &format!("has {length} bytes and not {size}")));
        }
    }
    let (mut left, spent) = (size, Spent::default());
    while left > 0 {
        let wanted = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
        let mut piece = spent.piece();
        let got = (&mut file).take(wanted as u64).read_to_end(&mut piece.bytes).map_err(unreadable)?;
        if got < wanted {
            return Err(damaged(path, digest, "became shorter while it was read"));
        }
        left -= got as u64;
        if !take(Bytes::from_owner(piece)) {
            break;
        }
    }
    Ok(())
}
