//! A directory's files as the changes of a commit.

use std::{fs, io, os::unix::fs::PermissionsExt as _, path::Path};

use crate::github::git::Change;

/// Reads a directory, without `.git`.
pub(super) fn read(directory: &Path) -> io::Result<Vec<Change>> {
    let mut changes = Vec::new();
    walk(directory, "", &mut changes)?;
    Ok(changes)
}

fn walk(directory: &Path, prefix: &str, changes: &mut Vec<Change>) -> io::Result<()> {
    let mut entries: Vec<_> = fs::read_dir(directory)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        let kind = entry.file_type()?;
        if kind.is_dir() {
            if name != ".git" {
                walk(&entry.path(), &format!("{path}/"), changes)?;
            }
        } else if kind.is_symlink() {
            let bytes = fs::read_link(entry.path())?.to_string_lossy().into_owned().into_bytes();
            changes.push(Change::Put { path, mode: "120000", bytes });
        } else {
            let executable = entry.metadata()?.permissions().mode() & 0o111 != 0;
            let mode = if executable { "100755" } else { "100644" };
            changes.push(Change::Put { path, mode, bytes: fs::read(entry.path())? });
        }
    }
    Ok(())
}
