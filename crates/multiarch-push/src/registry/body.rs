//! The bytes of a blob on their way out, in constant memory whatever its size.
//!
//! A file is read by a thread of its own, some pieces ahead of the connection, so that neither waits for the other.
//! Several destinations read the same file each by themselves, at the same time: the kernel reads it from the disk
//! once and keeps it (the page cache), and no destination waits for a slower one.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
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
    File(&'a PathBuf, Option<u64>, &'a Integrity),
    /// Another repository, which is streamed through.
    Repository(&'a Repository),
}

/// Whether a file is known to hold what its digest says. If it is not, it is hashed on its way out, by whichever upload
/// of it comes first; every registry hashes what it gets as well.
#[derive(Debug, Default)]
pub(crate) struct Integrity(AtomicBool);

impl Integrity {
    /// A file that was hashed as it was written.
    pub(crate) fn known() -> Self {
        Self(AtomicBool::new(true))
    }

    /// Whether the caller has to hash it.
    pub(super) fn claim(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }

    /// The caller has not hashed it to its end.
    pub(super) fn give_up(&self) {
        self.0.store(false, Ordering::Release);
    }
}

/// How large the pieces of a file are, and how many are read ahead: with sixteen uploads, sixteen megabytes.
const PIECE: usize = 256 * 1024;
const AHEAD: usize = 3;

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

/// Streams a file, or the part of it at `offset`, that is to have this size and digest; `checks` whether it has this
/// digest.
pub(super) fn of_file(
    path: &Path,
    offset: Option<u64>,
    (digest, size): (&Digest, u64),
    checks: bool,
    meter: Meter,
    fault: Fault,
) -> Body {
    let (sender, receiver) = mpsc::channel(AHEAD);
    let (path, digest) = (path.to_owned(), digest.clone());
    tokio::task::spawn_blocking(move || {
        if let Err(failure) = read(&path, offset, (&digest, size), checks, &sender) {
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

fn read(
    path: &Path,
    offset: Option<u64>,
    (digest, size): (&Digest, u64),
    checks: bool,
    sender: &mpsc::Sender<io::Result<Bytes>>,
) -> Result<(), Failure> {
    let unreadable =
        |error: io::Error| Failure::new(&FILE_ACCESS, format!("cannot read {}: {error}", path.display()));
    let damaged = |what: String| {
        let text = format!("the file {} of the blob {digest} {what}", path.display());
        Failure::new(&codes::DIGEST_MISMATCH, text)
            .with_remedy("Let the tool that wrote the file write it again.")
    };
    let mut file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    match offset {
        Some(offset) => file.seek(SeekFrom::Start(offset)).map(drop).map_err(unreadable)?,
        None if length == size => {}
        None => return Err(damaged(format!("has {length} bytes and not {size}"))),
    }
    let (mut hash, mut left) = (Sha256::new(), size);
    while left > 0 {
        let wanted = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
        let mut piece = Vec::with_capacity(wanted);
        let got = (&mut file).take(wanted as u64).read_to_end(&mut piece).map_err(unreadable)?;
        if got < wanted {
            return Err(damaged("became shorter while it was read".to_owned()));
        }
        left -= got as u64;
        if checks {
            hash.update(&piece);
            if left == 0 {
                let found = Digest::from_sha256(hash.clone().finalize().into());
                if found != *digest {
                    return Err(damaged(format!("has the digest {found}")));
                }
            }
        }
        // The connection is gone, and the request says why.
        if sender.blocking_send(Ok(Bytes::from(piece))).is_err() {
            return Ok(());
        }
    }
    Ok(())
}
