//! The layers of earlier runs on this machine, by their content.
//!
//! `entries/SHAPE/DIFF-ID` names a layer's digest and size, `blobs/DIGEST` is its compressed file if that is not too
//! large, `tmp` holds what is being written: files come to their place by renaming, so that neither a crash nor
//! another run shows half of one.
//!
//! A name is believed, since nobody but this user can have written it ([`LayerCache::check`]); bytes are not: they are
//! used if they have the name's digest and unpack to the archive. Nothing depends on the cache: whatever goes wrong
//! with it means only that a layer is made again, or the image ([`LayerCache::has_misled`]).

use std::{
    fs::{self, DirBuilder, File},
    io::{self, BufReader, Read},
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use model::Digest;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{LayerFile, LayerFiles, text};
use crate::image::{
    compress::{Compression, FORMAT},
    hashing::Hashing,
    unpack,
};

/// What all compressed files may take together, in bytes.
const LIMIT: u64 = 4 << 30;

/// How long a name is kept that no run has asked for, and how long something half written is somebody's work.
const NAMES_LIVE: Duration = Duration::from_secs(90 * 24 * 3600);
const WRITING_TAKES: Duration = Duration::from_secs(24 * 3600);

/// A directory of layers.
#[derive(Debug, Clone)]
pub(crate) struct LayerCache {
    root: PathBuf,
    limit: u64,
    misled: Arc<AtomicBool>,
}

/// The layers of one shape.
#[derive(Debug)]
pub(crate) struct Shelf<'a> {
    cache: &'a LayerCache,
    directory: PathBuf,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    digest: String,
    size: u64,
}

impl LayerCache {
    /// Uses a directory, which is made when there is something to keep.
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root, limit: LIMIT, misled: Arc::default() }
    }

    /// Refuses a directory in which somebody other than the owner of `spool`, who is this user, can have put names. The
    /// error says which and why.
    pub(crate) fn check(&self, spool: &Path) -> Result<(), String> {
        let found = match fs::metadata(&self.root) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            found => found.and_then(|found| Ok((found.uid(), found.mode(), fs::metadata(spool)?.uid()))),
        };
        let reason = match found {
            Ok((owner, _, user)) if owner != user => "it belongs to another user".to_owned(),
            Ok((_, mode, _)) if mode & 0o022 != 0 => {
                format!("others may write to it (mode {:o})", mode & 0o7777)
            }
            Ok(_) => return Ok(()),
            Err(error) => error.to_string(),
        };
        Err(format!("the layer cache {} is not used: {reason}", self.root.display()))
    }

    /// Whether a name in it was found to be wrong after an image was made with it.
    pub(crate) fn has_misled(&self) -> bool {
        self.misled.load(Ordering::Relaxed)
    }

    /// Removes a name that is wrong.
    pub(super) fn denounce(&self, layer: &LayerFile, compression: Compression) {
        self.misled.store(true, Ordering::Relaxed);
        self.shelf(&layer.files, compression).forget(&layer.diff_id);
    }

    /// Returns where a layer's names would be.
    pub(super) fn shelf(&self, files: &LayerFiles, compression: Compression) -> Shelf<'_> {
        let mut hash = Sha256::new();
        hash.update(FORMAT.to_le_bytes());
        // A release may bring another version of a compressor.
        text(&mut hash, Path::new(env!("CARGO_PKG_VERSION")));
        hash.update(compression.as_str());
        files.shape(&mut hash);
        let shape = Digest::from_sha256(hash.finalize().into());
        Shelf { cache: self, directory: self.root.join("entries").join(shape.hex()) }
    }

    /// Puts a layer's file at `target` if it is there, whole and unharmed, and unpacks to the layer's archive.
    pub(super) fn take(&self, layer: &LayerFile, target: &Path) -> bool {
        let path = self.blob(&layer.digest);
        if fs::metadata(&path).map_or(true, |found| found.len() != layer.size) {
            return false;
        }
        // The clean-up of another run may remove the name, but not the file under its second name.
        let result = link_or_copy(&path, target).and_then(|()| {
            if hashed(File::open(target)?)? != layer.digest {
                return Err(io::Error::other("its content has another digest"));
            }
            match unpack::unpacked(target)?.map(hashed).transpose()? {
                Some(diff_id) if diff_id == layer.diff_id => Ok(()),
                _ => Err(io::Error::other("it is not the layer's archive")),
            }
        });
        match result {
            Ok(()) => touch(&path),
            Err(error) => {
                tracing::debug!("{} is not used: {error}", path.display());
                drop((fs::remove_file(target), fs::remove_file(&path)));
                return false;
            }
        }
        true
    }

    /// Keeps a layer's file, unless it is so large that many others would have to go for it.
    pub(super) fn store(&self, digest: &Digest, size: u64, file: &Path) {
        if size > self.limit / 4 {
            return;
        }
        let kept = self.put(&self.blob(digest), |temporary| link_or_copy(file, temporary));
        if let Err(error) = kept.and_then(|()| self.clean()) {
            tracing::debug!("the layer cache {} is not in order: {error}", self.root.display());
        }
    }

    fn blob(&self, digest: &Digest) -> PathBuf {
        self.root.join("blobs").join(digest.hex())
    }

    /// Writes beside and renames.
    fn put(&self, target: &Path, write: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
        let temporary = self.root.join("tmp");
        if let Some(parent) = self.root.parent() {
            fs::create_dir_all(parent)?;
        }
        for directory in target.parent().into_iter().chain([temporary.as_path()]) {
            DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        }
        let place = tempfile::tempdir_in(temporary)?;
        let written = place.path().join("written");
        write(&written)?;
        fs::rename(&written, target)
    }

    /// Removes what was not used for the longest time until the rest is within the limit, and what others left.
    fn clean(&self) -> io::Result<()> {
        let mut blobs = listed(&self.root.join("blobs"))?;
        blobs.sort_by_key(|(_, used, _)| *used);
        let mut total: u64 = blobs.iter().map(|(_, _, size)| size).sum();
        for (path, _, size) in blobs {
            if total <= self.limit {
                break;
            }
            fs::remove_file(path)?;
            total -= size;
        }
        for (directory, age) in [("entries", NAMES_LIVE), ("tmp", WRITING_TAKES)] {
            for (path, used, _) in listed(&self.root.join(directory))? {
                if SystemTime::now().duration_since(used).is_ok_and(|unused| unused > age) {
                    fs::remove_dir_all(path)?;
                }
            }
        }
        Ok(())
    }
}

impl Shelf<'_> {
    /// Whether a layer of this shape was made before.
    pub(super) fn is_in_use(&self) -> bool {
        self.directory.is_dir()
    }

    /// Returns the digest and size of the layer with this archive.
    pub(super) fn find(&self, diff_id: &Digest) -> Option<(Digest, u64)> {
        let entry: Entry = serde_json::from_slice(&fs::read(self.entry(diff_id)).ok()?).ok()?;
        touch(&self.directory);
        Some((entry.digest.parse().ok()?, entry.size))
    }

    /// Keeps a layer's name, and its file if that is not too large.
    pub(super) fn keep(&self, diff_id: &Digest, digest: &Digest, size: u64, file: &Path) {
        let entry = Entry { digest: digest.to_string(), size };
        let named = serde_json::to_vec(&entry)
            .map_err(io::Error::other)
            .and_then(|text| self.cache.put(&self.entry(diff_id), |path| fs::write(path, &text)));
        match named {
            Ok(()) => self.cache.store(digest, size, file),
            Err(error) => tracing::debug!("{} cannot be kept: {error}", self.directory.display()),
        }
    }

    /// Removes a layer's name.
    fn forget(&self, diff_id: &Digest) {
        if let Err(error) = fs::remove_file(self.entry(diff_id)) {
            tracing::debug!("{} cannot be removed: {error}", self.directory.display());
        }
    }

    fn entry(&self, diff_id: &Digest) -> PathBuf {
        self.directory.join(diff_id.hex())
    }
}

/// Lists what is in a directory: path, time of the last use and size. What goes away meanwhile is left out.
fn listed(directory: &Path) -> io::Result<Vec<(PathBuf, SystemTime, u64)>> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let described = entries.filter_map(|entry| {
        let entry = entry.ok()?;
        let metadata = entry.metadata().ok()?;
        Some((entry.path(), metadata.modified().ok()?, metadata.len()))
    });
    Ok(described.collect())
}

fn hashed(reader: impl Read) -> io::Result<Digest> {
    let mut hashing = Hashing::new(io::sink());
    io::copy(&mut BufReader::with_capacity(1 << 17, reader), &mut hashing)?;
    Ok(hashing.finish().1)
}

fn link_or_copy(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Ok(()) => Ok(()),
        // Another file system, or one without links.
        Err(_) => fs::copy(from, to).map(drop),
    }
}

/// Notes a use. Where that is not allowed, the clean-up takes the thing for unused, no more.
fn touch(path: &Path) {
    let _ = File::open(path).and_then(|file| file.set_modified(SystemTime::now()));
}

#[cfg(test)]
mod tests;
