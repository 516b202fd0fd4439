//! Archives: layers of other images, and archives that ADD and `append` unpack. Only their headers are read; a file
//! stays where it is, in the archive, as a place and a length.
//!
//! What is in an archive comes from somebody else: no path leads out, and sizes and numbers have a limit.

use std::{
    borrow::Cow,
    fs::File,
    io::{self, BufReader, Read},
    path::{Component, Path, PathBuf},
};

use flate2::read::MultiGzDecoder;
use tar::{Archive, Entry, EntryType};

use crate::{
    context::{Last, Node, NodeKind, Tree, lay, remove, remove_below, resolve},
    dockerfile::Owner,
};

/// How much one archive may be when it is unpacked, in bytes, and how many entries it may have.
const SIZE: u64 = 16 << 30;
const ENTRIES: usize = 500_000;

/// Whether names such as `.wh.x` remove `x` of the layers below
/// (<https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whiteouts {
    /// In a layer.
    Remove,
    /// In other archives they are files.
    AreFiles,
}

/// Returns what a file is compressed with, as far as it can be unpacked here.
fn codec(head: &[u8]) -> Option<Codec> {
    match head {
        [0x1f, 0x8b, ..] => Some(Codec::Gzip),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Codec::Zstd),
        _ => None,
    }
}

enum Codec {
    Gzip,
    Zstd,
}

fn head(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path)?.take(512).read_to_end(&mut head)?;
    Ok(head)
}

/// Reads what a file unpacks to; none if it is not compressed.
pub(super) fn unpacked(path: &Path) -> io::Result<Option<Box<dyn Read>>> {
    let Some(codec) = codec(&head(path)?) else { return Ok(None) };
    let file = BufReader::with_capacity(1 << 17, File::open(path)?);
    Ok(Some(match codec {
        Codec::Gzip => Box::new(MultiGzDecoder::new(file)),
        Codec::Zstd => Box::new(zstd::Decoder::with_buffer(file)?),
    }))
}

/// Returns a file that is not compressed: this one, or `target`, which is written.
fn plain(path: &Path, target: &Path) -> io::Result<PathBuf> {
    let Some(reader) = unpacked(path)? else { return Ok(path.to_owned()) };
    let written = io::copy(&mut reader.take(SIZE + 1), &mut File::create(target)?)?;
    match written > SIZE {
        true => Err(io::Error::other(format!("it unpacks to more than {} GiB", SIZE >> 30))),
        false => Ok(target.to_owned()),
    }
}

/// Lists the files of a tar archive, compressed or not; none if it is something else. One that is compressed is
/// unpacked into the directory `spool`, which must stay as long as the tree is used.
pub(crate) fn archive(path: &Path, spool: &Path) -> io::Result<Option<Tree>> {
    let (_, target) = tempfile::Builder::new().prefix("archive-").tempfile_in(spool)?.keep()?;
    let plain = plain(path, &target)?;
    if head(&plain)?.get(257..262) != Some(b"ustar") {
        std::fs::remove_file(target)?;
        return Ok(None);
    }
    let mut tree = Tree::new();
    unpack(&mut tree, &plain, Whiteouts::AreFiles)?;
    Ok(Some(tree))
}

/// Lays a layer over `tree`, in the way of [`archive`].
pub(crate) fn layer(tree: &mut Tree, path: &Path, target: &Path) -> io::Result<()> {
    let plain = plain(path, target)?;
    unpack(tree, &plain, Whiteouts::Remove)
}

fn unpack(tree: &mut Tree, path: &Path, whiteouts: Whiteouts) -> io::Result<()> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut archive = Archive::new(file);
    let mut entries = Vec::new();
    for entry in archive.entries_with_seek()? {
        let entry = entry?;
        let at = inside(&entry.path()?)?;
        if entries.len() == ENTRIES {
            return Err(io::Error::other(format!("it has more than {ENTRIES} entries")));
        }
        let found = kind(&entry, path, length)
            .map_err(|reason| io::Error::other(format!("its entry `{}` {reason}", at.display())))?;
        let header = entry.header();
        // A field that is left empty is 0, as Go reads it.
        let id = |id: io::Result<u64>| u32::try_from(id.unwrap_or_default()).unwrap_or_default();
        let owner = Owner { uid: id(header.uid()), gid: id(header.gid()) };
        entries.push((at, found, header.mode()? & 0o7777, owner));
    }
    if whiteouts == Whiteouts::Remove {
        // They are about the layers below, wherever they stand among the entries of this one.
        for (at, ..) in &entries {
            white_out(tree, at);
        }
    }
    for (at, found, mode, owner) in entries {
        let is_whiteout = whiteouts == Whiteouts::Remove && name(&at).starts_with(".wh.");
        if is_whiteout || at.as_os_str().is_empty() {
            continue;
        }
        let too_many = || io::Error::other(format!("the way to `{}` has too many links", at.display()));
        let node = match found {
            Found::Node(kind) => Node { kind, mode, owner },
            Found::Same(target) => {
                let target = resolve(tree, &target, Last::Kept).ok_or_else(too_many)?;
                let text = || io::Error::other(format!("`{}` is a link to nothing", at.display()));
                tree.get(&target).ok_or_else(text)?.clone()
            }
            Found::Nothing => {
                remove(tree, &resolve(tree, &at, Last::Kept).ok_or_else(too_many)?);
                continue;
            }
            Found::Note => continue,
        };
        lay(tree, &at, node).ok_or_else(too_many)?;
    }
    Ok(())
}

/// What an entry is.
enum Found {
    /// A file, directory or symbolic link.
    Node(NodeKind),
    /// A hard link.
    Same(PathBuf),
    /// A device or a pipe, which no COPY can take along.
    Nothing,
    /// Something about the archive.
    Note,
}

fn kind<R: Read>(entry: &Entry<'_, R>, archive: &Path, length: u64) -> Result<Found, String> {
    let link = || {
        let link = entry.link_name().map_err(|error| error.to_string())?;
        link.map(Cow::into_owned).ok_or_else(|| "links to nothing".to_owned())
    };
    Ok(match entry.header().entry_type() {
        EntryType::Regular | EntryType::Continuous => {
            let (offset, size) = (entry.raw_file_position(), entry.size());
            if offset.checked_add(size).is_none_or(|end| end > length) {
                return Err("is cut off".to_owned());
            }
            Found::Node(NodeKind::File { source: archive.to_owned(), offset, size })
        }
        EntryType::Directory => Found::Node(NodeKind::Directory),
        EntryType::Symlink => Found::Node(NodeKind::Symlink(link()?)),
        EntryType::Link => Found::Same(inside(&link()?).map_err(|error| error.to_string())?),
        EntryType::Block | EntryType::Char | EntryType::Fifo => Found::Nothing,
        EntryType::XGlobalHeader => Found::Note,
        EntryType::GNUSparse => return Err("is a sparse file, which is not supported".to_owned()),
        other => return Err(format!("is of a type that is not supported ({other:?})")),
    })
}

/// Returns a path from the top of the image.
fn inside(path: &Path) -> io::Result<PathBuf> {
    let mut inside = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Normal(part) if part.to_str().is_some() => inside.push(part),
            Component::RootDir | Component::CurDir => {}
            _ => {
                let text = format!("its entry `{}` leads out of the image, or is not UTF-8", path.display());
                return Err(io::Error::other(text));
            }
        }
    }
    Ok(inside)
}

fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

fn white_out(tree: &mut Tree, at: &Path) {
    let Some(removed) = name(at).strip_prefix(".wh.") else { return };
    let parent = at.parent().unwrap_or(Path::new(""));
    let Some(parent) = resolve(tree, parent, Last::Followed) else { return };
    match removed {
        ".wh..opq" => remove_below(tree, &parent),
        removed => remove(tree, &parent.join(removed)),
    }
}

#[cfg(test)]
mod tests;
