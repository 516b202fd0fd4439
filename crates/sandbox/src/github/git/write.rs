//! Writing: commits from files, refs with compare-and-swap.

use std::{fmt::Write as _, path::Path};

use super::{
    Git, GitError, as_text, check,
    loose::{self, Ref},
};
use crate::github::token;

/// One file of a commit.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// Put these bytes there, with this mode (`100644`, `100755`, `120000`).
    Put { path: String, mode: &'static str, bytes: Vec<u8> },
    /// Remove it.
    Delete { path: String },
}

impl Change {
    pub(crate) fn put(path: &str, bytes: &[u8]) -> Self {
        Self::Put { path: path.to_owned(), mode: "100644", bytes: bytes.to_owned() }
    }
}

/// A commit to make from a parent and changed files.
pub(crate) struct NewCommit<'a> {
    pub(crate) parent: Option<&'a str>,
    /// Name and address.
    pub(crate) author: (&'a str, &'a str),
    /// Name and address.
    pub(crate) committer: (&'a str, &'a str),
    pub(crate) message: &'a str,
    pub(crate) changes: &'a [Change],
}

/// One ref to move. `None` as old value: it must not be there. `None` as new value: remove it.
#[derive(Debug, Clone)]
pub(crate) struct RefUpdate {
    pub(crate) name: String,
    pub(crate) old: Option<String>,
    pub(crate) new: Option<String>,
}

const ZERO: &str = "0000000000000000000000000000000000000000";

impl Git {
    /// Makes a commit that no ref points to; one of many files by one `git fast-import`.
    pub(crate) async fn write_commit(&self, new: &NewCommit<'_>) -> Result<String, GitError> {
        if let Some(made) = self.plant(new) {
            return Ok(made);
        }
        let hold = format!("refs/sandbox/{}", token::text("new"));
        let now = self.clock.seconds();
        let mut stream = Vec::new();
        let mut head = format!("commit {hold}\nmark :1\n");
        for (role, (name, email)) in [("author", new.author), ("committer", new.committer)] {
            let _ = writeln!(head, "{role} {} <{}> {now} +0000", plain(name), plain(email));
        }
        stream.extend_from_slice(head.as_bytes());
        data(&mut stream, new.message.as_bytes());
        if let Some(parent) = new.parent {
            stream.extend_from_slice(format!("from {parent}\n").as_bytes());
        }
        for change in new.changes {
            match change {
                Change::Delete { path } => {
                    stream.extend_from_slice(format!("D {}\n", quote(path)).as_bytes());
                }
                Change::Put { path, mode, bytes } => {
                    stream.extend_from_slice(format!("M {mode} inline {}\n", quote(path)).as_bytes());
                    data(&mut stream, bytes);
                }
            }
        }
        // The ref that holds the new commit is removed at once: nobody collects garbage here.
        stream.extend_from_slice(format!("\nget-mark :1\nreset {hold}\nfrom {ZERO}\n\ndone\n").as_bytes());
        let arguments = ["fast-import", "--quiet", "--done", "--date-format=raw"];
        let output = self.run_with(&arguments, &stream).await?;
        Ok(as_text(&check(&arguments, output)?))
    }

    /// Stores a blob.
    pub(crate) async fn write_blob(&self, bytes: &[u8]) -> Result<String, GitError> {
        let arguments = ["hash-object", "-w", "-t", "blob", "--stdin"];
        Ok(as_text(&check(&arguments, self.run_with(&arguments, bytes).await?)?))
    }

    /// Makes a tree of a base and lines for `git update-index --index-info`, in an index of its own.
    pub(crate) async fn write_tree(&self, base: Option<&str>, index_info: &str) -> Result<String, GitError> {
        let index = self.directory().join(token::text("index"));
        let made = self.write_tree_with(base, index_info, &index).await;
        let _ = std::fs::remove_file(&index);
        made
    }

    async fn write_tree_with(
        &self,
        base: Option<&str>,
        info: &str,
        index: &Path,
    ) -> Result<String, GitError> {
        let base = base.unwrap_or("--empty");
        let steps: [(&[&str], &str); 3] =
            [(&["read-tree", base], ""), (&["update-index", "--index-info"], info), (&["write-tree"], "")];
        let mut said = String::new();
        for (arguments, input) in steps {
            let mut command = self.command(arguments);
            command.env("GIT_INDEX_FILE", index);
            said = as_text(&check(arguments, Self::finish(command, input.as_bytes()).await?)?);
        }
        Ok(said)
    }

    /// Moves one ref if it still has its old value; `false` if not.
    pub(crate) async fn update_ref(
        &self,
        name: &str,
        new: &str,
        old: Option<&str>,
    ) -> Result<bool, GitError> {
        let update = RefUpdate { name: name.into(), old: old.map(str::to_owned), new: Some(new.to_owned()) };
        self.update_refs(&[update]).await
    }

    /// Moves all of these refs or none; `false` if one of them has not its old value any more.
    pub(crate) async fn update_refs(&self, updates: &[RefUpdate]) -> Result<bool, GitError> {
        if let [RefUpdate { name, old, new: Some(new) }] = updates
            && self.peek(new).is_some()
            && let Some(moved) = loose::move_ref(self.directory(), name, old.as_deref(), new)
        {
            return Ok(moved);
        }
        let mut input = String::new();
        for RefUpdate { name, old, new } in updates {
            let old = old.as_deref().unwrap_or(ZERO);
            let _ = match new {
                Some(new) => writeln!(input, "update {name} {new} {old}"),
                None => writeln!(input, "delete {name} {old}"),
            };
        }
        let arguments = ["update-ref", "--stdin"];
        let output = self.run_with(&arguments, input.as_bytes()).await?;
        let lost = ["but expected", "reference already exists", "unable to resolve reference"];
        let said = as_text(&output.stderr);
        if output.code != 0 && lost.iter().any(|text| said.contains(text)) {
            return Ok(false);
        }
        check(&arguments, output).map(|_| true)
    }

    /// Copies commits from another repository: one commit by its id, or refs (`+refs/heads/*:refs/heads/*`).
    pub(crate) async fn fetch(&self, from: &Path, what: &str) -> Result<(), GitError> {
        let from = from.to_string_lossy();
        let safe = format!("safe.directory={from}");
        self.text(&["-c", &safe, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", &from, what])
            .await
            .map(|_| ())
    }

    /// Removes all refs.
    pub(crate) fn forget_refs(&self) -> std::io::Result<()> {
        let refs = self.directory().join("refs");
        std::fs::remove_dir_all(&refs)?;
        let _ = std::fs::remove_file(self.directory().join("packed-refs"));
        std::fs::create_dir_all(refs.join("heads"))
    }

    /// Points a ref somewhere, whatever it was.
    pub(crate) async fn set_ref(&self, name: &str, new: &str) -> Result<(), GitError> {
        let old = match loose::read_ref(self.directory(), name) {
            Ref::At(old) => Some(old),
            Ref::Missing | Ref::Unclear => None,
        };
        let is_known = self.peek(new).is_some();
        if is_known && loose::move_ref(self.directory(), name, old.as_deref(), new) == Some(true) {
            return Ok(());
        }
        self.text(&["update-ref", name, new]).await.map(|_| ())
    }
}

fn data(stream: &mut Vec<u8>, bytes: &[u8]) {
    stream.extend_from_slice(format!("data {}\n", bytes.len()).as_bytes());
    stream.extend_from_slice(bytes);
    stream.push(b'\n');
}

/// Names may not contain what ends them in a commit header.
fn plain(text: &str) -> String {
    text.chars().filter(|char| !matches!(char, '<' | '>' | '\n')).collect()
}

/// C style, as `git fast-import` reads a path that begins with a quote.
fn quote(path: &str) -> String {
    format!("\"{}\"", path.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
