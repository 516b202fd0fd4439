//! Three-way merges without a work tree.

use super::{Git, GitError, as_text, check, read::Commit};

/// What a merge of two commits comes to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Merge {
    /// The merged tree.
    Tree(String),
    /// The paths in conflict stay unnamed, as in GitHub's replies.
    Conflict,
}

impl Git {
    /// Merges two commits by `git merge-tree`.
    pub(crate) async fn merge_tree(&self, ours: &str, theirs: &str) -> Result<Merge, GitError> {
        let arguments =
            ["merge-tree", "--write-tree", "--allow-unrelated-histories", "--no-messages", ours, theirs];
        // With one common ancestor, three trees decide; else the commits themselves.
        let output = match self.meet(ours, theirs).flatten() {
            Some(base) => {
                let [base, ours, theirs] = [&base, ours, theirs].map(|commit| self.tree_of(commit));
                self.once(&["merge-tree", &base, &ours, &theirs], &arguments).await?
            }
            None => self.run(&arguments).await?,
        };
        if output.code == 1 {
            return Ok(Merge::Conflict);
        }
        let text = as_text(&check(&arguments, output)?);
        Ok(Merge::Tree(text.lines().next().unwrap_or_default().to_owned()))
    }

    /// Makes a commit of a tree.
    pub(crate) async fn commit_tree(
        &self,
        tree: &str,
        parents: &[&str],
        author: (&str, &str),
        committer: (&str, &str),
        message: &str,
    ) -> Result<String, GitError> {
        let date = format!("{} +0000", self.clock.seconds());
        self.commit_tree_dated(tree, parents, (author, &date), (committer, &date), message).await
    }

    async fn commit_tree_dated(
        &self,
        tree: &str,
        parents: &[&str],
        (author, author_date): ((&str, &str), &str),
        (committer, committer_date): ((&str, &str), &str),
        message: &str,
    ) -> Result<String, GitError> {
        let full = format!("{message}\n");
        let parts = ((author, author_date), (committer, committer_date));
        if let Some(made) = self.seal(&self.tree_of(tree), parents, parts.0, parts.1, &full) {
            return Ok(made);
        }
        let mut arguments = vec!["commit-tree", tree];
        for parent in parents {
            arguments.extend(["-p", parent]);
        }
        let mut command = self.command(&arguments);
        command
            .env("GIT_AUTHOR_NAME", author.0)
            .env("GIT_AUTHOR_EMAIL", author.1)
            .env("GIT_AUTHOR_DATE", author_date)
            .env("GIT_COMMITTER_NAME", committer.0)
            .env("GIT_COMMITTER_EMAIL", committer.1)
            .env("GIT_COMMITTER_DATE", committer_date);
        let output = Self::finish(command, full.as_bytes()).await?;
        Ok(as_text(&check(&arguments, output)?))
    }

    /// Replays one commit on top of `onto`. git 2.39 has no `merge-tree --merge-base`, so the base is given by
    /// two passing commits that share a parent with the wanted tree.
    pub(crate) async fn replay(
        &self,
        commit: &Commit,
        onto: &str,
        committer: (&str, &str),
    ) -> Result<Option<String>, GitError> {
        let Some(parent) = commit.parents.first() else { return Ok(None) };
        let anyone = ("replay", "replay@localhost");
        let tree_of = |rev: &str| match self.peek(rev) {
            Some(commit) => commit.tree.clone(),
            None => format!("{rev}^{{tree}}"),
        };
        let base = self.commit_tree(&tree_of(parent), &[], anyone, anyone, "base").await?;
        let ours = self.commit_tree(&tree_of(onto), &[&base], anyone, anyone, "ours").await?;
        let theirs = self.commit_tree(&commit.tree, &[&base], anyone, anyone, "theirs").await?;
        let Merge::Tree(tree) = self.merge_tree(&ours, &theirs).await? else { return Ok(None) };
        let author = (commit.author.name.as_str(), commit.author.email.as_str());
        let date = format!("{} +0000", self.clock.seconds());
        let made = self
            .commit_tree_dated(
                &tree,
                &[onto],
                (author, &commit.author.date),
                (committer, &date),
                &commit.message,
            )
            .await?;
        Ok(Some(made))
    }
}
