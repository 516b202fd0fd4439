//! Writing a layer's tar archive.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
};

use model::Failure;
use tar::{Builder, EntryType, Header};

use crate::{
    codes,
    context::{Node, NodeKind, Tree},
};

/// Writes `tree` to `output`. Nothing but the tree, the files' bytes and `epoch` decides what is written: entries are
/// in the order of their paths, every time is `epoch`, and there are no names of users.
pub(super) fn write_archive<W: Write>(tree: &Tree, epoch: u64, output: W) -> Result<W, Failure> {
    let mut archive = Builder::new(output);
    for (path, node) in tree {
        append(&mut archive, path, node, epoch).map_err(|error| unreadable(path, &error))?;
    }
    archive.into_inner().map_err(|error| unreadable(Path::new("/"), &error))
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(&codes::CONTEXT_MISSING, format!("`{}` cannot be put into a layer: {error}", path.display()))
}

fn append<W: Write>(archive: &mut Builder<W>, path: &Path, node: &Node, epoch: u64) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_mode(node.mode);
    header.set_uid(node.owner.uid.into());
    header.set_gid(node.owner.gid.into());
    header.set_mtime(epoch);
    header.set_size(0);
    match &node.kind {
        NodeKind::File { source, offset, size } => {
            header.set_entry_type(EntryType::Regular);
            header.set_size(*size);
            archive.append_data(&mut header, path, open(source, *offset, *size)?)
        }
        NodeKind::Directory => {
            header.set_entry_type(EntryType::Directory);
            // The slash at the end is what every tar writes.
            archive.append_data(&mut header, path.join(""), io::empty())
        }
        NodeKind::Symlink(target) => {
            header.set_entry_type(EntryType::Symlink);
            archive.append_link(&mut header, path, target)
        }
    }
}

/// Opens a file of which the archive's header promises the size. One that stands for itself must end there; one that
/// is within an archive (at an `offset`) has others after it.
fn open(source: &Path, offset: u64, size: u64) -> io::Result<Exactly> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", source.display()));
    let mut file = File::open(source).map_err(named)?;
    if offset > 0 {
        file.seek(SeekFrom::Start(offset)).map_err(named)?;
    }
    Ok(Exactly { left: size, must_end: offset == 0, file })
}

/// Reads so many bytes; a file that has changed since it was found is an error, and not a broken archive.
struct Exactly {
    left: u64,
    must_end: bool,
    file: File,
}

impl Read for Exactly {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let changed = || io::Error::other("the file was changed while it was read");
        if self.left == 0 && !self.must_end {
            return Ok(0);
        }
        let limit = if self.must_end { buffer.len() } else { capped(self.left, buffer.len()) };
        let (now, _) = buffer.split_at_mut(limit);
        let read = self.file.read(now)?;
        if read == 0 && self.left > 0 && !now.is_empty() {
            return Err(changed());
        }
        self.left = self.left.checked_sub(read as u64).ok_or_else(changed)?;
        Ok(read)
    }
}

fn capped(left: u64, room: usize) -> usize {
    usize::try_from(left).map_or(room, |left| left.min(room))
}
