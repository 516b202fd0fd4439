//! Directories: which of them a layer describes.

use std::path::Path;

use crate::{
    context::{Node, NodeKind, Tree},
    dockerfile::Owner,
};

/// Directories that a distribution has, some of them as links (`/bin` to `usr/bin`) or with modes of their own
/// (`/tmp`). A layer that describes such a directory again would replace it.
const OF_DISTRIBUTIONS: &[&str] = &[
    "bin",
    "boot",
    "dev",
    "etc",
    "home",
    "lib",
    "lib32",
    "lib64",
    "libx32",
    "media",
    "mnt",
    "opt",
    "proc",
    "root",
    "run",
    "sbin",
    "srv",
    "sys",
    "tmp",
    "usr",
    "usr/bin",
    "usr/lib",
    "usr/local",
    "usr/local/bin",
    "usr/local/lib",
    "usr/local/share",
    "usr/sbin",
    "usr/share",
    "var",
    "var/cache",
    "var/lib",
    "var/lock",
    "var/log",
    "var/run",
    "var/spool",
    "var/tmp",
];

/// Whether every distribution's image has this directory.
pub(crate) fn is_standard(path: &Path) -> bool {
    path.as_os_str().is_empty() || OF_DISTRIBUTIONS.iter().any(|known| Path::new(known) == path)
}

/// Drops the directories that need no entry over a base image, whose own directories are not known here: what
/// unpacks a layer makes missing parents with mode 0755 and owner 0 (containerd `archive.mkparent`), and follows a
/// link such as `/bin` where an entry for `bin/` would replace it.
pub(crate) fn over_base(mut tree: Tree) -> Tree {
    let plain = |node: &Node| node.mode == 0o755 && node.owner == Owner::default();
    let parents: std::collections::BTreeSet<_> =
        tree.keys().filter_map(|path| path.parent().map(Path::to_owned)).collect();
    tree.retain(|path, node| {
        node.kind != NodeKind::Directory || !(is_standard(path) || (plain(node) && parents.contains(path)))
    });
    tree
}

/// Adds the parents that are missing, for an image that begins with nothing; `existing` holds what it has so far.
pub(super) fn over_nothing(mut tree: Tree, existing: &Tree) -> Tree {
    let missing: Vec<_> = tree
        .keys()
        .flat_map(|path| path.ancestors().skip(1))
        .filter(|path| {
            !path.as_os_str().is_empty() && !tree.contains_key(*path) && !existing.contains_key(*path)
        })
        .map(Path::to_owned)
        .collect();
    for path in missing {
        tree.insert(path, Node { kind: NodeKind::Directory, mode: 0o755, owner: Owner::default() });
    }
    tree
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(mode: u32, uid: u32) -> Node {
        Node { kind: NodeKind::Directory, mode, owner: Owner { uid, gid: 0 } }
    }

    fn link() -> Node {
        Node { kind: NodeKind::Symlink("x".into()), mode: 0o777, owner: Owner::default() }
    }

    fn keys(tree: &Tree) -> Vec<&str> {
        tree.keys().filter_map(|path| path.to_str()).collect()
    }

    #[test]
    fn a_base_keeps_its_directories() {
        let tree = Tree::from([
            ("app".into(), directory(0o755, 0)),
            ("app/x".into(), link()),
            ("bin".into(), directory(0o700, 5)),
            ("bin/x".into(), link()),
            ("data".into(), directory(0o755, 0)),
            ("own".into(), directory(0o755, 5)),
            ("own/x".into(), link()),
        ]);
        assert_eq!(keys(&over_base(tree)), ["app/x", "bin/x", "data", "own", "own/x"]);
    }

    #[test]
    fn nothing_gets_parents_once() {
        let tree = Tree::from([("a/b/c".into(), link()), ("d".into(), link())]);
        let existing = Tree::from([("a".into(), directory(0o700, 0))]);
        assert_eq!(keys(&over_nothing(tree, &existing)), ["a/b", "a/b/c", "d"]);
    }
}
