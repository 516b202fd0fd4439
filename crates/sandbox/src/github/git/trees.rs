//! Trees and commits, written without a process.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{
    Git,
    loose::{self, hex, is_id, unhex},
    memory::parse,
    write::{Change, NewCommit},
};

/// More changes than that are one process's work.
const MOST_CHANGES: usize = 16;

/// A tree's entries, by their names as Git sorts them: a directory's ends with a slash.
type Entries = BTreeMap<String, (String, String)>;

impl Git {
    /// Makes a commit of a parent's files and a few changes; `None`: ask git.
    pub(super) fn plant(&self, new: &NewCommit<'_>) -> Option<String> {
        if new.changes.len() > MOST_CHANGES {
            return None;
        }
        let mut tree = match new.parent {
            Some(parent) => Some(self.peek(parent)?.tree.clone()),
            None => None,
        };
        for change in new.changes {
            let (path, blob) = match change {
                Change::Put { path, mode, bytes } => {
                    let id = loose::write(self.directory(), "blob", bytes).ok()?;
                    (path, Some(((*mode).to_owned(), id)))
                }
                Change::Delete { path } => (path, None),
            };
            let parts: Vec<&str> = path.split('/').collect();
            if parts.iter().any(|part| matches!(*part, "" | "." | ".." | ".git")) {
                return None;
            }
            tree = self.graft(tree.as_deref(), &parts, blob)?;
        }
        let tree = match tree {
            Some(tree) => tree,
            None => loose::write(self.directory(), "tree", b"").ok()?,
        };
        let now = format!("{} +0000", self.clock.seconds());
        let parents: Vec<&str> = new.parent.into_iter().collect();
        self.seal(&tree, &parents, (new.author, &now), (new.committer, &now), new.message)
    }

    /// Returns a tree with one path changed, or none if nothing is left in it; `None`: ask git.
    #[expect(clippy::option_option, reason = "the outer one is git's to answer")]
    fn graft(
        &self,
        tree: Option<&str>,
        path: &[&str],
        blob: Option<(String, String)>,
    ) -> Option<Option<String>> {
        let mut entries = match tree {
            Some(tree) => entries(&loose::read(self.directory(), "tree", tree)?)?,
            None => Entries::new(),
        };
        let (first, rest) = path.split_first()?;
        let directory = format!("{first}/");
        if rest.is_empty() {
            entries.remove(&directory);
            match blob {
                Some(blob) => drop(entries.insert((*first).to_owned(), blob)),
                None => drop(entries.remove(*first)),
            }
        } else {
            let below = entries.get(&directory).map(|(_, id)| id.clone());
            match self.graft(below.as_deref(), rest, blob)? {
                Some(id) => {
                    entries.remove(*first);
                    entries.insert(directory, ("40000".to_owned(), id));
                }
                None => drop(entries.remove(&directory)),
            }
        }
        if entries.is_empty() {
            return Some(None);
        }
        let mut bytes = Vec::new();
        for (name, (mode, id)) in &entries {
            bytes.extend_from_slice(format!("{mode} {}\0", name.trim_end_matches('/')).as_bytes());
            bytes.extend(unhex(id)?);
        }
        loose::write(self.directory(), "tree", &bytes).ok().map(Some)
    }

    /// Makes a commit object of what is known to be well-formed; `None`: ask git.
    pub(super) fn seal(
        &self,
        tree: &str,
        parents: &[&str],
        (author, authored): ((&str, &str), &str),
        (committer, committed): ((&str, &str), &str),
        message: &str,
    ) -> Option<String> {
        let is_date = |text: &str| {
            text.strip_suffix(" +0000").is_some_and(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let is_plain = |text: &str| {
            let plain = |byte: u8| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'[' | b']' | b'+' | b'@')
            };
            text.bytes().all(|byte| plain(byte) || byte == b'.')
                && !text.starts_with('.')
                && !text.ends_with('.')
                && !text.is_empty()
        };
        let is_known = parents.iter().all(|parent| is_id(parent) && self.peek(parent).is_some());
        let is_twice = parents.iter().enumerate().any(|(place, parent)| parents[..place].contains(parent));
        let words = [author.0, author.1, committer.0, committer.1];
        let is_good = is_id(tree) && is_known && !is_twice && words.into_iter().all(is_plain);
        if !is_good || !is_date(authored) || !is_date(committed) || message.contains('\0') {
            return None;
        }
        let mut text = format!("tree {tree}\n");
        text.extend(parents.iter().map(|parent| format!("parent {parent}\n")));
        let _ = writeln!(text, "author {} <{}> {authored}", author.0, author.1);
        let _ = write!(text, "committer {} <{}> {committed}\n\n{message}", committer.0, committer.1);
        let id = loose::write(self.directory(), "commit", text.as_bytes()).ok()?;
        self.remember(parse(&id, text.as_bytes())?);
        Some(id)
    }
}

fn entries(bytes: &[u8]) -> Option<Entries> {
    let (mut entries, mut rest) = (Entries::new(), bytes);
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == 0)?;
        let (mode, name) = std::str::from_utf8(rest.get(..end)?).ok()?.split_once(' ')?;
        let id = hex(rest.get(end + 1..end + 21)?);
        let slash = if mode == "40000" { "/" } else { "" };
        entries.insert(format!("{name}{slash}"), (mode.to_owned(), id));
        rest = &rest[end + 21..];
    }
    Some(entries)
}
