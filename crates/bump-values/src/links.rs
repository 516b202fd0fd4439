//! Where the files of a request really are: a symbolic link is followed to its target inside the repository, and the
//! target is edited, as it is in a work tree.
//!
//! A commit has links as blobs whose bytes are the target, so that each step needs another file of the snapshot. All
//! steps are taken in one and the same snapshot: what else has to be looked at is asked for with the next read.

use github::snapshot::FileAt;
use model::{Failure, codes::INVALID_INPUT};

use crate::codes::LINK_UNUSABLE;

/// Git's mode of a symbolic link.
const MODE_LINK: u32 = 0o120_000;
/// More steps than anybody makes on purpose.
const MOST_STEPS: usize = 8;

/// A file where it really is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// The path of the file itself, no link.
    pub(crate) path: String,
    pub(crate) mode: u32,
    pub(crate) bytes: Vec<u8>,
}

/// Follows the links of a request's files.
#[derive(Debug)]
pub(crate) struct Finder {
    /// How many of the paths are the request's own; the others were met on the way.
    wanted: usize,
    paths: Vec<String>,
}

/// Where one path leads.
enum Step {
    /// To a file.
    Here(String),
    /// To nothing.
    Nowhere(String),
    /// That depends on these.
    Ask(Vec<String>),
}

impl Finder {
    /// Starts with the paths of a request.
    pub(crate) fn new(wanted: impl Iterator<Item = String>) -> Self {
        let paths: Vec<String> = wanted.collect();
        Self { wanted: paths.len(), paths }
    }

    /// What to read.
    pub(crate) fn paths(&self) -> &[String] {
        &self.paths
    }

    /// Finds the files among `files`, which were read by [`Finder::paths`]; none if there is more to read now.
    ///
    /// `missing` makes the failure of a file that is not there.
    pub(crate) fn find(
        &mut self,
        files: &[Option<FileAt>],
        missing: impl Fn(&str) -> Failure,
    ) -> Result<Option<Vec<Found>>, Failure> {
        let entry =
            |path: &str| self.paths.iter().position(|known| known == path).map(|at| files[at].as_ref());
        let (mut found, mut more): (Vec<Found>, Vec<String>) = (Vec::new(), Vec::new());
        for wanted in &self.paths[..self.wanted] {
            match follow(wanted, &entry)? {
                Step::Ask(paths) => more.extend(paths),
                Step::Nowhere(path) if path == *wanted => return Err(missing(wanted)),
                Step::Nowhere(path) => {
                    return Err(unusable(wanted, &format!("leads to `{path}`, which is not there")));
                }
                Step::Here(path) => {
                    if let Some(Some(file)) = entry(&path) {
                        found.push(Found { path, mode: file.mode, bytes: file.bytes.clone() });
                    }
                }
            }
        }
        if !more.is_empty() {
            more.retain(|path| !self.paths.contains(path));
            more.sort();
            more.dedup();
            self.paths.extend(more);
            return Ok(None);
        }
        self.each_once(&found)?;
        Ok(Some(found))
    }

    /// Two edits of one file under two names would undo one another.
    fn each_once(&self, found: &[Found]) -> Result<(), Failure> {
        for (at, file) in found.iter().enumerate() {
            if let Some(earlier) = found[..at].iter().position(|other| other.path == file.path) {
                let (one, other, file) = (&self.paths[earlier], &self.paths[at], &file.path);
                let cause = format!("`{one}` and `{other}` of `files` are the same file, `{file}`");
                return Err(Failure::new(&INVALID_INPUT, cause).with_remedy("Name it once."));
            }
        }
        Ok(())
    }
}

/// Follows one path as far as what is known reaches. `entry` is none for a path that was not asked for.
fn follow<'f>(wanted: &str, entry: &impl Fn(&str) -> Option<Option<&'f FileAt>>) -> Result<Step, Failure> {
    let mut at = wanted.to_owned();
    for _ in 0..=MOST_STEPS {
        match entry(&at) {
            None => return Ok(Step::Ask(vec![at])),
            Some(Some(file)) if file.mode == MODE_LINK => at = beside(wanted, &at, &file.bytes, "")?,
            Some(Some(_)) => return Ok(Step::Here(at)),
            Some(None) => {
                // A directory on the way may be the link.
                let directories: Vec<&str> = at.match_indices('/').map(|(end, _)| &at[..end]).collect();
                let unknown = directories.iter().filter(|path| entry(path).is_none());
                let unknown: Vec<String> = unknown.map(ToString::to_string).collect();
                if !unknown.is_empty() {
                    return Ok(Step::Ask(unknown));
                }
                let link = directories.into_iter().find_map(|path| {
                    entry(path).flatten().filter(|file| file.mode == MODE_LINK).map(|file| (path, file))
                });
                let Some((path, file)) = link else { return Ok(Step::Nowhere(at)) };
                at = beside(wanted, path, &file.bytes, &at[path.len()..])?;
            }
        }
    }
    Err(unusable(wanted, &format!("is a link that leads on more than {MOST_STEPS} times")))
}

/// The path that the link at `link` means, and `rest` below it.
fn beside(wanted: &str, link: &str, target: &[u8], rest: &str) -> Result<String, Failure> {
    let outside = || unusable(wanted, &format!("leads out of the repository by the link `{link}`"));
    let target = std::str::from_utf8(target).map_err(|_| outside())?;
    if target.starts_with('/') {
        return Err(outside());
    }
    let directory = link.rsplit_once('/').map_or("", |(directory, _)| directory);
    let mut parts: Vec<&str> = Vec::new();
    for part in directory.split('/').chain(target.split('/')).chain(rest.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or_else(outside)?;
            }
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

fn unusable(wanted: &str, why: &str) -> Failure {
    Failure::new(&LINK_UNUSABLE, format!("`{wanted}` {why}")).at(wanted, None)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use model::codes::FILE_ACCESS;

    use super::*;

    /// Finds `wanted` in a repository of these files and links, and says in how many reads.
    fn find(tree: &[(&str, &str)], wanted: &[&str]) -> Result<(Vec<String>, usize), String> {
        let tree: BTreeMap<&str, FileAt> = tree
            .iter()
            .map(|(path, text)| match text.strip_prefix("-> ") {
                Some(target) => (*path, FileAt { mode: MODE_LINK, bytes: target.into() }),
                None => (*path, FileAt { mode: 0o100_644, bytes: (*text).into() }),
            })
            .collect();
        let mut finder = Finder::new(wanted.iter().map(ToString::to_string));
        for reads in 1..20 {
            let files: Vec<_> = finder.paths().iter().map(|path| tree.get(path.as_str()).cloned()).collect();
            let found = finder.find(&files, |path| Failure::new(&FILE_ACCESS, format!("no {path}")));
            if let Some(found) = found.map_err(|failure| failure.to_string())? {
                return Ok((found.into_iter().map(|file| file.path).collect(), reads));
            }
        }
        panic!("no end");
    }

    fn one(tree: &[(&str, &str)], wanted: &str) -> (String, usize) {
        let (mut found, reads) = find(tree, &[wanted]).unwrap();
        (found.remove(0), reads)
    }

    #[test]
    fn a_file_is_found_at_once_and_a_link_with_one_more_read() {
        let tree = [("a.yaml", "x"), ("l.yaml", "-> a.yaml"), ("d/m.yaml", "-> ../l.yaml"), ("e", "-> d")];
        assert_eq!(one(&tree, "a.yaml"), ("a.yaml".into(), 1));
        assert_eq!(one(&tree, "l.yaml"), ("a.yaml".into(), 2));
        assert_eq!(one(&tree, "d/m.yaml"), ("a.yaml".into(), 3));
    }

    #[test]
    fn a_directory_on_the_way_may_be_a_link() {
        let tree = [("env/dev/v.yaml", "x"), ("now", "-> env/dev"), ("env/last", "-> ./dev/")];
        assert_eq!(one(&tree, "now/v.yaml").0, "env/dev/v.yaml");
        assert_eq!(one(&tree, "env/last/v.yaml").0, "env/dev/v.yaml");
        assert_eq!(
            find(&tree, &["now/w.yaml"]).unwrap_err(),
            "`now/w.yaml` leads to `env/dev/w.yaml`, which is not there (link-unusable)"
        );
    }

    #[test]
    fn what_leads_nowhere_is_refused() {
        for (tree, text) in [
            (vec![("l", "-> ../x")], "`l` leads out of the repository by the link `l` (link-unusable)"),
            (vec![("l", "-> /etc/x")], "`l` leads out of the repository by the link `l` (link-unusable)"),
            (vec![("l", "-> x")], "`l` leads to `x`, which is not there (link-unusable)"),
            (
                vec![("l", "-> m"), ("m", "-> l")],
                "`l` is a link that leads on more than 8 times (link-unusable)",
            ),
            (vec![], "no l (file-access)"),
        ] {
            assert_eq!(find(&tree, &["l"]).unwrap_err(), text);
        }
    }

    #[test]
    fn two_names_of_one_file_are_refused() {
        let tree = [("a", "x"), ("l", "-> a")];
        let text = "`a` and `l` of `files` are the same file, `a` (invalid-input)";
        assert_eq!(find(&tree, &["a", "l"]).unwrap_err(), text);
    }
}
