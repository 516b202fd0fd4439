//! What is known of a repository's objects, which never change: commits that were read or made, and the answers of
//! `git` to questions about object ids.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
};

use super::{
    Git, GitError, Output,
    loose::{self, is_id},
    read::{Commit, Person},
};
use crate::{faults::lock, github::clock};

/// The memory of one repository.
#[derive(Debug, Default)]
pub(super) struct Memory {
    commits: Mutex<HashMap<String, Arc<Commit>>>,
    answers: Mutex<HashMap<Vec<String>, Output>>,
}

impl Git {
    /// Returns a commit without a process; `None`: ask git.
    pub(super) fn peek(&self, id: &str) -> Option<Arc<Commit>> {
        if let Some(known) = lock(&self.memory.commits).get(id) {
            return Some(known.clone());
        }
        let commit = parse(id, &loose::read(self.directory(), "commit", id)?)?;
        Some(self.remember(commit))
    }

    pub(super) fn remember(&self, commit: Commit) -> Arc<Commit> {
        let commit = Arc::new(commit);
        lock(&self.memory.commits).insert(commit.sha.clone(), commit.clone());
        commit
    }

    /// Runs what only looks at objects by their ids, once: the answer stays the same. `key` is what it depends on.
    pub(super) async fn once(&self, key: &[&str], arguments: &[&str]) -> Result<Output, GitError> {
        let key: Vec<String> = key.iter().map(|&part| part.to_owned()).collect();
        if let Some(known) = lock(&self.memory.answers).get(&key) {
            return Ok(known.clone());
        }
        let output = self.run(arguments).await?;
        // Any other code may mean an object that is yet to come.
        if matches!(output.code, 0 | 1) {
            lock(&self.memory.answers).insert(key, output.clone());
        }
        Ok(output)
    }

    /// Returns the id of a commit's tree, or the name itself if that is no commit of which we know.
    pub(super) fn tree_of<'a>(&self, name: &'a str) -> std::borrow::Cow<'a, str> {
        match self.peek(name).filter(|_| is_id(name)) {
            Some(commit) => commit.tree.clone().into(),
            None => name.into(),
        }
    }

    /// Returns the commits that `from` can reach, itself included; `None`: ask git.
    fn reach(&self, from: &str) -> Option<HashSet<String>> {
        let (mut seen, mut open) = (HashSet::from([from.to_owned()]), vec![from.to_owned()]);
        while let Some(id) = open.pop() {
            for parent in &self.peek(&id)?.parents {
                if seen.insert(parent.clone()) {
                    open.push(parent.clone());
                }
            }
        }
        Some(seen)
    }

    /// Tells whether `ancestor` is reachable; `None`: ask git.
    pub(super) fn reaches(&self, descendant: &str, ancestor: &str) -> Option<bool> {
        self.peek(ancestor)?;
        Some(self.reach(descendant)?.contains(ancestor))
    }

    /// Returns the best common ancestor, if there is just one, or that there is none; `None`: ask git.
    #[expect(clippy::option_option, reason = "the outer one is git's to answer")]
    pub(super) fn meet(&self, one: &str, other: &str) -> Option<Option<String>> {
        let (mine, theirs) = (self.reach(one)?, self.reach(other)?);
        let common: HashSet<&String> = mine.intersection(&theirs).collect();
        let mut below = HashSet::new();
        for id in &common {
            below.extend(self.peek(id)?.parents.iter().cloned());
        }
        // Parents of what is common are common too, so that whatever is nobody's parent is a best one.
        let mut best = common.into_iter().filter(|id| !below.contains(*id));
        match (best.next(), best.next()) {
            (found, None) => Some(found.cloned()),
            _ => None,
        }
    }

    /// Counts what `head` has and `base` has not, and the other way round; `None`: ask git.
    pub(super) fn apart(&self, base: &str, head: &str) -> Option<(u64, u64)> {
        let (of_base, of_head) = (self.reach(base)?, self.reach(head)?);
        Some((of_head.difference(&of_base).count() as u64, of_base.difference(&of_head).count() as u64))
    }

    /// Returns the commits that `to` has and `from` has not, the newest first, if each has just one of them as a
    /// parent, so that there is only one order; `None`: ask git.
    pub(super) fn chain(&self, from: &str, to: &str) -> Option<Vec<Arc<Commit>>> {
        let (old, new) = (self.reach(from)?, self.reach(to)?);
        let all = new.difference(&old).count();
        let (mut chain, mut next) = (Vec::new(), (!old.contains(to)).then(|| to.to_owned()));
        while let Some(id) = next {
            let commit = self.peek(&id)?;
            let mut parents = commit.parents.iter().filter(|parent| !old.contains(*parent));
            next = parents.next().cloned();
            if parents.next().is_some() {
                return None;
            }
            chain.push(commit);
        }
        (chain.len() == all).then_some(chain)
    }
}

/// Reads a commit object; `None` if there is anything in it that git would have to convert.
pub(super) fn parse(id: &str, bytes: &[u8]) -> Option<Commit> {
    let (head, message) = std::str::from_utf8(bytes).ok()?.split_once("\n\n")?;
    let (mut tree, mut parents, mut author, mut committer) = (None, Vec::new(), None, None);
    for line in head.lines() {
        match line.split_once(' ')? {
            ("tree", id) => tree = Some(id.to_owned()),
            ("parent", id) => parents.push(id.to_owned()),
            ("author", text) => author = Some(person(text)?),
            ("committer", text) => committer = Some(person(text)?),
            ("encoding", _) => return None,
            _ => {}
        }
    }
    let message = message.trim_end_matches('\n').to_owned();
    Some(Commit { sha: id.to_owned(), tree: tree?, parents, author: author?, committer: committer?, message })
}

/// `Name <address> seconds zone`.
fn person(text: &str) -> Option<Person> {
    let (name, rest) = text.split_once(" <")?;
    let (email, date) = rest.split_once("> ")?;
    let seconds = date.split(' ').next()?.parse().ok()?;
    Some(Person { name: name.to_owned(), email: email.to_owned(), date: clock::format(seconds) })
}
