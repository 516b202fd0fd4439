//! What is at a path of the base image. Its files are not at hand, and fetching them takes time: it is asked only where a
//! file would be put upon what may be a directory, which Docker would put it into.

use std::{
    cell::OnceCell,
    ffi::OsStr,
    path::{Path, PathBuf},
};

use model::Failure;

use super::{Variant, filesystem};
use crate::context::{Last, NodeKind, Tree, resolve};

/// Says whether a path of the base image is a directory; none if that cannot be found out.
pub(crate) type IsDirectory<'a> = dyn Fn(&Path) -> Option<bool> + 'a;

/// The files of a base image, fetched when they are asked for.
#[derive(Debug)]
pub(crate) struct Beneath<'a> {
    variant: Option<&'a Variant>,
    spool: &'a Path,
    files: OnceCell<Result<Tree, Failure>>,
}

impl<'a> Beneath<'a> {
    /// Those of an image, none for `scratch`.
    pub(crate) fn new(variant: Option<&'a Variant>, spool: &'a Path) -> Self {
        Self { variant, spool, files: OnceCell::new() }
    }

    /// Asks for a path. May only be called where blocking is allowed, as work on files is.
    pub(crate) fn is_directory(&self, path: &Path) -> Option<bool> {
        let files = self.files.get_or_init(|| {
            let Some(variant) = self.variant else { return Ok(Tree::new()) };
            let layers =
                tokio::runtime::Handle::current().block_on(filesystem::fetch(variant, self.spool))?;
            Ok(filesystem::laid(variant.clone(), &layers)?.tree)
        });
        files.as_ref().ok().map(|tree| is_directory(tree, path))
    }

    /// Returns why a question had no answer.
    pub(crate) fn into_failure(self) -> Option<Failure> {
        self.files.into_inner()?.err()
    }
}

/// Whether a tree has a directory at a path, or a link that leads to one.
pub(super) fn is_directory(tree: &Tree, path: &Path) -> bool {
    let Some(found) = resolve(tree, path, Last::Followed) else { return false };
    // Layers need not have entries for the parents of what they add.
    let mut below = tree.range(found.clone()..).take_while(|(at, _)| at.starts_with(&found));
    below.any(|(at, node)| *at != found || node.kind == NodeKind::Directory)
}

/// Returns the path at which a file is put, unless it is plain that a file is meant: one that keeps its name or the
/// ending of it, as in `COPY a.conf /etc/b.conf`. A directory `b.conf` would be found out by nobody, and no base image
/// is fetched for it. `conf.d` and the like are directories.
pub(crate) fn doubtful(placed: &Tree, destination: &Path, sources: &[&str]) -> Option<PathBuf> {
    let node = placed.get(destination)?;
    let is_plain = |source: &&str| {
        let source = Path::new(source);
        let ending = source.extension().filter(|ending| *ending != OsStr::new("d"));
        source.file_name() == destination.file_name() || ending.is_some() && ending == destination.extension()
    };
    (node.kind != NodeKind::Directory && !sources.iter().all(is_plain)).then(|| destination.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{context::Node, dockerfile::Owner};

    fn tree(nodes: &[(&str, &str)]) -> Tree {
        let node = |target: &str| match target {
            "/" => NodeKind::Directory,
            "" => NodeKind::File { source: "x".into(), offset: 0, size: 0 },
            target => NodeKind::Symlink(target.into()),
        };
        let node = |target| Node { kind: node(target), mode: 0o755, owner: Owner::default() };
        nodes.iter().map(|(path, target)| (PathBuf::from(path), node(target))).collect()
    }

    #[test]
    fn directories_are_known_by_their_entry_by_what_is_in_them_and_by_links() {
        let tree =
            tree(&[("bin", "usr/bin"), ("etc", "/"), ("etc/a", ""), ("usr/bin/x", ""), ("gone", "no")]);
        for (path, expected) in [
            ("etc", true),
            ("etc/a", false),
            ("usr", true),
            ("usr/bin", true),
            ("bin", true),
            ("bin/x", false),
            ("gone", false),
            ("et", false),
        ] {
            assert_eq!(is_directory(&tree, Path::new(path)), expected, "{path}");
        }
    }

    #[test]
    fn only_a_file_under_another_name_is_doubtful() {
        for (source, destination, expected) in [
            ("app.py", "srv/app.py", false),
            ("serve", "usr/local/bin/serve", false),
            ("my.conf", "etc/its.conf", false),
            ("target/*.jar", "app.jar", false),
            ("index.html", "usr/share/nginx/html", true),
            ("x.conf", "etc/nginx/conf.d", true),
            ("x.d", "etc/nginx/conf.d", true),
            ("serve", "run-me", true),
        ] {
            let placed = tree(&[(destination, "")]);
            let found = doubtful(&placed, Path::new(destination), &[source]);
            assert_eq!(found.is_some(), expected, "{source} {destination}");
        }
        assert_eq!(doubtful(&tree(&[("a/b", "")]), Path::new("a"), &["x"]), None);
        assert_eq!(doubtful(&tree(&[("a", "/")]), Path::new("a"), &["x"]), None);
    }
}
