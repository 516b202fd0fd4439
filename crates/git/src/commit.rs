//! A commit of whole files on top of another one, made without an index or a work tree.
//!
//! `git fast-import` reads the trees on the way to each file, writes the changed ones and the commit, and is done: one
//! process, whatever the size of the repository, and no content of another file is needed.

use std::{collections::BTreeSet, io::Write as _};

use model::CommitSha;

use crate::{
    Mirror, RemoteError,
    tree::{self, Kind},
};

/// Who made a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The name.
    pub name: String,
    /// The mail address.
    pub email: String,
}

/// A file as it shall be.
#[derive(Debug, Clone, Copy)]
pub struct NewFile<'a> {
    /// The path from the root of the repository.
    pub path: &'a str,
    /// `0o100644`, `0o100755`, or `0o120000` for a symbolic link.
    pub mode: u32,
    /// All bytes; a symbolic link's target.
    pub bytes: &'a [u8],
}

/// What [`Mirror::commit`] makes.
#[derive(Debug, Clone, Copy)]
pub struct NewCommit<'a> {
    /// The commit to build on.
    pub parent: &'a CommitSha,
    /// The message: headline, blank line, body.
    pub message: &'a str,
    /// Author and committer; without one, the user's own identity if git knows one.
    pub author: Option<&'a Signature>,
    /// The files that change. All others stay.
    pub files: &'a [NewFile<'a>],
}

/// The author where neither the caller nor git's configuration names one.
const NAME: &str = "day2";
const EMAIL: &str = "day2@users.noreply.github.com";
/// What fast-import needs a name for.
const SCRATCH: &str = "refs/day2/new";

impl Mirror {
    /// Makes a commit in the private repository and returns its id. Nothing is sent.
    pub async fn commit(&self, commit: &NewCommit<'_>) -> Result<CommitSha, RemoteError> {
        if let Some(error) = conflict(commit.files) {
            return Err(error);
        }
        self.check_places(commit).await?;
        let identity = match commit.author {
            Some(author) => author.clone(),
            None => self.identity().await?,
        };
        let stream = stream(commit, &identity);
        let arguments = ["fast-import", "--quiet", "--done", "--force", "--date-format=now"];
        let answer = self.success(self.local(&arguments, &stream).await?)?;
        let id = String::from_utf8_lossy(&answer.stdout);
        id.trim().parse().map_err(|_| self.unexpected(&answer))
    }

    /// A file must not take the place of a directory, or go through what is none: fast-import would replace it.
    async fn check_places(&self, commit: &NewCommit<'_>) -> Result<(), RemoteError> {
        let wanted: BTreeSet<&str> = commit.files.iter().map(|file| file.path).collect();
        let ways: BTreeSet<&str> = wanted.iter().flat_map(|path| ancestors(path)).collect();
        let all: Vec<&str> = ways.union(&wanted).copied().collect();
        for entry in self.entries(commit.parent, &all).await? {
            let reason = match entry.kind {
                Kind::Tree if wanted.contains(entry.path.as_str()) => "it is a directory",
                Kind::Commit if wanted.contains(entry.path.as_str()) => "it is a submodule",
                Kind::Blob if ways.contains(entry.path.as_str()) => "it is a file, not a directory",
                Kind::Commit if ways.contains(entry.path.as_str()) => "it is a submodule, not a directory",
                _ => continue,
            };
            return Err(RemoteError::BadFile { path: entry.path, reason: reason.to_owned() });
        }
        Ok(())
    }

    /// The identity that git's configuration or environment names.
    pub(crate) async fn identity(&self) -> Result<Signature, RemoteError> {
        // Without this setting git would make one up from the machine's name.
        let answer = self.local(&["-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT"], &[]).await?;
        let text = String::from_utf8_lossy(&answer.stdout);
        let known = text.split_once(" <").and_then(|(name, rest)| Some((name, rest.split_once('>')?.0)));
        let (name, email) = known.filter(|_| answer.code == Some(0)).unwrap_or((NAME, EMAIL));
        Ok(Signature { name: name.to_owned(), email: email.to_owned() })
    }
}

/// Returns the directories that a path goes through.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

/// Finds what is wrong with the files among themselves.
fn conflict(files: &[NewFile<'_>]) -> Option<RemoteError> {
    let bad = |path: &str, reason: &str| {
        Some(RemoteError::BadFile { path: path.to_owned(), reason: reason.to_owned() })
    };
    let mut seen = BTreeSet::new();
    for file in files {
        if let Some(reason) = tree::problem(file.path) {
            return bad(file.path, reason);
        }
        if !matches!(file.mode, 0o100_644 | 0o100_755 | 0o120_000) {
            return bad(file.path, &format!("its mode is {:06o}, which is none of a file", file.mode));
        }
        if !seen.insert(file.path) {
            return bad(file.path, "it is there twice");
        }
    }
    let inside = files.iter().find_map(|file| ancestors(file.path).find(|way| seen.contains(way)))?;
    bad(inside, "it is both a file and a directory")
}

/// Writes the input of fast-import (<https://git-scm.com/docs/git-fast-import#_input_format>).
fn stream(commit: &NewCommit<'_>, identity: &Signature) -> Vec<u8> {
    let who = format!("{} <{}> now", plain(&identity.name), plain(&identity.email));
    let mut message = commit.message.to_owned();
    if !message.ends_with('\n') {
        message.push('\n');
    }
    let mut stream = format!(
        "commit {SCRATCH}\nmark :1\nauthor {who}\ncommitter {who}\ndata {}\n{message}from {}\n",
        message.len(),
        commit.parent,
    )
    .into_bytes();
    for file in commit.files {
        let path = file.path.replace('\\', r"\\").replace('"', "\\\"").replace('\n', "\\n");
        // Writing to memory cannot fail.
        write!(stream, "M {:o} inline \"{path}\"\ndata {}\n", file.mode, file.bytes.len()).ok();
        stream.extend_from_slice(file.bytes);
        stream.push(b'\n');
    }
    stream.extend_from_slice(b"get-mark :1\ndone\n");
    stream
}

/// Drops what would end a name or an address, as `git commit` does.
fn plain(text: &str) -> String {
    let kept: String = text.chars().filter(|c| !c.is_control() && !matches!(c, '<' | '>')).collect();
    kept.trim().to_owned()
}

#[cfg(test)]
mod tests;
