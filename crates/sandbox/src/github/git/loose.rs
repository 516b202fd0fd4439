//! Loose objects and loose refs, read and written without a process (`gitrepository-layout(5)`).
//!
//! Most of what the sandbox asks a repository is about objects that it has just made. A process for each question
//! takes milliseconds, and a test asks hundreds. Whatever is not loose, or not plain, is left to `git`: every function
//! here may answer "ask git".

use std::{
    fs,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};
use sha1::{Digest as _, Sha1};

static COUNT: AtomicU64 = AtomicU64::new(0);

/// Whether a text is a whole object id as Git writes it.
pub(super) fn is_id(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'))
}

/// Reads a loose object of a type; `None`: ask git.
pub(super) fn read(directory: &Path, kind: &str, id: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    ZlibDecoder::new(fs::File::open(place(directory, id)?).ok()?).read_to_end(&mut bytes).ok()?;
    let end = bytes.iter().position(|byte| *byte == 0)?;
    let is_it = bytes.get(..end)?.strip_prefix(kind.as_bytes())?.first() == Some(&b' ');
    is_it.then(|| bytes.split_off(end + 1))
}

/// Writes an object and returns its id.
pub(super) fn write(directory: &Path, kind: &str, content: &[u8]) -> io::Result<String> {
    let mut bytes = format!("{kind} {}\0", content.len()).into_bytes();
    bytes.extend_from_slice(content);
    let id = hex(&Sha1::digest(&bytes));
    let path = place(directory, &id).ok_or_else(|| io::Error::other("no object id"))?;
    if path.exists() {
        return Ok(id);
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&bytes)?;
    let temporary = passing(directory);
    fs::write(&temporary, encoder.finish()?)?;
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::rename(temporary, path)?;
    Ok(id)
}

/// A file for a moment, beside those that Git keeps.
fn passing(directory: &Path) -> PathBuf {
    directory.join("objects").join(format!("tmp_obj_{}", COUNT.fetch_add(1, Ordering::Relaxed)))
}

fn place(directory: &Path, id: &str) -> Option<PathBuf> {
    is_id(id).then(|| directory.join("objects").join(&id[..2]).join(&id[2..]))
}

/// Writes bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads hexadecimal digits.
pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

/// What a loose ref says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ref {
    /// It is there.
    At(String),
    /// It is not there.
    Missing,
    /// Ask git.
    Unclear,
}

/// Reads a ref by its full name.
pub(super) fn read_ref(directory: &Path, name: &str) -> Ref {
    if !is_plain(name) {
        return Ref::Unclear;
    }
    match fs::read_to_string(directory.join(name)) {
        Ok(text) if is_id(text.trim_end()) => Ref::At(text.trim_end().to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !directory.join("packed-refs").exists() => {
            Ref::Missing
        }
        _ => Ref::Unclear,
    }
}

/// Moves a ref from what it is (`None`: it is not there) to an object that is there, as `git update-ref` does.
/// `false` if it is somewhere else; `None`: ask git.
pub(super) fn move_ref(directory: &Path, name: &str, old: Option<&str>, new: &str) -> Option<bool> {
    if !is_plain(name) {
        return None;
    }
    let path = directory.join(name);
    if old.is_none() {
        fs::create_dir_all(path.parent()?).ok()?;
    }
    let lock = directory.join(format!("{name}.lock"));
    // A lock that somebody else has is Git's to wait for.
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(&lock).ok()?;
    let moved = match (read_ref(directory, name), old) {
        (Ref::At(now), Some(old)) => Some(now == old),
        (Ref::Missing, None) if !path.is_dir() => Some(true),
        (Ref::At(_), None) | (Ref::Missing, Some(_)) => Some(false),
        _ => None,
    };
    let is_written =
        moved == Some(true) && writeln!(file, "{new}").is_ok() && fs::rename(&lock, &path).is_ok();
    if !is_written {
        let _ = fs::remove_file(&lock);
    }
    if moved == Some(true) && !is_written { None } else { moved }
}

/// Names without anything that `git check-ref-format` would have to look at.
fn is_plain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let parts: Vec<&str> = name.split('/').collect();
    parts.len() > 2
        && parts[0] == "refs"
        && !name.contains("..")
        && !name.ends_with('.')
        && parts.iter().all(|part| {
            let is_good = part.bytes().all(plain)
                && !part.starts_with(['.', '-'])
                && part.strip_suffix(".lock").is_none();
            is_good && !part.is_empty()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_read_and_moved_here() {
        for name in ["refs/heads/feature/a-1", "refs/pull/1/head", "refs/heads/v1.0"] {
            assert!(is_plain(name), "{name}");
        }
        for name in [
            "main",
            "refs/heads",
            "refs/heads/a..b",
            "refs/heads/.a",
            "refs/heads/a.lock",
            "refs/heads/ä",
            "refs//a/b",
        ] {
            assert!(!is_plain(name), "{name}");
        }
    }

    #[test]
    fn a_ref_moves_from_what_it_is_only() {
        let directory = tempfile::tempdir().unwrap();
        let (one, two) = ("1".repeat(40), "2".repeat(40));
        let moved = |old: Option<&str>, new: &str| move_ref(directory.path(), "refs/heads/a/b", old, new);
        assert_eq!(moved(None, &one), Some(true));
        assert_eq!((moved(None, &one), moved(Some(&two), &one)), (Some(false), Some(false)));
        assert_eq!(moved(Some(&one), &two), Some(true));
        assert_eq!(read_ref(directory.path(), "refs/heads/a/b"), Ref::At(two));
        assert_eq!(move_ref(directory.path(), "refs/heads/a", None, &one), None, "a directory is in the way");
        assert_eq!(read_ref(directory.path(), "refs/heads/x"), Ref::Missing);
    }
}
