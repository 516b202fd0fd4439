//! Writing a layer: tar, gzip and both digests in one pass over the files.

use std::{
    fs::File,
    io::{self, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use flate2::{Compression, GzBuilder};
use model::{Digest, Failure, codes::FILE_ACCESS};
use sha2::{Digest as _, Sha256};
use tar::{Builder, EntryType, Header};

use crate::{
    codes,
    context::{Node, NodeKind, Tree},
};

/// zlib level 3 is more than twice as fast as 6 and makes layers 3 % larger (docs/decisions/0030-own-registry-client.md).
const LEVEL: Compression = Compression::new(3);

/// A layer on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layer {
    /// The digest of the tar archive.
    pub(crate) diff_id: Digest,
    /// The digest of the compressed file.
    pub(crate) digest: Digest,
    /// The compressed size.
    pub(crate) size: u64,
    /// The compressed file.
    pub(crate) file: PathBuf,
}

/// Writes `tree` to `file`. Nothing but the tree, the files' bytes and `epoch` decides what is written: entries are
/// in the order of their paths, every time is `epoch`, there are no names of users, and gzip's header is empty.
pub(crate) fn write_layer(tree: &Tree, epoch: u64, file: &Path) -> Result<Layer, Failure> {
    let spool = |error: io::Error| {
        Failure::new(&FILE_ACCESS, format!("cannot write the layer to {}: {error}", file.display()))
    };
    let output = Hashing::new(BufWriter::with_capacity(1 << 17, File::create(file).map_err(spool)?));
    let gzip = GzBuilder::new().mtime(0).write(output, LEVEL);
    let mut archive = Builder::new(Hashing::new(gzip));
    for (path, node) in tree {
        append(&mut archive, path, node, epoch)?;
    }
    let (gzip, diff_id, _) = archive.into_inner().map_err(spool)?.finish();
    let (mut output, digest, size) = gzip.finish().map_err(spool)?.finish();
    output.flush().map_err(spool)?;
    Ok(Layer { diff_id, digest, size, file: file.to_owned() })
}

fn append<W: Write>(archive: &mut Builder<W>, path: &Path, node: &Node, epoch: u64) -> Result<(), Failure> {
    let unreadable = |path: &Path, error: &io::Error| {
        Failure::new(
            &codes::CONTEXT_MISSING,
            format!("`{}` cannot be put into a layer: {error}", path.display()),
        )
    };
    let mut header = Header::new_gnu();
    header.set_mode(node.mode);
    header.set_uid(node.owner.uid.into());
    header.set_gid(node.owner.gid.into());
    header.set_mtime(epoch);
    let result = match &node.kind {
        NodeKind::File { source, size } => {
            header.set_entry_type(EntryType::Regular);
            header.set_size(*size);
            let mut content =
                Exactly { left: *size, file: File::open(source).map_err(|e| unreadable(source, &e))? };
            archive.append_data(&mut header, path, &mut content)
        }
        NodeKind::Directory => {
            header.set_entry_type(EntryType::Directory);
            header.set_size(0);
            // The slash at the end is what every tar writes.
            archive.append_data(&mut header, path.join(""), io::empty())
        }
        NodeKind::Symlink(target) => {
            header.set_entry_type(EntryType::Symlink);
            header.set_size(0);
            archive.append_link(&mut header, path, target)
        }
    };
    result.map_err(|error| unreadable(path, &error))
}

/// Reads a file of which the archive's header has promised the size; one that has changed since is an error, and
/// not a broken archive.
struct Exactly {
    left: u64,
    file: File,
}

impl Read for Exactly {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        let changed = || io::Error::other("the file was changed while it was read");
        if read == 0 && self.left > 0 && !buffer.is_empty() {
            return Err(changed());
        }
        self.left = self.left.checked_sub(read as u64).ok_or_else(changed)?;
        Ok(read)
    }
}

/// Hashes and counts what passes through.
struct Hashing<W> {
    inner: W,
    hash: Sha256,
    count: u64,
}

impl<W> Hashing<W> {
    fn new(inner: W) -> Self {
        Self { inner, hash: Sha256::new(), count: 0 }
    }

    fn finish(self) -> (W, Digest, u64) {
        (self.inner, Digest::from_sha256(self.hash.finalize().into()), self.count)
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(buffer)?;
        self.hash.update(&buffer[..written]);
        self.count += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;
    use crate::dockerfile::Owner;

    fn tree(directory: &Path) -> Tree {
        let file = |name: &str, mode| {
            let source = directory.join(name);
            fs::write(&source, name.repeat(1000)).unwrap();
            fs::set_permissions(&source, fs::Permissions::from_mode(0o600)).unwrap();
            let size = fs::metadata(&source).unwrap().len();
            Node { kind: NodeKind::File { source, size }, mode, owner: Owner { uid: 7, gid: 8 } }
        };
        let long = "d".repeat(90);
        Tree::from([
            ("app".into(), Node { kind: NodeKind::Directory, mode: 0o755, owner: Owner::default() }),
            ("app/b".into(), file("b", 0o644)),
            ("app/a".into(), file("a", 0o755)),
            (format!("{long}/{long}/long").into(), file("long", 0o644)),
            (
                "z".into(),
                Node { kind: NodeKind::Symlink("app/a".into()), mode: 0o777, owner: Owner::default() },
            ),
        ])
    }

    #[test]
    fn the_archive_reads_back() {
        let directory = tempfile::tempdir().unwrap();
        let spool = directory.path().join("layer");
        let layer = write_layer(&tree(directory.path()), 1_000_000, &spool).unwrap();
        let compressed = fs::read(&layer.file).unwrap();
        assert_eq!(super::super::oci::digest_of(&compressed), layer.digest);
        assert_eq!(compressed.len() as u64, layer.size);
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(&compressed[..]).read_to_end(&mut plain).unwrap();
        assert_eq!(super::super::oci::digest_of(&plain), layer.diff_id);
        let mut archive = tar::Archive::new(&plain[..]);
        let entries: Vec<String> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let header = entry.header();
                assert_eq!(header.mtime().unwrap(), 1_000_000);
                let path = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
                let mode = header.mode().unwrap();
                format!("{:.8} {mode:o} {} {}", path, header.uid().unwrap(), header.size().unwrap())
            })
            .collect();
        assert_eq!(
            entries,
            ["app/ 755 0 0", "app/a 755 7 1000", "app/b 644 7 1000", "dddddddd 644 7 4000", "z 777 0 0"]
        );
    }

    #[test]
    fn the_same_input_gives_the_same_digest() {
        let write = |names: &[&str]| {
            let directory = tempfile::tempdir().unwrap();
            // Files are made in another order and at other times and places; only the content counts.
            for name in names {
                fs::write(directory.path().join(name), "").unwrap();
            }
            write_layer(&tree(directory.path()), 5, &directory.path().join("layer")).unwrap().digest
        };
        let first = write(&["a", "b"]);
        assert_eq!(first, write(&["b", "a"]));
        insta::assert_snapshot!(first, @"sha256:427a6f21d73964bde591879834baa9f3d03a4469c306fa1c93619b184c19965f");
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]
        #[test]
        fn any_tree_reads_back(files in proptest::collection::btree_map("[a-c]{1,120}(/[a-c]{1,3}){0,3}", 0..70_000usize, 0..6)) {
            let directory = tempfile::tempdir().unwrap();
            let mut tree = Tree::new();
            for (index, (path, size)) in files.iter().enumerate() {
                let source = directory.path().join(index.to_string());
                fs::write(&source, vec![b'x'; *size]).unwrap();
                let kind = NodeKind::File { source, size: *size as u64 };
                tree.insert(path.into(), Node { kind, mode: 0o644, owner: Owner::default() });
            }
            let layer = write_layer(&tree, 7, &directory.path().join("layer")).unwrap();
            let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(File::open(&layer.file).unwrap()));
            let mut found = std::collections::BTreeMap::new();
            for entry in archive.entries().unwrap() {
                let entry = entry.unwrap();
                let path = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
                found.insert(path, usize::try_from(entry.size()).unwrap());
            }
            proptest::prop_assert_eq!(found, files);
            let again = write_layer(&tree, 7, &directory.path().join("again")).unwrap();
            proptest::prop_assert_eq!(again.digest, layer.digest);
        }
    }

    #[test]
    fn a_file_that_changes_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let tree = tree(directory.path());
        for content in ["", "longer than it was, by far ".repeat(1000).as_str()] {
            fs::write(directory.path().join("a"), content).unwrap();
            let failure = write_layer(&tree, 5, &directory.path().join("layer")).unwrap_err();
            assert!(failure.cause.contains("changed while it was read"), "{failure}");
        }
    }
}
