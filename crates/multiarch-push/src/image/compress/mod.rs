//! Compression on all processors, whose result is the same on any number of them.
//!
//! The layer is cut into blocks of a fixed size, each compressed for itself. Gzip's are joined into one member
//! (`gzip`), zstd's into one frame, which is what every reader of layers understands
//! (docs/decisions/0031-layers.md).

mod block;
mod gzip;
mod pool;

use std::{
    io::{self, Write},
    str::FromStr,
};

use model::ParseError;
use zstd::zstd_safe::CParameter;

use super::oci;
use gzip::Gzip;
pub(crate) use pool::Pool;

/// What the bytes of compressed layers depend on besides their content: to be raised with every change of a level, a
/// block's size or a compressor, so that the cache does not mix two of them.
pub(crate) const FORMAT: u32 = 1;

/// Between 1 and 3 the size falls by a fifth, above it by little and the time grows (docs/decisions/0031-layers.md).
const ZSTD_LEVEL: i32 = 3;

/// What zstd's workers take at a time, in bytes: fixed, as the library's own choice may change with its version.
const ZSTD_JOB: u32 = 4 << 20;

/// Each worker of zstd holds several jobs, so that memory bounds their number.
const ZSTD_WORKERS: usize = 4;

/// How layers are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) enum Compression {
    /// Gzip, which everything reads.
    #[default]
    Gzip,
    /// Zstandard, which is smaller and faster to unpack; Docker reads it since 23.0.
    Zstd,
}

impl Compression {
    /// Returns the name of the choice.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// Returns the media type of layers.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Gzip => oci::LAYER_GZIP,
            Self::Zstd => oci::LAYER_ZSTD,
        }
    }
}

impl FromStr for Compression {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text {
            "gzip" => Ok(Self::Gzip),
            "zstd" => Ok(Self::Zstd),
            _ => Err(ParseError::new("a compression", text, "`gzip` or `zstd`")),
        }
    }
}

/// Compresses what is written to it.
pub(crate) enum Compressor<W: Write> {
    /// On a pool that several layers share.
    Gzip(Gzip<W>),
    /// On threads of the library's own.
    Zstd(Box<zstd::Encoder<'static, W>>),
}

impl<W: Write> Compressor<W> {
    /// Begins to write to `output`.
    pub(crate) fn new(kind: Compression, pool: &Pool, output: W) -> io::Result<Self> {
        match kind {
            Compression::Gzip => Ok(Self::Gzip(Gzip::new(pool, output)?)),
            Compression::Zstd => {
                let mut encoder = zstd::Encoder::new(output, ZSTD_LEVEL)?;
                // Never 0: without workers the library cuts differently, and the bytes would be others.
                let workers = u32::try_from(pool.threads().min(ZSTD_WORKERS)).unwrap_or(1);
                encoder.multithread(workers.max(1))?;
                encoder.set_parameter(CParameter::JobSize(ZSTD_JOB))?;
                encoder.include_checksum(true)?;
                Ok(Self::Zstd(Box::new(encoder)))
            }
        }
    }

    /// Writes what is left, and returns the output.
    pub(crate) fn finish(self) -> io::Result<W> {
        match self {
            Self::Gzip(gzip) => gzip.finish(),
            Self::Zstd(encoder) => encoder.finish(),
        }
    }
}

impl<W: Write> Write for Compressor<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Self::Gzip(gzip) => gzip.write(buffer),
            Self::Zstd(encoder) => encoder.write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        // A flush would end a block where it must not end.
        Ok(())
    }
}

#[cfg(test)]
mod tests;
