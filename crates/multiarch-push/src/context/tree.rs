//! Files by path, wherever their bytes are.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{Context, Last, pattern, resolve};
use crate::dockerfile::{Error, Owner};

/// A file, directory or link.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Node {
    /// What it is.
    pub(crate) kind: NodeKind,
    /// Permission bits.
    pub(crate) mode: u32,
    /// Whose it is.
    pub(crate) owner: Owner,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum NodeKind {
    /// A regular file with its bytes on disk.
    File {
        /// The file that has them, which may be an archive.
        source: PathBuf,
        /// Where in an archive they begin; 0 of a file that is nothing else.
        offset: u64,
        /// How many there were when the file was found.
        size: u64,
    },
    /// A directory.
    Directory,
    /// A symbolic link and its target, as it is.
    Symlink(PathBuf),
}

/// Nodes by relative path; parents sort before children.
pub(crate) type Tree = BTreeMap<PathBuf, Node>;

/// Where COPY takes files from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source<'a> {
    /// The build context.
    Context(&'a Context),
    /// The files of an earlier stage or of an image.
    Stage(&'a Tree),
}

impl Source<'_> {
    /// Returns the paths that a source of COPY names: itself, or what its pattern matches, at least one.
    pub(super) fn matches(self, source: &str, line: usize) -> Result<Vec<String>, Error> {
        let clean = pattern::clean(source)
            .ok_or_else(|| Error::missing(line, format!("`{source}` is outside the context")))?;
        if !pattern::is_pattern(&clean) {
            return Ok(vec![clean]);
        }
        let matcher = pattern::compile(&clean).map_err(|message| Error::invalid(line, message))?;
        let prefix = literal_prefix(&clean);
        let found: Vec<String> = self
            .subtree(&prefix, line)
            .map(|tree| tree.into_keys().collect::<Vec<_>>())
            .unwrap_or_default()
            .iter()
            .filter_map(|path| path.to_str())
            .map(|path| join(&prefix, path))
            .filter(|path| matcher.is_match(path))
            .collect();
        if found.is_empty() {
            return Err(Error::missing(line, format!("`{source}` matches no file")));
        }
        Ok(found)
    }

    /// Returns a file (under the empty path) or a directory and all that is in it (under relative paths).
    pub(super) fn subtree(self, path: &str, line: usize) -> Result<Tree, Error> {
        match self {
            Self::Context(context) => context.subtree(path, line),
            Self::Stage(tree) => stage_subtree(tree, path, line),
        }
    }
}

/// Links on the way are followed, and so is what COPY names itself; links below it stay links.
fn stage_subtree(tree: &Tree, path: &str, line: usize) -> Result<Tree, Error> {
    let missing = || Error::missing(line, format!("`/{path}` is not in that stage or image"));
    let found = resolve(tree, Path::new(path), Last::Followed).ok_or_else(missing)?;
    let below: Tree = tree
        .range(found.clone()..)
        .take_while(|(at, _)| at.starts_with(&found))
        .filter_map(|(at, node)| Some((at.strip_prefix(&found).ok()?.to_owned(), node.clone())))
        .collect();
    match below.is_empty() && !found.as_os_str().is_empty() {
        true => Err(missing()),
        false => Ok(below),
    }
}

/// Returns the components of a pattern before the first that has a meta character.
fn literal_prefix(pattern: &str) -> String {
    let parts: Vec<&str> = pattern.split('/').take_while(|part| !pattern::is_pattern(part)).collect();
    parts.join("/")
}

fn join(prefix: &str, path: &str) -> String {
    match (prefix, path) {
        ("", path) => path.to_owned(),
        (prefix, "") => prefix.to_owned(),
        (prefix, path) => format!("{prefix}/{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_searched_by_path() {
        let file = |mode| Node {
            kind: NodeKind::File { source: "x".into(), offset: 0, size: 1 },
            mode,
            owner: Owner::default(),
        };
        let directory = Node { kind: NodeKind::Directory, mode: 0o755, owner: Owner::default() };
        let link = Node { kind: NodeKind::Symlink("a".into()), mode: 0o777, owner: Owner::default() };
        let tree = Tree::from([
            ("a".into(), directory),
            ("a/x".into(), file(1)),
            ("a/y".into(), file(2)),
            ("l".into(), link),
        ]);
        let source = Source::Stage(&tree);
        assert_eq!(source.subtree("a", 1).unwrap().len(), 3);
        assert_eq!(source.matches("/a/*", 1).unwrap(), ["a/x", "a/y"]);
        assert_eq!(source.subtree("l/x", 1).unwrap().len(), 1);
        assert_eq!(source.subtree("l", 1).unwrap().len(), 3);
        assert!(source.subtree("b", 1).is_err());
        assert!(source.matches("b/*", 1).is_err());
    }
}
