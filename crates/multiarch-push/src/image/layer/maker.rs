//! Making layers: tar, compression and both digests in one pass over the files, or none if the cache knows them.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use model::{Digest, Failure, codes::FILE_ACCESS};
use tokio::sync::OnceCell;

use super::{Layer, LayerCache, LayerFile, LayerFiles};
use crate::{
    codes,
    image::{
        archive::write_archive,
        compress::{Compression, Compressor, Pool},
        hashing::Hashing,
    },
};

/// Makes the layers of one run.
#[derive(Debug)]
pub(crate) struct Maker {
    compression: Compression,
    spool: PathBuf,
    cache: Option<LayerCache>,
    /// Threads that are started with the first layer that is not known.
    pool: OnceLock<Pool>,
    made: AtomicUsize,
}

/// What was written.
#[derive(Debug)]
struct Written {
    diff_id: Digest,
    digest: Digest,
    size: u64,
    path: PathBuf,
}

impl Maker {
    /// Layers are written below `spool`, which must outlive their use.
    pub(crate) fn new(compression: Compression, spool: &Path, cache: Option<LayerCache>) -> Arc<Self> {
        let (pool, made) = (OnceLock::new(), AtomicUsize::new(0));
        Arc::new(Self { compression, spool: spool.to_owned(), cache, pool, made })
    }

    /// Returns the directory for what is written.
    pub(crate) fn spool(&self) -> &Path {
        &self.spool
    }

    /// Returns how layers are compressed.
    pub(crate) fn compression(&self) -> Compression {
        self.compression
    }

    /// Finds out what a layer is called. Its bytes are made now unless the cache knows the name.
    ///
    /// A layer whose shape was never seen cannot be known, and is read once; any other is hashed first, so that what
    /// the cache says is always about the very bytes that are in the files now.
    pub(crate) fn make(self: &Arc<Self>, files: LayerFiles) -> Result<Layer, Failure> {
        let shelf = self.cache.as_ref().map(|cache| cache.shelf(&files, self.compression));
        if let Some(shelf) = shelf.as_ref().filter(|shelf| shelf.is_in_use()) {
            let (_, diff_id, _) = write_archive(&files.tree, files.epoch, Hashing::new(io::sink()))?.finish();
            if let Some((digest, size)) = shelf.find(&diff_id) {
                tracing::debug!("the layer {digest} is known");
                return Ok(self.layer(files, diff_id, digest, size, OnceCell::new()));
            }
        }
        let Written { diff_id, digest, size, path } = self.write(&files)?;
        if let Some(shelf) = &shelf {
            shelf.keep(&diff_id, &digest, size, &path);
        }
        Ok(self.layer(files, diff_id, digest, size, OnceCell::from(path)))
    }

    fn layer(
        self: &Arc<Self>,
        files: LayerFiles,
        diff_id: Digest,
        digest: Digest,
        size: u64,
        path: OnceCell<PathBuf>,
    ) -> Layer {
        let (ids, maker) = ((diff_id.clone(), digest.clone()), self.clone());
        let file = LayerFile { files, maker, diff_id: ids.0, digest: ids.1, size, path };
        Layer { diff_id, digest, size, file: Arc::new(file) }
    }

    /// Gets the bytes of a layer that the cache knew: from the cache, else from the files.
    pub(super) fn remake(&self, layer: &LayerFile) -> Result<PathBuf, Failure> {
        let path = self.next_path();
        if let Some(cache) = &self.cache
            && cache.take(layer, &path)
        {
            return Ok(path);
        }
        let written = self.write(&layer.files)?;
        if written.digest == layer.digest {
            if let Some(cache) = &self.cache {
                cache.store(&layer.digest, layer.size, &written.path);
            }
            return Ok(written.path);
        }
        let text = match written.diff_id == layer.diff_id {
            true => {
                if let Some(cache) = &self.cache {
                    cache.denounce(layer, self.compression);
                }
                "the layer cache named a layer by a digest that it does not have; the name was removed"
            }
            false => "files of a layer were changed while it was pushed",
        };
        Err(Failure::new(&codes::DIGEST_MISMATCH, text))
    }

    fn write(&self, files: &LayerFiles) -> Result<Written, Failure> {
        let path = self.next_path();
        let spool = |error: io::Error| {
            Failure::new(&FILE_ACCESS, format!("cannot write the layer to {}: {error}", path.display()))
        };
        let file = BufWriter::with_capacity(1 << 17, File::create(&path).map_err(spool)?);
        let pool = self.pool.get_or_init(Pool::new);
        let compressor = Compressor::new(self.compression, pool, Hashing::new(file)).map_err(spool)?;
        // Tar writes headers of 512 bytes, and files in small pieces.
        let buffered = BufWriter::with_capacity(1 << 16, Hashing::new(compressor));
        let archive = write_archive(&files.tree, files.epoch, buffered)?;
        let (compressor, diff_id, _) =
            archive.into_inner().map_err(|error| spool(error.into_error()))?.finish();
        let (mut output, digest, size) = compressor.finish().map_err(spool)?.finish();
        output.flush().map_err(spool)?;
        Ok(Written { diff_id, digest, size, path })
    }

    fn next_path(&self) -> PathBuf {
        self.spool.join(format!("layer-{}", self.made.fetch_add(1, Ordering::Relaxed)))
    }
}
