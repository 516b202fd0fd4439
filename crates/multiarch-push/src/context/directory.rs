//! The build context: a directory and what `.dockerignore` leaves of it.

use std::{
    fs::{self, FileType, Metadata},
    os::unix::fs::{FileTypeExt, MetadataExt},
    path::{Path, PathBuf},
};

use super::{Ignore, Node, NodeKind, Tree};
use crate::dockerfile::{Error, Owner};

/// A directory of files to copy.
#[derive(Debug)]
pub(crate) struct Context {
    root: PathBuf,
    ignore: Ignore,
}

impl Context {
    /// Builds a context; `root` must be canonical, so that what leaves it can be told.
    pub(crate) fn new(root: PathBuf, ignore: Ignore) -> Self {
        Self { root, ignore }
    }

    /// Lists a file or a directory. Links on the way to it are followed, as Docker does for what COPY names itself,
    /// but not out of the context; links inside a directory stay links.
    pub(crate) fn subtree(&self, path: &str, line: usize) -> Result<Tree, Error> {
        let found = self.root.join(path).canonicalize().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                Error::missing(line, format!("`{path}` is not in the context{}", self.nearest(path)))
            }
            _ => Error::missing(line, format!("`{path}` cannot be read: {error}")),
        })?;
        let inside = found
            .strip_prefix(&self.root)
            .map_err(|_| Error::missing(line, format!("`{path}` is a link that leads out of the context")))?;
        let inside = text(inside, line)?;
        let excluded = self.ignore.excludes(path) || self.ignore.excludes(&inside);
        let metadata = fs::metadata(&found).map_err(|error| unreadable(&found, &error, line))?;
        let mut tree = Tree::new();
        if metadata.is_dir() {
            self.walk(&found, &inside, Path::new(""), &mut tree, line)?;
        } else if !excluded {
            tree.insert(PathBuf::new(), node(&found, &metadata, line)?);
        }
        if excluded && tree.is_empty() {
            return Err(Error::missing(line, format!("`{path}` is left out by .dockerignore")));
        }
        if metadata.is_dir() {
            tree.insert(PathBuf::new(), node(&found, &metadata, line)?);
        }
        Ok(tree)
    }

    /// Adds what is in `directory`. A directory that is left out counts only if something in it is brought back.
    fn walk(
        &self,
        directory: &Path,
        inside: &str,
        below: &Path,
        tree: &mut Tree,
        line: usize,
    ) -> Result<(), Error> {
        let entries = fs::read_dir(directory).map_err(|error| unreadable(directory, &error, line))?;
        for entry in entries {
            let entry = entry.map_err(|error| unreadable(directory, &error, line))?;
            let name = entry.file_name();
            let path = match inside {
                "" => text(Path::new(&name), line)?,
                inside => format!("{inside}/{}", text(Path::new(&name), line)?),
            };
            let metadata = entry.metadata().map_err(|error| unreadable(&entry.path(), &error, line))?;
            let excluded = self.ignore.excludes(&path);
            let relative = below.join(&name);
            if metadata.is_dir() && (!excluded || self.ignore.brings_back()) {
                let before = tree.len();
                self.walk(&entry.path(), &path, &relative, tree, line)?;
                if !excluded || tree.len() > before {
                    tree.insert(relative, node(&entry.path(), &metadata, line)?);
                }
            } else if !excluded {
                tree.insert(relative, node(&entry.path(), &metadata, line)?);
            }
        }
        Ok(())
    }

    /// Says how far a path does exist.
    fn nearest(&self, path: &str) -> String {
        let existing = Path::new(path).ancestors().skip(1).find(|parent| self.root.join(parent).exists());
        match existing.and_then(Path::to_str) {
            Some("") | None => String::new(),
            Some(parent) => format!(" (`{parent}` is)"),
        }
    }
}

/// A path as text; Dockerfiles and manifests have no way to name others.
fn text(path: &Path, line: usize) -> Result<String, Error> {
    path.to_str()
        .map(str::to_owned)
        .ok_or_else(|| Error::missing(line, format!("`{}` has a name that is not UTF-8", path.display())))
}

fn unreadable(path: &Path, error: &std::io::Error, line: usize) -> Error {
    Error::missing(line, format!("`{}` cannot be read: {error}", path.display()))
}

/// Describes a file by its metadata, which must not follow links inside a directory.
///
/// Of the permissions only the owner's right to execute counts, as in Git: the others come from the umask of whoever
/// checked out (002, 022, 027, 077), so that the same commit would give different images. Set-user-ID and
/// set-group-ID of files stay, which no umask sets. `COPY --chmod` and archives set what is really wanted.
fn node(path: &Path, metadata: &Metadata, line: usize) -> Result<Node, Error> {
    let kind = if metadata.is_dir() {
        NodeKind::Directory
    } else if metadata.is_file() {
        NodeKind::File { source: path.to_owned(), offset: 0, size: metadata.len() }
    } else if metadata.is_symlink() {
        NodeKind::Symlink(fs::read_link(path).map_err(|error| unreadable(path, &error, line))?)
    } else {
        let what = special(metadata.file_type());
        return Err(Error::missing(
            line,
            format!("`{}` is {what}, which cannot be in an image; name it in .dockerignore", path.display()),
        ));
    };
    let mode = match kind {
        NodeKind::Symlink(_) => 0o777,
        NodeKind::File { .. } if metadata.mode() & 0o100 == 0 => 0o644,
        NodeKind::File { .. } => 0o755 | (metadata.mode() & 0o6000),
        NodeKind::Directory => 0o755,
    };
    Ok(Node { kind, mode, owner: Owner::default() })
}

fn special(kind: FileType) -> &'static str {
    if kind.is_socket() {
        "a socket"
    } else if kind.is_fifo() {
        "a named pipe"
    } else {
        "a device"
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::{fs::symlink, net::UnixListener};

    use super::*;

    fn context(directory: &Path, ignore: &str) -> Context {
        Context::new(directory.canonicalize().unwrap(), Ignore::parse(ignore).unwrap())
    }

    fn keys(tree: &Tree) -> Vec<&str> {
        tree.keys().map(|path| path.to_str().unwrap()).collect()
    }

    #[test]
    fn lists_what_is_not_left_out() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        fs::create_dir_all(root.join("src/deep")).unwrap();
        fs::create_dir_all(root.join("empty")).unwrap();
        for file in ["a.txt", "src/b.o", "src/deep/c.rs"] {
            fs::write(root.join(file), file).unwrap();
        }
        symlink("a.txt", root.join("link")).unwrap();
        symlink("/etc/passwd", root.join("inside-only")).unwrap();
        let all = context(root, "").subtree("", 1).unwrap();
        assert_eq!(
            keys(&all),
            ["", "a.txt", "empty", "inside-only", "link", "src", "src/b.o", "src/deep", "src/deep/c.rs"]
        );
        assert_eq!(
            keys(&context(root, "**/*.o\nempty").subtree("src", 1).unwrap()),
            ["", "deep", "deep/c.rs"]
        );
        let some = context(root, "*\n!src/deep").subtree("", 1).unwrap();
        assert_eq!(keys(&some), ["", "src", "src/deep", "src/deep/c.rs"]);
        // What COPY names is followed.
        let link = context(root, "").subtree("link", 1).unwrap();
        assert!(matches!(link[Path::new("")].kind, NodeKind::File { .. }));
    }

    #[test]
    fn the_umask_of_the_checkout_does_not_count() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("a"), "").unwrap();
        fs::create_dir(directory.path().join("d")).unwrap();
        for (name, mode, expected) in [
            ("a", 0o664, 0o644),
            ("a", 0o600, 0o644),
            ("a", 0o654, 0o644),
            ("a", 0o775, 0o755),
            ("a", 0o700, 0o755),
            ("a", 0o4750, 0o4755),
            ("d", 0o700, 0o755),
            ("d", 0o2775, 0o755),
        ] {
            fs::set_permissions(directory.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
            let found = context(directory.path(), "").subtree(name, 1).unwrap()[Path::new("")].mode;
            assert_eq!(found, expected, "{name} {mode:o}");
        }
    }

    #[test]
    fn refusals_say_why() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        fs::create_dir(root.join("src")).unwrap();
        fs::write(root.join("a"), "").unwrap();
        symlink("/etc/passwd", root.join("out")).unwrap();
        let _listener = UnixListener::bind(root.join("sock")).unwrap();
        for (ignore, path, expected) in [
            ("", "src/none", "`src/none` is not in the context (`src` is)"),
            ("", "none", "`none` is not in the context"),
            ("", "out", "`out` is a link that leads out of the context"),
            ("a", "a", "`a` is left out by .dockerignore"),
            ("src", "src", "`src` is left out by .dockerignore"),
            ("", "", "is a socket, which cannot be in an image"),
        ] {
            let error = context(root, ignore).subtree(path, 1).unwrap_err();
            assert!(error.message.contains(expected), "{path}: {error}");
        }
    }
}
