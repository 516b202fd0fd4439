//! Where the files of a COPY end up in the image.

use std::path::{Path, PathBuf};

use super::{Node, NodeKind, Source, Tree, pattern};
use crate::dockerfile::{Error, Owner};

/// The destination of a COPY, in the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Destination {
    path: PathBuf,
    is_directory: bool,
    is_known: bool,
}

impl Destination {
    /// Resolves a destination against the working directory. It is a directory if it is written as one, or if
    /// `is_known_directory` says that the image has it (by its path without a slash at the start).
    pub(crate) fn resolve(
        text: &str,
        workdir: &str,
        line: usize,
        is_known_directory: impl Fn(&Path) -> bool,
    ) -> Result<Self, Error> {
        let whole = if text.starts_with('/') { text.to_owned() } else { format!("{workdir}/{text}") };
        let path = pattern::clean(&whole)
            .map(PathBuf::from)
            .ok_or_else(|| Error::invalid(line, format!("`{text}` is outside the image")))?;
        let last = text.rsplit('/').next().unwrap_or_default();
        let is_known = is_known_directory(&path);
        let is_directory = matches!(last, "" | "." | "..") || is_known;
        Ok(Self { path, is_directory, is_known })
    }

    /// The same, which has turned out to be a directory.
    pub(crate) fn into_known_directory(self) -> Self {
        Self { is_directory: true, is_known: true, ..self }
    }

    /// Returns where a directory's contents go.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns where a file goes that is called `name` so far.
    pub(crate) fn of_file(&self, name: &str) -> PathBuf {
        match self.is_directory {
            true => self.path.join(name),
            false => self.path.clone(),
        }
    }
}

/// Copies `sources` to `destination`: a directory's contents, or a file under its name or the destination's.
pub(crate) fn place(
    source: Source<'_>,
    sources: &[String],
    destination: &Destination,
    owner: Option<Owner>,
    mode: Option<u32>,
    line: usize,
) -> Result<Tree, Error> {
    let mut paths = Vec::new();
    for name in sources {
        paths.extend(source.matches(name, line)?);
    }
    if paths.len() > 1 && !destination.is_directory {
        let path = destination.path.display();
        return Err(Error::invalid(
            line,
            format!("several files are copied, so the destination must end with a slash: `/{path}/`"),
        ));
    }
    let mut placed = Tree::new();
    for path in &paths {
        let tree = source.subtree(path, line)?;
        let is_file = matches!(tree.get(Path::new("")), Some(Node { kind: NodeKind::File { .. }, .. }));
        for (relative, mut node) in tree {
            let at = match (is_file, destination.is_directory) {
                // The destination itself: whoever unpacks the layer makes it, as `mkdir -p` would. It is written
                // only if it is to belong to someone, and never if the image has it already.
                (false, _) if relative.as_os_str().is_empty() => match owner {
                    Some(_) if !destination.is_known => destination.path.clone(),
                    _ => continue,
                },
                (false, _) => destination.path.join(relative),
                (true, _) => destination.of_file(path.rsplit('/').next().unwrap_or_default()),
            };
            match (mode, &node.kind) {
                (_, NodeKind::Directory) if at == destination.path => node.mode = 0o755,
                (Some(mode), NodeKind::File { .. } | NodeKind::Directory) => node.mode = mode,
                _ => {}
            }
            // Files of the context are root's; those of a stage or an image stay whose they are, as with BuildKit.
            node.owner = owner.unwrap_or(node.owner);
            placed.insert(at, node);
        }
    }
    Ok(placed)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::context::{Context, Ignore};

    fn placed(sources: &[&str], destination: &str) -> Result<Vec<String>, String> {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("src/deep")).unwrap();
        for file in ["a.py", "b.py", "src/c", "src/deep/d"] {
            fs::write(root.join(file), file).unwrap();
        }
        let context = Context::new(root, Ignore::default());
        let known = |path: &Path| path == Path::new("app");
        let sources: Vec<String> = sources.iter().map(|&source| source.to_owned()).collect();
        Destination::resolve(destination, "/app", 1, known)
            .and_then(|to| place(Source::Context(&context), &sources, &to, None, None, 1))
            .map(|tree| tree.keys().map(|path| path.to_str().unwrap().to_owned()).collect())
            .map_err(|error| error.message)
    }

    #[test]
    fn places_as_docker_does() {
        for (sources, destination, expected) in [
            (&["a.py"][..], ".", &["app/a.py"][..]),
            (&["a.py"], "./x.py", &["app/x.py"]),
            (&["a.py"], "/x/", &["x/a.py"]),
            (&["a.py"], "/x", &["x"]),
            (&["a.py"], "/app", &["app/a.py"]),
            (&["*.py"], "./", &["app/a.py", "app/b.py"]),
            (&["a.py", "b.py"], "/", &["a.py", "b.py"]),
            (&["src"], "/x", &["x/c", "x/deep", "x/deep/d"]),
            (&["src/"], "/x/", &["x/c", "x/deep", "x/deep/d"]),
            (&["src/*"], "/x/", &["x/c", "x/d"]),
            (&["s?c"], "/x", &["x/c", "x/deep", "x/deep/d"]),
            (&["/a.py"], "../y", &["y"]),
        ] {
            assert_eq!(placed(sources, destination).unwrap(), expected, "{sources:?} {destination}");
        }
    }

    #[test]
    fn refusals() {
        for (sources, destination, expected) in [
            (&["*.py"][..], "/x", "must end with a slash: `/x/`"),
            (&["*.rs"], "/x/", "`*.rs` matches no file"),
            (&["../x"], "/x/", "`../x` is outside the context"),
            (&["a.py"], "../../x", "outside the image"),
        ] {
            let message = placed(sources, destination).unwrap_err();
            assert!(message.contains(expected), "{message}");
        }
    }
}
