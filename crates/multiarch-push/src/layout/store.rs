//! Where a layout's files are: in a directory, or inside a tar file that is read where it is.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use model::{Digest, Failure};
use sha2::{Digest as _, Sha256};

use crate::{artifact::Origin, codes, image::oci::Descriptor};

/// The most that a manifest or an index may have, far above what registries take.
const LARGEST_DOCUMENT: u64 = 64 * 1024 * 1024;

/// A layout's files.
#[derive(Debug)]
pub(super) struct Store {
    /// The path as it was given.
    shown: PathBuf,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Directory(PathBuf),
    Tar { file: PathBuf, entries: HashMap<PathBuf, (u64, u64)> },
}

impl Store {
    /// Opens a directory or a tar file. A compressed tar file cannot be read from the middle and is unpacked below
    /// `spool`, a directory of this layout's own.
    pub(super) fn open(path: &Path, spool: &Path) -> Result<Self, Failure> {
        let shown = path.to_owned();
        let invalid = |error: io::Error| {
            let text = format!("`{}` is no usable OCI image layout: {error}", path.display());
            Failure::new(&codes::LAYOUT_INVALID, text)
        };
        let place = if path.is_file() {
            let mut file = File::open(path).map_err(invalid)?;
            if is_gzip(&mut file).map_err(invalid)? {
                fs::create_dir_all(spool).and_then(|()| unpack(file, spool)).map_err(invalid)?;
                Place::Directory(spool.to_owned())
            } else {
                let entries = entries(file).map_err(invalid)?;
                Place::Tar { file: path.to_owned(), entries }
            }
        } else {
            Place::Directory(path.to_owned())
        };
        let store = Self { shown, place };
        // The file tells a layout from any other directory.
        store.document("oci-layout")?;
        Ok(store)
    }

    /// Returns the path as it was given.
    pub(super) fn shown(&self) -> String {
        self.shown.display().to_string()
    }

    /// Says why the layout cannot be used.
    pub(super) fn invalid(&self, why: impl std::fmt::Display) -> Failure {
        let shown = self.shown.display();
        Failure::new(&codes::LAYOUT_INVALID, format!("`{shown}` is no usable OCI image layout: {why}"))
    }

    /// Reads a small file.
    pub(super) fn document(&self, name: &str) -> Result<Vec<u8>, Failure> {
        let (reader, size) =
            self.reader(name).map_err(|error| self.invalid(format!("cannot read `{name}`: {error}")))?;
        if size > LARGEST_DOCUMENT {
            return Err(self.invalid(format!("`{name}` has {size} bytes")));
        }
        let mut bytes = Vec::new();
        let read = reader.take(size).read_to_end(&mut bytes);
        read.map_err(|error| self.invalid(format!("cannot read `{name}`: {error}")))?;
        Ok(bytes)
    }

    /// Reads a manifest, an index or a configuration, and checks it.
    pub(super) fn checked(&self, descriptor: &Descriptor) -> Result<Vec<u8>, Failure> {
        let bytes = self.document(&name(&descriptor.digest))?;
        let found = Digest::from_sha256(Sha256::digest(&bytes).into());
        self.compare(descriptor, bytes.len() as u64, Some(found))?;
        Ok(bytes)
    }

    /// Returns where a blob's bytes are, after a look at its size. They are not read: the registry hashes what it gets,
    /// and a push that finds them there never needs them.
    pub(super) fn blob(&self, descriptor: &Descriptor) -> Result<Origin, Failure> {
        let digest = &descriptor.digest;
        let name = name(digest);
        let (origin, size) = match &self.place {
            Place::Directory(root) => {
                let path = root.join(&name);
                let size = fs::metadata(&path).map(|metadata| metadata.len());
                (Origin::File(path), size)
            }
            Place::Tar { file, entries } => {
                let found = entries.get(Path::new(&name)).copied();
                let (offset, _) = found.unwrap_or_default();
                (Origin::Part { file: file.clone(), offset }, found.map(|(_, size)| size).ok_or_else(missing))
            }
        };
        let size =
            size.map_err(|error| self.invalid(format!("the blob {digest} cannot be read: {error}")))?;
        self.compare(descriptor, size, None)?;
        Ok(origin)
    }

    fn compare(&self, descriptor: &Descriptor, length: u64, found: Option<Digest>) -> Result<(), Failure> {
        let Descriptor { digest, size, .. } = descriptor;
        if length == *size && found.as_ref().is_none_or(|found| found == digest) {
            return Ok(());
        }
        let found = found.map(|found| format!(" with the digest {found}")).unwrap_or_default();
        let shown = self.shown.display();
        let text = format!("in `{shown}` the blob {digest} of {size} bytes holds {length} bytes{found}");
        Err(Failure::new(&codes::DIGEST_MISMATCH, text)
            .with_remedy("Let the tool that wrote the layout write it again."))
    }

    /// Opens a file at its beginning, and tells its size; a reader of a tar file goes on beyond it.
    fn reader(&self, name: &str) -> io::Result<(File, u64)> {
        match &self.place {
            Place::Directory(root) => {
                let file = File::open(root.join(name))?;
                let size = file.metadata()?.len();
                Ok((file, size))
            }
            Place::Tar { file, entries } => {
                let (offset, size) = entries.get(Path::new(name)).copied().ok_or_else(missing)?;
                let mut file = File::open(file)?;
                file.seek(SeekFrom::Start(offset))?;
                Ok((file, size))
            }
        }
    }
}

fn missing() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "the tar file does not have it")
}

fn name(digest: &Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

fn is_gzip(file: &mut File) -> io::Result<bool> {
    let mut magic = Vec::new();
    file.take(2).read_to_end(&mut magic)?;
    file.rewind()?;
    Ok(magic == [0x1f, 0x8b])
}

/// Unpacks a compressed tar file; entries that lead out of `target` are skipped by the tar reader.
fn unpack(file: File, target: &Path) -> io::Result<()> {
    let mut archive = tar::Archive::new(flate2::read::MultiGzDecoder::new(BufReader::new(file)));
    archive.set_preserve_mtime(false);
    archive.unpack(target)
}

/// Finds where in a tar file each of its files begins, and how long it is.
fn entries(file: File) -> io::Result<HashMap<PathBuf, (u64, u64)>> {
    let mut found = HashMap::new();
    let mut archive = tar::Archive::new(BufReader::new(file));
    for entry in archive.entries_with_seek()? {
        let entry = entry?;
        if entry.header().entry_type().is_file() {
            let path = entry.path()?;
            let path = path.strip_prefix(".").unwrap_or(&path).to_owned();
            found.insert(path, (entry.raw_file_position(), entry.size()));
        }
    }
    Ok(found)
}
