//! Splitting a layer: what changes seldom apart from what changes with every commit.

use std::path::Path;

use globset::GlobMatcher;

use super::LayerFiles;
use crate::context::{NodeKind, Tree, compile};

/// Where package managers put what they have installed.
const USUAL: &[&str] = &[
    "**/site-packages/**",
    "**/dist-packages/**",
    "**/node_modules/**",
    "**/vendor/bundle/**",
    "**/BOOT-INF/lib/**",
    "**/WEB-INF/lib/**",
];

/// The time of dependencies: the same with every commit, so that a layer of them keeps its digest. Not 0, which some
/// programs take for a time that is not known (jib uses the same second).
const EPOCH: u64 = 1;

/// Which files are dependencies, by their path in the image.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dependencies(Vec<GlobMatcher>);

impl Dependencies {
    /// Reads patterns; `*` stops at a slash and `**` does not. The error names the pattern.
    pub(crate) fn parse<S: AsRef<str>>(patterns: &[S]) -> Result<Self, String> {
        let compiled = patterns.iter().map(|pattern| compile(pattern.as_ref().trim_start_matches('/')));
        compiled.collect::<Result<_, _>>().map(Self)
    }

    /// Returns those of the package managers that are known.
    pub(crate) fn usual() -> Result<Self, String> {
        Self::parse(USUAL)
    }

    fn has(&self, path: &Path) -> bool {
        self.0.iter().any(|matcher| matcher.is_match(path))
    }

    /// Makes one or two layers of files: dependencies at the bottom, the rest on top; none if there are no files.
    pub(crate) fn split(&self, tree: Tree, epoch: u64) -> Vec<LayerFiles> {
        let (mut below, mut above): (Tree, Tree) = tree.into_iter().partition(|(path, _)| self.has(path));
        if below.values().all(|node| node.kind == NodeKind::Directory) {
            above.append(&mut below);
        }
        let layers = [LayerFiles { tree: below, epoch: EPOCH }, LayerFiles { tree: above, epoch }];
        layers.into_iter().filter(|layer| !layer.tree.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{context::Node, dockerfile::Owner};

    fn tree(paths: &[&str]) -> Tree {
        let node = |path: &str| {
            let kind = match path.ends_with('/') {
                true => NodeKind::Directory,
                false => NodeKind::Symlink("x".into()),
            };
            (path.trim_end_matches('/').into(), Node { kind, mode: 0o755, owner: Owner::default() })
        };
        paths.iter().map(|path| node(path)).collect()
    }

    fn split(dependencies: &Dependencies, paths: &[&str]) -> Vec<(u64, Vec<String>)> {
        let layers = dependencies.split(tree(paths), 99);
        let named = |layer: LayerFiles| {
            (layer.epoch, layer.tree.keys().map(|path| path.display().to_string()).collect())
        };
        layers.into_iter().map(named).collect()
    }

    #[test]
    fn dependencies_are_at_the_bottom_and_have_a_time_of_their_own() {
        let usual = Dependencies::usual().unwrap();
        let paths = ["app/main.js", "app/node_modules/", "app/node_modules/a/x.js", "node_modules"];
        let expected = [
            (EPOCH, vec!["app/node_modules/a/x.js".to_owned()]),
            (99, ["app/main.js", "app/node_modules", "node_modules"].map(str::to_owned).to_vec()),
        ];
        assert_eq!(split(&usual, &paths), expected);
    }

    #[test]
    fn one_kind_of_files_is_one_layer() {
        let usual = Dependencies::usual().unwrap();
        assert_eq!(split(&usual, &["a", "b/"]).len(), 1);
        assert_eq!(split(&usual, &["x/site-packages/y"]), [(EPOCH, vec!["x/site-packages/y".to_owned()])]);
        assert_eq!(split(&usual, &["x/site-packages/y/"])[0].0, 99);
        assert!(split(&usual, &[]).is_empty());
        assert_eq!(split(&Dependencies::default(), &["x/site-packages/y"])[0].0, 99);
    }

    #[test]
    fn patterns_are_those_of_dockerignore() {
        let own = Dependencies::parse(&["/opt/*/lib/**"]).unwrap();
        assert_eq!(split(&own, &["opt/a/lib/b/c", "opt/lib"]).len(), 2);
        assert!(Dependencies::parse(&["[a"]).unwrap_err().contains("`[a` is not a pattern"));
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_is_there_twice(paths in proptest::collection::btree_set("[ab](/(node_modules|[ab])){0,3}", 0..8)) {
            let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
            let mut found: Vec<String> =
                split(&Dependencies::usual().unwrap(), &paths).into_iter().flat_map(|(_, paths)| paths).collect();
            found.sort();
            let mut expected = paths.clone();
            expected.sort_unstable();
            proptest::prop_assert_eq!(found, expected);
        }
    }
}
