//! Files in a directory: all are written, or none.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use model::{Failure, codes::FILE_ACCESS};

use crate::{codes::FILE_NOT_FOUND, edit::EditedFile};

/// Reads the files.
pub(crate) fn read<'p>(paths: impl Iterator<Item = &'p str>) -> Result<Vec<Vec<u8>>, Failure> {
    paths
        .map(|path| match fs::read(path) {
            Ok(bytes) => Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Failure::new(
                &FILE_NOT_FOUND,
                format!("there is no file `{path}` in the current directory"),
            )
            .with_remedy("Check the path, which is relative to the directory that the action runs in.")),
            Err(error) => Err(failed("read", path, &error)),
        })
        .collect()
}

/// Writes the files that changed.
///
/// Every new content is laid beside its file first, so that a full disk or a missing right shows before the first
/// file is replaced. The names of those copies are fixed: after a kill the next run replaces them.
pub(crate) fn write(files: &[EditedFile]) -> Result<(), Failure> {
    let changed: Vec<&EditedFile> = files.iter().filter(|file| file.changed()).collect();
    let mut staged: Vec<Staged> = Vec::new();
    for file in &changed {
        staged
            .push(Staged::new(&file.path, &file.after).map_err(|error| failed("write", &file.path, &error))?);
    }
    for (done, (file, copy)) in changed.iter().zip(staged).enumerate() {
        if let Err(error) = copy.replace() {
            for earlier in &changed[..done] {
                // The first error is the one to report.
                let _ = Staged::new(&earlier.path, &earlier.before).and_then(Staged::replace);
            }
            return Err(failed("replace", &file.path, &error));
        }
    }
    Ok(())
}

fn failed(what: &str, path: &str, error: &io::Error) -> Failure {
    Failure::new(&FILE_ACCESS, format!("cannot {what} `{path}`: {error}")).at(path, None)
}

/// A file's new content, beside it. Dropping it removes the copy.
struct Staged {
    target: PathBuf,
    copy: Option<PathBuf>,
}

impl Staged {
    fn new(path: &str, content: &str) -> io::Result<Self> {
        // A link stays a link: what it points to is replaced.
        let target = fs::canonicalize(path)?;
        let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let copy = target.with_file_name(format!(".{name}.day2-bump"));
        let staged = Self { target, copy: Some(copy.clone()) };
        let mut file = File::create(&copy)?;
        file.write_all(content.as_bytes())?;
        file.set_permissions(fs::metadata(&staged.target)?.permissions())?;
        file.sync_all()?;
        Ok(staged)
    }

    fn replace(mut self) -> io::Result<()> {
        match self.copy.take() {
            Some(copy) => fs::rename(&copy, &self.target).inspect_err(|_| remove(&copy)),
            None => Ok(()),
        }
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if let Some(copy) = &self.copy {
            remove(copy);
        }
    }
}

fn remove(copy: &Path) {
    // It may never have been created.
    let _ = fs::remove_file(copy);
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn edited(path: &Path, before: &str, after: &str) -> EditedFile {
        EditedFile {
            path: path.to_str().unwrap().to_owned(),
            before: before.into(),
            after: after.into(),
            changes: Vec::new(),
            found: Vec::new(),
            left: Vec::new(),
        }
    }

    #[test]
    fn keeps_mode_and_link() {
        let directory = tempfile::tempdir().unwrap();
        let (file, link) = (directory.path().join("v.yaml"), directory.path().join("link.yaml"));
        fs::write(&file, "a: 1\n").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("v.yaml", &link).unwrap();
        write(&[edited(&link, "a: 1\n", "a: 2\n")]).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "a: 2\n");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    }

    #[test]
    fn what_a_kill_left_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("v.yaml");
        fs::write(&file, "a: 1\n").unwrap();
        fs::write(directory.path().join(".v.yaml.day2-bump"), "a: 2\nhalf of it is missing, or too much")
            .unwrap();
        write(&[edited(&file, "a: 1\n", "a: 2\n")]).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "a: 2\n");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn writes_all_or_none() {
        let directory = tempfile::tempdir().unwrap();
        let first = directory.path().join("a.yaml");
        fs::write(&first, "a: 1\n").unwrap();
        let gone = directory.path().join("gone.yaml");
        let failure =
            write(&[edited(&first, "a: 1\n", "a: 2\n"), edited(&gone, "a: 1\n", "a: 2\n")]).unwrap_err();
        assert_eq!(failure.code.id, "file-access");
        assert_eq!(fs::read_to_string(&first).unwrap(), "a: 1\n");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
