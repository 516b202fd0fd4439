//! A file that is read, changed and replaced as a whole, while others do the same.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use model::Deadline;
use serde::Serialize;
use serde_json::{Serializer, Value, ser::PrettyFormatter};
use tempfile::NamedTempFile;

/// How long to wait before the lock is tried again.
const PAUSE: Duration = Duration::from_millis(5);

/// Keeps other logins of ours out of a directory as long as it lives. Docker itself takes no lock: see [`replace`].
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "it is held")] File);

impl Lock {
    /// Waits for the lock on `path`, a file that stays: taking a lock file away is how two get the same lock.
    pub(super) fn take(path: &Path, deadline: Deadline) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self(file)),
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) if deadline.has_passed() => {
                    return Err(io::Error::new(io::ErrorKind::TimedOut, "another login holds the lock"));
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(deadline.cap(PAUSE)),
            }
        }
    }
}

/// Returns the content; none if there is no file.
pub(super) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a file was replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Replaced {
    /// It was.
    Yes,
    /// Somebody else was faster: read it again.
    No,
}

/// Replaces the file as Docker does (`ConfigFile.Save`): written beside it and renamed, through a symbolic link, with the
/// mode that it had, 0600 for a new one. A process that ends half way leaves the old file or the new one. Does nothing
/// if the file is not what was read any more: `docker login` may be under way.
pub(super) fn replace(path: &Path, read_before: Option<&[u8]>, value: &Value) -> io::Result<Replaced> {
    let target = followed(path);
    let directory = target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(directory)?;
    // As Docker indents it, so that a person sees only what has changed.
    let mut text = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut text, PrettyFormatter::with_indent(b"\t")))?;
    file.write_all(&text)?;
    if let Ok(existing) = fs::metadata(&target) {
        file.as_file().set_permissions(existing.permissions())?;
    }
    if read(&target)?.as_deref() != read_before {
        return Ok(Replaced::No);
    }
    file.persist(&target).map_err(|error| error.error)?;
    Ok(Replaced::Yes)
}

/// Where a link leads to, even if nothing is there.
fn followed(path: &Path) -> PathBuf {
    if let Ok(found) = fs::canonicalize(path) {
        return found;
    }
    match (fs::read_link(path), path.parent()) {
        (Ok(target), Some(parent)) => parent.join(target),
        _ => path.to_owned(),
    }
}
