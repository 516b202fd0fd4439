//! Symbolic links within an image, and files that are laid over others: nothing leads out of a tree.

use std::path::{Component, Path, PathBuf};

use super::{Node, NodeKind, Tree};

/// As many links as Linux follows on the way to a file.
const LINKS: usize = 40;

/// Whether the last part of a path is followed if it is a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Last {
    /// It is.
    Followed,
    /// It is the link itself that is meant.
    Kept,
}

/// Follows the links on the way to `path`. As in a container, `..` at the top stays there. None if there are too many.
pub(crate) fn resolve(tree: &Tree, path: &Path, last: Last) -> Option<PathBuf> {
    let mut left: Vec<String> = parts(path)?;
    left.reverse();
    let (mut found, mut links) = (PathBuf::new(), 0);
    while let Some(part) = left.pop() {
        if part == ".." {
            found.pop();
            continue;
        }
        found.push(&part);
        if left.is_empty() && last == Last::Kept {
            break;
        }
        if let Some(Node { kind: NodeKind::Symlink(target), .. }) = tree.get(&found) {
            links += 1;
            if links > LINKS {
                return None;
            }
            match target.is_absolute() {
                true => found = PathBuf::new(),
                false => drop(found.pop()),
            }
            left.extend(parts(target)?.into_iter().rev());
        }
    }
    Some(found)
}

/// Returns the parts of a path, with `..` and without `.`; none if it is not UTF-8.
fn parts(path: &Path) -> Option<Vec<String>> {
    let parts = path.components().filter_map(|component| match component {
        Component::Normal(part) => Some(part.to_str().map(str::to_owned)),
        Component::ParentDir => Some(Some("..".to_owned())),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    });
    parts.collect()
}

/// Puts a node into a tree as unpacking does: links on the way are followed, a directory over a directory keeps what
/// is in it, and anything else takes the place of what was there.
pub(crate) fn lay(tree: &mut Tree, path: &Path, node: Node) -> Option<()> {
    let at = resolve(tree, path, Last::Kept)?;
    let was_directory = tree.get(&at).is_some_and(|old| old.kind == NodeKind::Directory);
    if node.kind != NodeKind::Directory || !was_directory {
        remove(tree, &at);
    }
    tree.insert(at, node);
    Some(())
}

/// Removes a path and all below it.
pub(crate) fn remove(tree: &mut Tree, path: &Path) {
    remove_below(tree, path);
    tree.remove(path);
}

/// Removes all below a path.
pub(crate) fn remove_below(tree: &mut Tree, path: &Path) {
    let below: Vec<PathBuf> = tree
        .range(path.to_owned()..)
        .map(|(found, _)| found)
        .take_while(|found| found.starts_with(path))
        .filter(|found| *found != path)
        .cloned()
        .collect();
    for found in below {
        tree.remove(&found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dockerfile::Owner;

    fn tree(nodes: &[(&str, &str)]) -> Tree {
        nodes.iter().map(|(path, target)| (PathBuf::from(path), node(target))).collect()
    }

    /// `/` is a directory, anything else a link to it.
    fn node(target: &str) -> Node {
        let kind = match target {
            "/" => NodeKind::Directory,
            "" => NodeKind::File { source: "x".into(), offset: 0, size: 0 },
            target => NodeKind::Symlink(target.into()),
        };
        Node { kind, mode: 0o755, owner: Owner::default() }
    }

    #[test]
    fn links_stay_inside() {
        let tree = tree(&[
            ("bin", "usr/bin"),
            ("usr", "/"),
            ("usr/bin", "/"),
            ("usr/bin/python", "python3"),
            ("usr/bin/python3", ""),
            ("up", "../../../usr"),
            ("top", "/usr/bin"),
            ("a", "b"),
            ("b", "a"),
        ]);
        for (path, last, expected) in [
            ("/bin/python", Last::Followed, Some("usr/bin/python3")),
            ("/bin/python", Last::Kept, Some("usr/bin/python")),
            ("bin", Last::Kept, Some("bin")),
            ("up/bin", Last::Followed, Some("usr/bin")),
            ("top/../x", Last::Followed, Some("usr/x")),
            ("../../etc/passwd", Last::Followed, Some("etc/passwd")),
            ("a/x", Last::Followed, None),
        ] {
            assert_eq!(resolve(&tree, Path::new(path), last).as_deref(), expected.map(Path::new), "{path}");
        }
    }

    #[test]
    fn layers_lie_over_each_other() {
        let mut tree = tree(&[
            ("bin", "usr/bin"),
            ("d", "/"),
            ("d/x", ""),
            ("dx", ""),
            ("f", ""),
            ("usr", "/"),
            ("usr/bin", "/"),
        ]);
        for (path, target) in [("bin/y", ""), ("d", "/"), ("f", "/"), ("f/z", "")] {
            lay(&mut tree, Path::new(path), node(target)).unwrap();
        }
        let keys =
            |tree: &Tree| tree.keys().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" ");
        assert_eq!(keys(&tree), "bin d d/x dx f f/z usr usr/bin usr/bin/y");
        lay(&mut tree, Path::new("d"), node("")).unwrap();
        remove(&mut tree, Path::new("f"));
        assert_eq!(keys(&tree), "bin d dx usr usr/bin usr/bin/y");
    }
}
